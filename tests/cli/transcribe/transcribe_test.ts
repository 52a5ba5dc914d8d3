import { unlessLacking } from "../../support/runtime_abilities.ts";
import { startNetwork } from "../../../lib/mock/network.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { startProxy } from "../../support/proxy.ts";
import { scene, speech, spoken } from "./kit.ts";

const TWO_UTTERANCES = [2, 1, 1.2];
const TEXT = "one two three four five\nsix seven eight\n";

Deno.test("transcribe prints only one utterance per line on stdout", async () => {
  await using here = await scene();
  const run = await here.transcribe([await here.wav("talk.wav", speech(TWO_UTTERANCES))]);
  assertEquals(run.code, 0, run.stderr);
  assertEquals(run.stdout, TEXT);
  assertEquals(run.stderr, "");
  assertEquals(here.session().samples, 4.2 * 24_000);
});

Deno.test("the session is opened and configured as the API documents it", async () => {
  await using here = await scene();
  await here.transcribe(["--language", "de", await here.wav("talk.wav", speech([1]))]);
  const { frames, headers, path, search } = here.session();
  assertEquals(path + search, "/v1/realtime?intent=transcription");
  assertEquals(headers["authorization"], "Bearer sk-planted-0123456789abcdef");
  assertEquals(headers["sec-websocket-extensions"], undefined);
  assertEquals(headers["x-session-id"], headers["thread-id"]);
  assertEquals(frames, [
    {
      type: "session.update",
      session: {
        type: "transcription",
        audio: {
          input: {
            format: { type: "audio/pcm", rate: 24_000 },
            transcription: { model: "gpt-4o-mini-transcribe", language: "de" },
          },
        },
      },
    },
    { type: "input_audio_buffer.commit" },
  ]);
});

Deno.test("a model without turn detection gets no such setting, and the audio is committed at pauses", async () => {
  await using here = await scene();
  const path = await here.wav("talk.wav", speech([6, 0.5, 2]));
  const run = await here.transcribe(["--model", "gpt-live-transcribe", "--language", "en", "--json", path]);
  assertEquals(run.code, 0, run.stderr);
  const [update, ...commits] = here.session().frames;
  assertEquals(update?.["session"], {
    type: "transcription",
    audio: {
      input: {
        format: { type: "audio/pcm", rate: 24_000 },
        transcription: { model: "gpt-live-transcribe", languages: ["en"] },
        turn_detection: null,
      },
    },
  });
  assertEquals(commits.length, 2);
  const segments = jsonLines(run.stdout).filter(({ type }) => type === "culvert.segment");
  assertEquals(segments.length, 2);
  const [first, second] = segments;
  assert(Number(first?.["end_ms"]) > 6_000 && Number(first?.["end_ms"]) < 6_500, JSON.stringify(first));
  assertEquals([second?.["start_ms"], second?.["end_ms"]], [first?.["end_ms"], 8_500]);
});

Deno.test("the events of the API are printed unchanged, and the result is the last line", async () => {
  await using here = await scene();
  const run = await here.transcribe(["--json", await here.wav("talk.wav", speech(TWO_UTTERANCES))]);
  const lines = jsonLines(run.stdout);
  const types = lines.map(({ type }) => type);
  assertEquals(types.slice(0, 3), [
    "session.created",
    "session.updated",
    "input_audio_buffer.speech_started",
  ]);
  assertEquals(lines.filter(({ type }) => type === "culvert.segment").map(({ text }) => text), [
    "one two three four five",
    "six seven eight",
  ]);
  assertEquals(lines.at(-1), {
    type: "culvert.result",
    status: "completed",
    exit_code: 0,
    audio_sent_ms: 4_200,
    audio_transcribed_ms: 4_200,
    segments: 2,
    failed_segments: 0,
    error: null,
  });
});

Deno.test("a WAV stream and raw PCM on standard input are transcribed", async () => {
  await using here = await scene();
  const wav = await here.wav("talk.wav", speech([1], 8_000));
  const raw = await here.wav("talk.pcm", spoken([1], 8_000));
  for (const [path, flags] of [[wav, []], [raw, ["--raw", "8000"]]] as const) {
    await using program = await fed(here.env, ["--base-url", here.api.baseUrl, ...flags, "-"], path);
    assertEquals(await program.end(), { code: 0, stdout: "one two\n" });
  }
});

Deno.test("transcribe works through a CONNECT proxy", async () => {
  await using here = await scene();
  await using proxy = await startProxy();
  const path = await here.wav("talk.wav", speech(TWO_UTTERANCES));
  const run = await here.transcribe(["--proxy", `http://127.0.0.1:${proxy.port}`, path]);
  assertEquals([run.code, run.stdout], [0, TEXT], run.stderr);
  assertEquals(proxy.seen.map(({ form }) => form), ["connect"]);
});

Deno.test(unlessLacking("the text comes through a proxy that intercepts TLS with a private CA"), async () => {
  await using here = await scene();
  await using network = await startNetwork();
  const path = await here.wav("talk.wav", speech(TWO_UTTERANCES));
  const run = await culvert(["transcribe", path], { env: network.env });
  assertEquals([run.code, run.stdout], [0, TEXT], run.stderr);
  assertEquals(network.api.realtime.sessions[0]?.samples, 4.2 * 24_000);
  const { CODEX_CA_CERTIFICATE: _, ...without } = network.env;
  const refused = await culvert(["transcribe", path], { env: without });
  assertEquals(refused.code, 3, refused.stderr);
  assertIncludes(refused.stderr, "Example Corp TLS Inspection");
});

Deno.test("a login that the server rejects at the handshake is renewed", async () => {
  await using here = await scene();
  await writeLogin(here.directory, here.api.oauth, "rejected");
  const path = await here.wav("talk.wav", speech(TWO_UTTERANCES));
  const args = ["transcribe", "-C", `openai_base_url="${here.api.baseUrl}"`, path];
  const run = await culvert(args, {
    env: {
      CODEX_CA_CERTIFICATE: here.bundle,
      CODEX_HOME: here.directory,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${here.api.origin}/oauth/token`,
    },
  });
  assertEquals([run.code, run.stdout], [0, TEXT], run.stderr);
  assert(here.api.handshakes() >= 2);
  const saved = JSON.parse(await Deno.readTextFile(join(here.directory, "auth.json")));
  assertEquals(here.session().headers["authorization"], `Bearer ${saved.tokens.access_token}`);
});

Deno.test("an API key that the server rejects exits 4", async () => {
  await using here = await scene({ accepts: () => false });
  const run = await here.transcribe([await here.wav("talk.wav", speech([1]))]);
  assertEquals([run.code, run.stdout], [4, ""], run.stderr);
  assertExcludes(run.stderr, "sk-planted");
});

Deno.test("a ChatGPT login without an API key causes a message that an API key is needed", async () => {
  await using here = await scene();
  await writeLogin(here.directory, here.api.oauth);
  const path = await here.wav("talk.wav", speech([1]));
  const run = await culvert(["transcribe", path], { env: { CODEX_HOME: here.directory } });
  assertEquals(run.code, 4, run.stderr);
  assertIncludes(run.stderr, "A realtime session requires an API key");
});

Deno.test("a handshake that fails temporarily is retried", async () => {
  await using here = await scene();
  here.api.enqueueHandshake({ kind: "refuse", refusal: { status: 503, body: "busy" } }, { kind: "drop" });
  const run = await here.transcribe([await here.wav("talk.wav", speech(TWO_UTTERANCES))]);
  assertEquals([run.code, run.stdout], [0, TEXT], run.stderr);
  assertEquals(here.api.handshakes(), 3);
});

Deno.test("a handshake that is answered with 429 is repeated after the delay that the server requests", async () => {
  await using here = await scene();
  const refusal = { status: 429, headers: { "retry-after": "1" }, body: { error: { message: "slow down" } } };
  here.api.enqueueHandshake({ kind: "refuse", refusal });
  const run = await here.transcribe(["-v", await here.wav("talk.wav", speech(TWO_UTTERANCES))]);
  assertEquals([run.code, run.stdout, here.api.handshakes()], [0, TEXT, 2], run.stderr);
  assertMatch(run.stderr, /retry 1\/\d+ of \/realtime in 1000 ms/);
});

Deno.test("a cut connection exits 5, and reports how much was sent and transcribed", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ cutAfterMs: 3_600 });
  const path = await here.wav("talk.wav", speech([2, 1, 60]));
  const run = await here.transcribe(["--pace", "2", path]);
  assertEquals(run.code, 5, run.stderr);
  assertEquals(run.stdout, "one two three four five\n");
  assertMatch(run.stderr, /; \d+\.\d s of audio were sent, of which 2\.0 s are transcribed\n/);
});

Deno.test("with --json the result of a cut connection has its figures", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ cutAfterMs: 3_600 });
  const path = await here.wav("talk.wav", speech([2, 1, 60]));
  const run = await here.transcribe(["--json", "--pace", "2", path]);
  const result = jsonLines(run.stdout).at(-1);
  assertEquals([result?.["type"], result?.["status"], result?.["exit_code"]], [
    "culvert.result",
    "failed",
    5,
  ]);
  assertEquals([result?.["audio_transcribed_ms"], result?.["segments"]], [2_000, 1]);
  assert(Number(result?.["audio_sent_ms"]) >= 3_600);
});

Deno.test("an error that the server reports before it closes the session is the reason", async () => {
  await using here = await scene();
  const error = {
    type: "invalid_request_error",
    code: "session_expired",
    message: "The session is too old.",
  };
  here.api.realtime.enqueue({
    frame: { afterMs: 3_000, frame: { type: "error", event_id: "event_1", error } },
    close: { afterMs: 3_500, code: 1001, reason: "" },
  });
  const run = await here.transcribe(["--pace", "20", await here.wav("talk.wav", speech([2, 1, 20]))]);
  assertEquals(run.code, 5, run.stderr);
  assertIncludes(run.stderr, "The session is too old");
  assertIncludes(run.stderr, "of which 2.0 s are transcribed");
});

Deno.test("a credential that an error of the server repeats is masked, also with --json", async () => {
  await using here = await scene();
  const error = {
    type: "server_error",
    code: "server_error",
    message: "Bad key sk-planted-0123456789abcdef here",
  };
  here.api.realtime.enqueue({
    frame: { afterMs: 500, frame: { type: "error", event_id: "event_1", error } },
  });
  const run = await here.transcribe(["--json", await here.wav("talk.wav", speech([1]))]);
  assertEquals(run.code, 0, run.stderr);
  assertExcludes(run.stdout + run.stderr, "sk-planted");
  assert(jsonLines(run.stdout).some(({ type }) => type === "error"));
});

Deno.test("a server that stops answering is detected after the idle limit", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ stallAfterMs: 1_000 });
  const config = `[model_providers.slow]
name = "slow"
base_url = "${here.api.baseUrl}"
env_key = "CULVERT_API_KEY"
stream_idle_timeout_ms = 700
`;
  await Deno.writeTextFile(join(here.directory, "config.toml"), config);
  const path = await here.wav("talk.wav", speech([2]));
  const run = await culvert(["transcribe", "--provider", "slow", path], {
    env: { ...here.env, CODEX_HOME: here.directory },
  });
  assertEquals(run.code, 5, run.stderr);
  assertIncludes(
    run.stderr,
    "was silent for 700 ms; 2.0 s of audio were sent, of which 0.0 s are transcribed",
  );
});

Deno.test("a model that the server refuses exits 8, before any audio is sent", async () => {
  await using here = await scene();
  const run = await here.transcribe(["--model", "gpt-6.1-sol", await here.wav("talk.wav", speech([1]))]);
  assertEquals(run.code, 8, run.stderr);
  assertIncludes(run.stderr, "'gpt-6.1-sol' is not a transcription model\n");
  assertEquals(here.session().samples, 0);
});

Deno.test("a server without the websocket is reported as such", async () => {
  await using here = await scene();
  here.api.enqueueHandshake({
    kind: "refuse",
    refusal: { status: 404, body: { error: { message: "nothing" } } },
  });
  const run = await here.transcribe([await here.wav("talk.wav", speech([1]))]);
  assertEquals(run.code, 5, run.stderr);
  assertIncludes(run.stderr, "a proxy may have removed the Upgrade header");
});

Deno.test("an utterance that could not be transcribed is reported, and the exit code is 8", async () => {
  await using here = await scene();
  here.api.realtime.enqueue({ failedItems: [0] });
  const run = await here.transcribe([await here.wav("talk.wav", speech(TWO_UTTERANCES))]);
  assertEquals([run.code, run.stdout], [8, "six seven eight\n"]);
  assertIncludes(
    run.stderr,
    "the audio from 0.0 s to 2.0 s could not be transcribed: The audio could not be",
  );
  assertIncludes(run.stderr, "1 of 2 utterances could not be transcribed");
});

Deno.test("unusable input is refused before a connection is opened", async () => {
  await using here = await scene();
  const cases: readonly (readonly [args: readonly string[], says: string])[] = [
    [[join(here.directory, "nothing.wav")], "no such file or directory"],
    [
      [await here.wav("talk.mp3", new Uint8Array([0x49, 0x44, 0x33, ...new Array(20).fill(0)]))],
      "it is an MP3 file",
    ],
    [["--channels", "2", join(here.directory, "talk.mp3")], "--channels was given without --raw"],
    [["--srt", "--json", join(here.directory, "talk.mp3")], "--json and --srt were given together"],
    [["--language", "English", "x.wav"], "is not an ISO 639-1 code"],
  ];
  for (const [args, says] of cases) {
    const run = await here.transcribe(args);
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr + run.stdout, says);
  }
  assertEquals(here.api.handshakes(), 0);
});

Deno.test(unlessLacking("the provider demo transcribes without a key and without internet"), async () => {
  await using here = await scene();
  const path = await here.wav("talk.wav", speech(TWO_UTTERANCES));
  const run = await culvert(["transcribe", "--provider", "demo", path]);
  assertEquals([run.code, run.stdout], [0, TEXT], run.stderr);
});

/** Starts `culvert transcribe` with a file as its standard input, through a pipe. */
async function fed(
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  path: string,
): Promise<
  AsyncDisposable & { readonly end: () => Promise<{ readonly code: number; readonly stdout: string }> }
> {
  const { startCulvert } = await import("../../support/culvert.ts");
  const child = startCulvert(["transcribe", ...args], { env });
  const feeding = (await Deno.open(path)).readable.pipeTo(child.stdin);
  return {
    end: async () => {
      const [{ code, stdout }] = await Promise.all([child.output(), feeding]);
      return { code, stdout: new TextDecoder().decode(stdout) };
    },
    [Symbol.asyncDispose]: async () => {
      await child.status;
    },
  };
}
