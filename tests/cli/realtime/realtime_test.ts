import { unlessLacking } from "../../support/runtime_abilities.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import {
  culvert,
  type CulvertOptions,
  type CulvertRun,
  jsonLines,
  startCulvert,
} from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startProxy } from "../../support/proxy.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { startedCulvert } from "../../support/started_culvert.ts";
import { scene, speech, type TranscribeScene } from "../transcribe/kit.ts";

function realtime(
  here: TranscribeScene,
  args: readonly string[],
  options: CulvertOptions = {},
): Promise<CulvertRun> {
  return culvert(["realtime", "--base-url", here.api.baseUrl, ...args], {
    ...options,
    env: { ...here.env, ...options.env },
  });
}

/** Length of the audio in a WAV file with the header of 44 bytes that the program writes, ms; checks the header. */
function wavMs(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer);
  assertEquals(new TextDecoder().decode(bytes.subarray(0, 4)), "RIFF");
  assertEquals(view.getUint32(4, true), bytes.length - 8);
  assertEquals([view.getUint16(22, true), view.getUint32(24, true), view.getUint16(34, true)], [
    1,
    24_000,
    16,
  ]);
  assertEquals(view.getUint32(40, true), bytes.length - 44);
  return (bytes.length - 44) / 48;
}

Deno.test("the answer does not replace the recording that is the question", async () => {
  await using here = await scene();
  const path = await here.wav("question.wav", speech([1]));
  const before = await Deno.readFile(path);
  for (const output of [path, `${here.directory}/./question.wav`]) {
    const run = await realtime(here, ["--audio", path, "-o", output]);
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, "--audio and --output name the same file");
  }
  assertEquals(await Deno.readFile(path), before);
  assertEquals(here.api.realtime.sessions.length, 0);
});

Deno.test("a text is answered as text, over a session that follows the protocol", async () => {
  await using here = await scene();
  const run = await realtime(here, ["--instructions", "Be brief.", "What", "now?"]);
  assertEquals([run.code, run.stdout, run.stderr], [0, "You said: What now?\n", ""]);
  const { frames, headers, path, search } = here.session();
  assertEquals(path + search, "/v1/realtime?model=gpt-realtime-1.5");
  assertEquals(headers["openai-alpha"], undefined);
  const [update, item, create] = frames;
  assertEquals(update?.["session"], {
    type: "realtime",
    instructions: "Be brief.",
    output_modalities: ["text"],
    audio: {
      input: {
        format: { type: "audio/pcm", rate: 24_000 },
        noise_reduction: { type: "near_field" },
        transcription: { model: "gpt-4o-mini-transcribe" },
        turn_detection: null,
      },
      output: { format: { type: "audio/pcm", rate: 24_000 }, voice: "marin" },
    },
  });
  assertEquals(item?.["item"], {
    type: "message",
    role: "user",
    content: [{ type: "input_text", text: "What now?" }],
  });
  assertEquals(create, { type: "response.create" });
  assertEquals(await here.session().closed, 1000);
});

Deno.test("each line of standard input is a message of the same conversation", async () => {
  await using here = await scene();
  const run = await realtime(here, [], { stdin: "one\n\ntwo\nthree" });
  assertEquals([run.code, run.stdout], [0, "You said: one\nYou said: two\nYou said: three\n"], run.stderr);
  assertEquals(here.api.handshakes(), 1);
});

Deno.test("with -o the answer is spoken into a WAV file, and its text is printed on stdout", async () => {
  await using here = await scene();
  const path = join(here.directory, "answer.wav");
  const run = await realtime(here, ["-o", path, "--voice", "cedar", "Say it aloud"]);
  assertEquals([run.code, run.stdout], [0, "You said: Say it aloud\n"], run.stderr);
  assertEquals(wavMs(await Deno.readFile(path)), 5 * 400);
  assertEquals([...Deno.readDirSync(here.directory)].map(({ name }) => name).sort(), [
    "answer.wav",
    "ca.pem",
  ]);
});

Deno.test("with -o - the audio is written to stdout, as WAV of unknown length or as raw PCM, and the text to stderr", async () => {
  await using here = await scene();
  for (const [flags, header] of [[[], 44], [["--format", "pcm"], 0]] as const) {
    const args = ["realtime", "--base-url", here.api.baseUrl, "-o", "-", ...flags, "Say it"];
    const child = startCulvert(args, { env: here.env });
    await child.stdin.close();
    const { code, stdout, stderr } = await child.output();
    const messages = new TextDecoder().decode(stderr);
    assertEquals([code, messages], [0, "You said: Say it\n"]);
    assertEquals(stdout.length, header + 4 * 400 * 48);
    if (header > 0) assertEquals(new DataView(stdout.buffer).getUint32(40, true), 0xffffffff);
  }
});

Deno.test("a recording is one utterance, and the text next to it is sent with it", async () => {
  await using here = await scene();
  const path = await here.wav("talk.wav", speech([1.2, 0.8, 1.2]));
  const run = await realtime(here, ["--audio", path]);
  assertEquals([run.code, run.stdout], [0, "You said: one two three four five six\n"], run.stderr);
  assertEquals(run.stderr, "culvert: heard: one two three four five six\n");
  assertEquals(here.session().samples, 3.2 * 24_000);
  assertEquals(here.session().frames.map(({ type }) => type), [
    "session.update",
    "input_audio_buffer.commit",
    "response.create",
  ]);
});

Deno.test("with --live the server finds the utterances and answers each", async () => {
  await using here = await scene();
  const path = await here.wav("talk.wav", speech([1.2, 0.8, 0.8]));
  const run = await realtime(here, ["--audio", path, "--live"]);
  assertEquals([run.code, run.stdout], [0, "You said: one two three\nYou said: four five\n"], run.stderr);
  assertEquals(run.stderr, "culvert: heard: one two three\nculvert: heard: four five\n");
});

Deno.test("protocol v1 uses its own names, header and query", async () => {
  await using here = await scene();
  const path = join(here.directory, "answer.wav");
  const run = await realtime(here, ["--protocol", "v1", "-o", path, "hi"]);
  assertEquals([run.code, run.stdout], [0, "You said: hi\n"], run.stderr);
  assertEquals(wavMs(await Deno.readFile(path)), 3 * 400);
  const { frames, headers, search } = here.session();
  assertEquals(search, "?intent=quicksilver&model=gpt-realtime-1.5");
  assertEquals(headers["openai-alpha"], "quicksilver=v1");
  assertEquals(frames.map(({ type }) => type), ["session.update", "conversation.item.create"]);
  const spoken = await here.wav("talk.wav", speech([1.2]));
  const heard = await realtime(here, ["--protocol", "v1", "--audio", spoken]);
  assertEquals([heard.code, heard.stdout], [0, "You said: one two three\n"], heard.stderr);
});

Deno.test("protocol v3 uses its own path and frames, and a frame closes it", async () => {
  await using here = await scene();
  const path = join(here.directory, "answer.wav");
  const long = `${"word ".repeat(150)}end`;
  const run = await realtime(here, ["--protocol", "v3", "-o", path, long]);
  assertEquals([run.code, run.stdout], [0, `You said: ${long}\n`], run.stderr);
  assertEquals(wavMs(await Deno.readFile(path)), 153 * 400);
  const { frames, headers, path: asked, search } = here.session();
  assertEquals(asked + search, "/v1/live?model=gpt-live-1.1-codex");
  assertEquals(headers["openai-alpha"], "quicksilver=v2");
  // A text of more than 500 bytes is sent in several frames.
  assertEquals(frames.map(({ type }) => type), [
    "session.update",
    "session.context.append",
    "session.context.append",
    "session.close",
  ]);
  assertEquals(Object(frames[0]?.["session"]).model, "gpt-live-1.1-codex");
  const spoken = await here.wav("talk.wav", speech([1.2]));
  const heard = await realtime(here, ["--protocol", "v3", "--json", "--audio", spoken]);
  assertEquals(heard.code, 0, heard.stderr);
  const types = new Set(jsonLines(heard.stdout).map(({ type }) => type));
  for (const type of ["session.started", "input_transcript.added", "turn.done", "output_audio.delta"]) {
    assert(types.has(type), `${type} is missing: ${[...types].join()}`);
  }
});

Deno.test("a v3 session whose first event is an error fails with the server's message", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({
    refuses: { message: "This account has no live sessions.", code: "forbidden" },
  });
  const run = await realtime(here, ["--protocol", "v3", "hi"]);
  assertEquals(run.stdout, "");
  assertIncludes(run.stderr, "This account has no live sessions");
  assert(run.code !== 0 && run.code !== 1, run.stderr);
});

Deno.test("--json prints the events of the API and a result", async () => {
  await using here = await scene();
  const run = await realtime(here, ["--json", "-o", join(here.directory, "a.wav"), "hi"]);
  const lines = jsonLines(run.stdout);
  assertEquals(lines[0]?.["type"], "session.created");
  assert(lines.some(({ type }) => type === "response.output_audio.delta"));
  assertEquals(lines.at(-1), {
    type: "culvert.result",
    status: "completed",
    exit_code: 0,
    answers: 1,
    audio_received_ms: 1_200,
    error: null,
  });
});

Deno.test("a conversation goes through a CONNECT proxy, and through one that intercepts TLS", async () => {
  await using here = await scene();
  await using proxy = await startProxy();
  const tunnelled = await realtime(here, ["--proxy", `http://127.0.0.1:${proxy.port}`, "hi"]);
  assertEquals([tunnelled.code, tunnelled.stdout], [0, "You said: hi\n"], tunnelled.stderr);
  assertEquals(proxy.seen.map(({ form }) => form), ["connect"]);
  await using network = await startNetwork();
  const intercepted = await culvert(["realtime", "hi"], { env: network.env });
  assertEquals([intercepted.code, intercepted.stdout], [0, "You said: hi\n"], intercepted.stderr);
});

Deno.test("a login that is rejected at the handshake of a conversation is renewed", async () => {
  await using here = await scene();
  await writeLogin(here.directory, here.api.oauth, "rejected");
  const run = await culvert(["realtime", "-C", `openai_base_url="${here.api.baseUrl}"`, "hi"], {
    env: {
      CODEX_CA_CERTIFICATE: here.bundle,
      CODEX_HOME: here.directory,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${here.api.origin}/oauth/token`,
    },
  });
  assertEquals([run.code, run.stdout], [0, "You said: hi\n"], run.stderr);
});

Deno.test("the base URL of the realtime websocket is configurable", async () => {
  await using here = await scene();
  const other = `experimental_realtime_ws_base_url="${here.api.baseUrl}"`;
  const run = await culvert(["realtime", "--base-url", "https://nowhere.invalid/v1", "-C", other, "hi"], {
    env: here.env,
  });
  assertEquals([run.code, run.stdout], [0, "You said: hi\n"], run.stderr);
});

Deno.test("a conversation that is cut keeps the audio that arrived, in a file next to its name", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ cutAfterMs: 2_500 });
  const path = join(here.directory, "answer.wav");
  const input = await here.wav("talk.wav", speech([1.2, 0.8, 1.2]));
  const run = await realtime(here, ["--audio", input, "--live", "--pace", "4", "-o", path]);
  assertEquals([run.code, run.stdout], [5, "You said: one two three\n"], run.stderr);
  assertIncludes(run.stderr, `the audio that arrived is in ${path}.partial`);
  assertEquals(wavMs(await Deno.readFile(`${path}.partial`)), 5 * 400);
});

Deno.test(skippedIf(ON_WINDOWS, "Ctrl-C closes the session and leaves a complete WAV file"), async () => {
  await using here = await scene();
  const path = join(here.directory, "answer.wav");
  const input = await here.wav("talk.wav", speech([1.2, 0.8, 60]));
  const args = [
    "realtime",
    "--base-url",
    here.api.baseUrl,
    "--audio",
    input,
    "--live",
    "--pace",
    "1",
    "-o",
    path,
  ];
  await using program = await startedCulvert(args, { env: here.env });
  await program.seen("stdout", /three\n/);
  program.kill("SIGINT");
  assertEquals(await program.end(), 130, program.stderr());
  assertIncludes(program.stderr(), "stopped; the session is closed");
  assertEquals(wavMs(await Deno.readFile(path)), 5 * 400);
  assertEquals(await here.session().closed, 1000);
});

Deno.test("flags that exclude each other are refused before a connection is opened", async () => {
  await using here = await scene();
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [["--live", "hi"], "--live was given without --audio"],
    [["--format", "pcm", "hi"], "--format was given without --output"],
    [["--json", "-o", "-", "hi"], "Both --json and -o - were given"],
    [["--voice", "cove", "hi"], "v2 has no voice cove"],
    [["--protocol", "v4", "hi"], "is not one of v1, v2, v3"],
    [["--sdp", "-", "--protocol", "v2"], "The realtime protocol v2 has no calls"],
  ];
  for (const [args, says] of cases) {
    const run = await realtime(here, args, { stdin: "v=0\r\n" });
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr + run.stdout, says);
  }
  assertEquals(here.api.handshakes(), 0);
});

Deno.test("--sdp creates a call, which --join then joins", async () => {
  await using here = await scene();
  const offer = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  const run = await realtime(here, ["--sdp", "-"], { stdin: offer });
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stdout, /^v=0\r\n.*m=audio/s);
  const [, id = ""] = /--join (rtc_\w+)/.exec(run.stderr) ?? [];
  assertEquals(here.api.realtime.calls.map((call) => [call.id, call.form, call.sdp]), [[id, "sdp", offer]]);
  const base = `experimental_realtime_ws_base_url="${here.api.baseUrl}"`;
  const joined = await culvert(["realtime", "-C", base, "--join", id, "hi"], { env: here.env });
  assertEquals([joined.code, joined.stdout], [0, "You said: hi\n"], joined.stderr);
  assertEquals(here.session().search, `?call_id=${id}`);
  const live = await culvert(["realtime", "-C", base, "--protocol", "v3", "--join", id, "hi"], {
    env: here.env,
  });
  assertEquals([live.code, live.stdout], [0, "You said: hi\n"], live.stderr);
  const session = here.api.realtime.sessions.at(-1);
  assertEquals([session?.path, session?.search], [`/v1/live/${id}`, ""]);
  // A call that was made with v3 is configured already.
  assertEquals(session?.frames.map(({ type }) => type), ["session.context.append", "session.close"]);
});

Deno.test(unlessLacking("the provider demo talks without a key and without internet"), async () => {
  const run = await culvert(["realtime", "--provider", "demo", "hi"]);
  assertEquals([run.code, run.stdout], [0, "You said: hi\n"], run.stderr);
});

Deno.test("a call of the provider demo cannot be joined, and no connection is attempted", async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-realtime-demo-" });
  try {
    await Deno.writeTextFile(`${home}/config.toml`, `model_provider = "demo"\n`);
    for (const [args, env] of [[["--provider", "demo"], {}], [[], { CODEX_HOME: home }]] as const) {
      // The address of a closed port: a connection would end with another exit code.
      const all = { ...env, HTTPS_PROXY: "http://127.0.0.1:1", CULVERT_API_KEY: "sk-test" };
      const run = await culvert(["realtime", ...args, "--join", "rtc_1", "hi"], { env: all });
      assertEquals([run.code, run.stdout], [2, ""], run.stderr);
      assertIncludes(run.stderr, 'A call of the provider "demo" cannot be joined');
      assertIncludes(run.stderr, "Remove --join");
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
