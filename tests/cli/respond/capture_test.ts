/** `culvert respond --capture DIR`: the requests of this program, recorded from inside. */
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { bench, PLANTED_KEY } from "./kit.ts";

interface Line {
  readonly kind: string;
  readonly channel?: string;
  readonly [name: string]: unknown;
}

async function recordsIn(directory: string): Promise<readonly Line[]> {
  return jsonLines(await Deno.readTextFile(join(directory, "capture.jsonl"))).map((line) => ({
    ...line,
    kind: String(line["kind"]),
  }));
}

/** Everything that the capture wrote, as one text. */
async function wholeText(directory: string): Promise<string> {
  let text = "";
  for (const name of ["capture.jsonl", "meta.json"]) text += await Deno.readTextFile(join(directory, name));
  for await (const { name } of Deno.readDir(join(directory, "bodies"))) {
    text += await Deno.readTextFile(join(directory, "bodies", name));
  }
  return text;
}

Deno.test("an answer over SSE is recorded with every event, its request in plain text, and no key", async () => {
  await using scene = await bench();
  const directory = join(scene.directory, "capture");
  const run = await scene.respond(["--capture", directory, "hello"]);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stderr, `1 exchange recorded in ${directory}`);
  const records = await recordsIn(directory);
  const request = records.find(({ kind }) => kind === "http.request");
  assertEquals(request?.["url"], `${scene.api.baseUrl}/responses`);
  assertIncludes(JSON.stringify(records), "hello");
  const types = records.filter(({ kind }) => kind === "sse.event").map((event) => event["json_type"]);
  assertEquals([types[0], types.at(-1)], ["response.created", "response.completed"]);
  assertEquals(records.at(-1)?.["outcome"], "ok");
  const text = await wholeText(directory);
  assertExcludes(text, PLANTED_KEY);
  assertIncludes(text, "Bearer [REDACTED:");
  assertEquals((await Deno.stat(join(directory, "capture.jsonl"))).mode! & 0o777, 0o600);
});

Deno.test("a login that is refused and renewed is recorded from inside as 401, token request and answer, without a token", async () => {
  await using api = await startMockApi();
  const home = await Deno.makeTempDir({ prefix: "culvert-capture-" });
  try {
    await Deno.writeTextFile(join(home, "ca.pem"), api.authority.certificate);
    await Deno.writeTextFile(join(home, "config.toml"), `openai_base_url = "${api.baseUrl}"\n`);
    const before = await writeLogin(home, api.oauth, "rejected");
    const directory = join(home, "capture");
    const run = await culvert(["respond", "--transport", "sse", "--capture", directory, "hello"], {
      env: {
        CODEX_HOME: home,
        CODEX_CA_CERTIFICATE: join(home, "ca.pem"),
        CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
      },
    });
    assertEquals(run.code, 0, run.stderr);
    const records = await recordsIn(directory);
    const statuses = records.filter(({ kind }) => kind === "http.response").map((each) => [
      each.channel,
      each["status"],
    ]);
    assertEquals(statuses.at(0), ["model", 401]);
    assert(statuses.some(([channel, status]) => channel === "oauth" && status === 200));
    assertEquals(statuses.at(-1), ["model", 200]);
    const after = JSON.parse(await Deno.readTextFile(join(home, "auth.json"))).tokens;
    const text = await wholeText(directory);
    for (const { access_token, refresh_token, id_token } of [before, after]) {
      for (const token of [access_token, refresh_token, id_token]) assertExcludes(text, String(token));
    }
    // The body was compressed on the wire; the record has the text.
    const request = records.findLast(({ kind }) => kind === "http.request");
    assertIncludes(JSON.stringify(request), '"content_encoding":"zstd"');
    assertIncludes(JSON.stringify(records), "hello");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test(unlessLacking("an answer over a websocket is recorded frame by frame, by direction"), async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-capture-" });
  try {
    const directory = join(home, "capture");
    const run = await culvert(["respond", "--provider", "demo", "--capture", directory, "hello"]);
    assertEquals(run.code, 0, run.stderr);
    const records = await recordsIn(directory);
    assertMatch(
      String(records.find(({ kind }) => kind === "http.request")?.["url"]),
      /^https:.*\/responses$/,
    );
    assertEquals(records.filter(({ kind }) => kind === "ws.open").length, 1);
    const messages = records.filter(({ kind }) => kind === "ws.message");
    assertEquals([messages[0]?.["dir"], messages[0]?.["json_type"]], ["send", "response.create"]);
    assertEquals(messages.at(-1)?.["json_type"], "response.completed");
    const view = await culvert(["view", directory, "--json"]);
    assertEquals(view.code, 0, view.stderr);
    assertEquals(JSON.parse(view.stdout).rows[0].channel, "model");
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a refused upgrade, and the answer over SSE after it, are both recorded", async () => {
  await using scene = await bench();
  scene.api.enqueueHandshake({ kind: "refuse", refusal: { status: 426, body: "Use HTTP" } });
  const directory = join(scene.directory, "capture");
  await Deno.writeTextFile(
    join(scene.directory, "config.toml"),
    `openai_base_url = "${scene.api.baseUrl}"\n`,
  );
  const run = await culvert(["respond", "--capture", directory, "hello"], {
    env: {
      CODEX_HOME: scene.directory,
      CODEX_CA_CERTIFICATE: scene.bundle,
      CULVERT_API_KEY: PLANTED_KEY,
    },
  });
  assertEquals(run.code, 0, run.stderr);
  const statuses = (await recordsIn(directory)).filter(({ kind }) => kind === "http.response")
    .map((each) => each["status"]);
  assertEquals(statuses, [426, 200]);
});

Deno.test("an unreachable server is recorded with the stage, and the error is the usual one", async () => {
  await using scene = await bench();
  const directory = join(scene.directory, "capture");
  const port = closedPort();
  const run = await culvert(
    [
      "respond",
      "--base-url",
      `http://127.0.0.1:${port}/v1`,
      "--capture",
      directory,
      "--timeout",
      "10",
      "hello",
    ],
    { env: { CULVERT_API_KEY: PLANTED_KEY } },
  );
  assertEquals(run.code, 5, run.stderr);
  const failure = (await recordsIn(directory)).find(({ kind }) => kind === "net.error");
  assertEquals(failure?.["stage"], "tcp");
});

Deno.test("an answer that --timeout ends is recorded as aborted, with the events that arrived", async () => {
  await using scene = await bench({ scenario: { ending: { kind: "stall", afterDeltas: 2 } } });
  const directory = join(scene.directory, "capture");
  const run = await scene.respond(["--capture", directory, "--timeout", "2", "hello"]);
  assert(run.code !== 0 && run.code !== 1, run.stderr);
  const records = await recordsIn(directory);
  assert(records.filter(({ kind }) => kind === "sse.event").length >= 1);
  assertEquals(records.filter(({ kind }) => kind === "http.end").map((each) => each["outcome"]), ["aborted"]);
});

Deno.test("a directory that contains a capture is refused before anything is sent", async () => {
  await using scene = await bench();
  const directory = join(scene.directory, "capture");
  assertEquals((await scene.respond(["--capture", directory, "one"])).code, 0);
  const run = await scene.respond(["--capture", directory, "two"]);
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "it already contains a capture");
  assertEquals(scene.api.log.turns.length, 1);
});

Deno.test("a complete answer whose body ends after its last event is recorded as complete", async () => {
  const events = [
    { type: "response.created", response: { id: "resp_1" } },
    { type: "response.completed", response: { id: "resp_1", status: "completed", output: [] } },
  ];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => {
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
        controller.enqueue(new TextEncoder().encode(text));
        setTimeout(() => controller.close(), 40);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  const parent = await Deno.makeTempDir({ prefix: "culvert-capture-" });
  const directory = join(parent, "capture");
  const base = `http://127.0.0.1:${server.addr.port}/v1`;
  const run = await culvert(
    ["respond", "--base-url", base, "--transport", "sse", "--capture", directory, "hello"],
    { env: { OPENAI_API_KEY: "sk-test-0123456789" } },
  );
  assertEquals(run.code, 0, run.stderr);
  assertEquals((await recordsIn(directory)).at(-1)?.["outcome"], "ok");
  await Deno.remove(parent, { recursive: true });
});
