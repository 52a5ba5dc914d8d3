import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { testWith } from "../../support/programs.ts";
import { onTerminal } from "../../support/terminal.ts";
import { scene } from "../transcribe/kit.ts";

Deno.test("a dash means standard input: one message per line if it is the only argument, else the complete input", async () => {
  await using here = await scene();
  const base = ["realtime", "--base-url", here.api.baseUrl];
  const lines = await culvert([...base, "-"], { env: here.env, stdin: "one\ntwo\n" });
  assertEquals([lines.code, lines.stdout], [0, "You said: one\nYou said: two\n"], lines.stderr);
  const both = await culvert([...base, "Read:", "-"], { env: here.env, stdin: "one\ntwo\n" });
  assertEquals([both.code, both.stdout], [0, "You said: Read:\none\ntwo\n"], both.stderr);
});

Deno.test("an empty message, an empty offer and --join with --base-url are refused before anything is sent", async () => {
  await using here = await scene();
  const path = await here.wav("empty.sdp", new Uint8Array());
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [[""], "The message is empty"],
    [["--audio", "-", "-"], "Both the message and --audio are -"],
    [["--join", "rtc_1", "hi"], "Both --join and --base-url were given"],
    [["--sdp", "-"], "The SDP offer in --sdp - is empty"],
    [["--sdp", path], "is empty"],
  ];
  for (const [args, says] of cases) {
    const run = await culvert(["realtime", "--base-url", here.api.baseUrl, ...args], {
      env: here.env,
      stdin: "",
    });
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, says);
  }
  assertEquals([here.api.handshakes(), here.api.realtime.calls.length], [0, 0]);
});

Deno.test("an SDP offer on standard input that is larger than the limit is refused", async () => {
  await using here = await scene();
  const run = await culvert(["realtime", "--base-url", here.api.baseUrl, "--sdp", "-"], {
    env: here.env,
    stdin: "v=0\r\n".repeat(400_000),
  });
  assertEquals(run.code, 2, run.stderr);
  assertIncludes(run.stderr, "Cannot read --sdp -: it is larger than 1000000 bytes");
});

Deno.test("a call at api.openai.com is joined without the headers and the key of another provider", async () => {
  await using network = await startNetwork({ host: "api.openai.com" });
  const provider = [
    ["-C", 'model_providers.gate.name="Gate"'],
    ["-C", 'model_providers.gate.base_url="https://gate.invalid/v1"'],
    ["-C", 'model_providers.gate.http_headers={x-gate="of the gate"}'],
    ["--provider", "gate"],
  ].flat();
  const created = await culvert(["realtime", "--sdp", "-"], { env: network.env, stdin: "v=0\r\ns=-\r\n" });
  const [, id = ""] = /--join (rtc_\w+)/.exec(created.stderr) ?? [];
  const own = await culvert(
    ["realtime", ...provider, "-C", 'model_providers.gate.env_key="GATE_KEY"', "--join", id, "hi"],
    { env: { ...network.env, GATE_KEY: network.apiKey, CULVERT_API_KEY: "" } },
  );
  assertEquals(own.code, 2, own.stderr);
  assertIncludes(own.stderr, "Cannot join the call at api.openai.com");
  assertIncludes(own.stderr, "belongs to the provider Gate");
  assertEquals(network.api.realtime.sessions.length, 0);
  const joined = await culvert(["realtime", ...provider, "--join", id, "hi"], {
    env: { ...network.env, CULVERT_API_KEY: network.apiKey },
  });
  assertEquals([joined.code, joined.stdout], [0, "You said: hi\n"], joined.stderr);
  assertEquals(network.api.realtime.sessions.map(({ headers }) => headers["x-gate"]), [undefined]);
});

Deno.test("each line of the help is at most 80 columns wide, also the examples", async () => {
  const run = await culvert(["realtime", "--help"]);
  assertEquals(run.stdout.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("realtime without a message on standard input says so, and does not end as if it were answered", async () => {
  await using here = await scene();
  for (const stdin of ["", "\n \n"]) {
    const run = await culvert(["realtime", "--base-url", here.api.baseUrl], { env: here.env, stdin });
    assertEquals([run.code, run.stdout], [2, ""]);
    assertIncludes(run.stderr, "culvert: There is no message: standard input contains no text\n");
  }
});

await testWith(["script"], "realtime on a terminal says that each line is a message", async () => {
  await using here = await scene();
  const session = onTerminal(["realtime", "--base-url", here.api.baseUrl], here.env);
  await session.seen("write one message per line; Ctrl-D ends the conversation");
  await session.type("hello\n");
  await session.seen("You said: hello");
  await session.type("\x04");
  assertEquals((await session.end()).code, 0);
});
