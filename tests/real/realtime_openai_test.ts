/** The realtime client of the vendor (npm `openai`, under Node with `ws`) against the simulated API. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { spoken } from "../cli/transcribe/kit.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { lacksNodePackages, startNode } from "../support/node_packages.ts";
import { join } from "../support/paths.ts";
import { skippedIf } from "../support/skipped.ts";

const lacks = await lacksNodePackages("openai", "ws");

/** Opens a session and collects its events until an event of the given type arrives. */
const PRELUDE = `
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { readFileSync } from "node:fs";
const client = new OpenAI({ maxRetries: 0 });
const open = async (props) => {
  const realtime = await OpenAIRealtimeWS.create(client, props);
  const events = [];
  const errors = [];
  let wake = () => {};
  realtime.on("event", (event) => { events.push(event); wake(); });
  realtime.on("error", (error) => { errors.push(error.error ?? { message: String(error.message) }); wake(); });
  const until = async (type, count = 1) => {
    while (events.filter((event) => event.type === type).length < count && errors.length === 0) {
      await new Promise((resolve) => wake = resolve);
    }
    return events.findLast((event) => event.type === type);
  };
  return { realtime, events, errors, until };
};
const append = (realtime, pcm) => {
  for (let at = 0; at < pcm.length; at += 4800) {
    realtime.send({ type: "input_audio_buffer.append", audio: pcm.subarray(at, at + 4800).toString("base64") });
  }
};
`;

interface Scene extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
  /** Runs a program and returns the JSON object that it prints. */
  readonly run: (program: string) => Promise<Readonly<Record<string, unknown>>>;
}

async function scene(): Promise<Scene> {
  const api = await startMockApi();
  const directory = await Deno.makeTempDir({ prefix: "culvert-realtime-sdk-" });
  await Deno.writeTextFile(join(directory, "ca.pem"), api.authority.certificate);
  await Deno.writeFile(join(directory, "speech.pcm"), spoken([1.2, 0.8, 0.8, 0.8], 24_000));
  const env = {
    OPENAI_BASE_URL: api.baseUrl,
    OPENAI_API_KEY: "sk-any-0123456789abcdef",
    NODE_EXTRA_CA_CERTS: join(directory, "ca.pem"),
    SPEECH: join(directory, "speech.pcm"),
  };
  return {
    env,
    run: async (program) => {
      await using sdk = await startNode(PRELUDE + program, env);
      const { code, text } = await sdk.end();
      assertEquals(code, 0, text);
      return JSON.parse(text);
    },
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

Deno.test(
  skippedIf(lacks, "the vendor's realtime client converses with the simulated API in text"),
  async () => {
    await using here = await scene();
    const seen = await here.run(`
const { realtime, events, errors, until } = await open({ model: "gpt-realtime" });
await until("session.created");
realtime.send({ type: "session.update", session: { type: "realtime", output_modalities: ["text"], instructions: "Be brief." } });
const updated = await until("session.updated");
realtime.send({ type: "conversation.item.create", item: { type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] } });
realtime.send({ type: "response.create" });
const done = await until("response.done");
let text = "";
for (const event of events) if (event.type === "response.output_text.delta") text += event.delta;
const closed = new Promise((resolve) => realtime.socket.once("close", (code) => resolve(code)));
realtime.close();
console.log(JSON.stringify({ text, errors, model: updated.session.model, instructions: updated.session.instructions,
  status: done.response.status, output: done.response.output[0].content, ids: events.every(({ event_id }) => typeof event_id === "string"),
  usage: typeof done.response.usage.total_tokens, types: [...new Set(events.map(({ type }) => type))], closed: await closed }));
`);
    assertEquals(seen, {
      text: "You said: hi",
      errors: [],
      model: "gpt-realtime",
      instructions: "Be brief.",
      status: "completed",
      output: [{ type: "output_text", text: "You said: hi" }],
      ids: true,
      usage: "number",
      types: [
        "session.created",
        "session.updated",
        "conversation.item.added",
        "conversation.item.done",
        "response.created",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.done",
      ],
      closed: 1000,
    });
  },
);

Deno.test(
  skippedIf(lacks, "the vendor's realtime client speaks to the simulated API and receives spoken answers"),
  async () => {
    await using here = await scene();
    const seen = await here.run(`
const { realtime, events, errors, until } = await open({ model: "gpt-realtime" });
await until("session.created");
realtime.send({ type: "session.update", session: { type: "realtime", audio: { input: { transcription: { model: "gpt-4o-mini-transcribe" } }, output: { voice: "cedar" } } } });
await until("session.updated");
append(realtime, readFileSync(process.env.SPEECH));
await until("response.done", 2);
const of = (type) => events.filter((event) => event.type === type);
const bytes = of("response.output_audio.delta").reduce((sum, { delta }) => sum + Buffer.from(delta, "base64").length, 0);
realtime.close();
console.log(JSON.stringify({ errors, bytes,
  heard: of("conversation.item.input_audio_transcription.completed").map(({ transcript, usage }) => [transcript, usage.type]),
  said: of("response.output_audio_transcript.done").map(({ transcript }) => transcript),
  starts: of("input_audio_buffer.speech_started").map(({ audio_start_ms }) => audio_start_ms),
  stops: of("input_audio_buffer.speech_stopped").map(({ audio_end_ms }) => audio_end_ms) }));
`);
    assertEquals(seen, {
      errors: [],
      bytes: (5 + 4) * 400 * 48,
      heard: [["one two three", "tokens"], ["four five", "tokens"]],
      said: ["You said: one two three", "You said: four five"],
      starts: [0, 1_700],
      stops: [1_700, 3_300],
    });
  },
);

Deno.test(skippedIf(lacks, "the vendor's realtime client transcribes with the simulated API"), async () => {
  await using here = await scene();
  const seen = await here.run(`
const { realtime, events, errors, until } = await open({ intent: "transcription" });
const created = await until("session.created");
realtime.send({ type: "session.update", session: { type: "transcription", audio: { input: { format: { type: "audio/pcm", rate: 24000 }, transcription: { model: "gpt-live-transcribe", languages: ["en"] }, turn_detection: null } } } });
await until("session.updated");
append(realtime, readFileSync(process.env.SPEECH));
await until("conversation.item.input_audio_transcription.delta", 5);
realtime.send({ type: "input_audio_buffer.commit" });
const { transcript } = await until("conversation.item.input_audio_transcription.completed");
realtime.close();
console.log(JSON.stringify({ errors, transcript, type: created.session.type, object: created.session.object }));
`);
  assertEquals(seen, {
    errors: [],
    transcript: "one two three four five",
    type: "transcription",
    object: "realtime.transcription_session",
  });
});

Deno.test(
  skippedIf(
    lacks,
    "the simulated API refuses the same requests as the real one, and the vendor's client reads the reason",
  ),
  async () => {
    await using here = await scene();
    const seen = await here.run(`
const refusals = [];
const attempt = async (props, event) => {
  const { realtime, errors, until } = await open(props);
  await until("session.created");
  realtime.send(event);
  await until("nothing");
  refusals.push([errors[0].code, errors[0].param, errors[0].event_id]);
  realtime.close();
};
await attempt({ model: "m" }, { type: "session.update", event_id: "e1", session: { type: "transcription" } });
await attempt({ intent: "transcription" }, { type: "session.update", session: { type: "transcription", instructions: "x" } });
await attempt({ intent: "transcription" }, { type: "session.update", session: { type: "transcription", audio: { input: { transcription: { model: "gpt-realtime-whisper" } } } } });
await attempt({ model: "m" }, { type: "input_audio_buffer.commit" });
await attempt({ model: "m" }, { type: "response.cancel" });
await attempt({ model: "m" }, { type: "no.such.event" });
console.log(JSON.stringify({ refusals }));
`);
    assertEquals(seen, {
      refusals: [
        ["invalid_parameter", "session.type", "e1"],
        ["unknown_parameter", "session.instructions", null],
        ["invalid_value", "session.audio.input.turn_detection", null],
        ["input_audio_buffer_commit_empty", null, null],
        ["response_cancel_not_active", null, null],
        ["invalid_value", "type", null],
      ],
    });
  },
);

Deno.test(
  skippedIf(lacks, "the vendor's client creates, joins and ends a call of the simulated API"),
  async () => {
    await using here = await scene();
    const seen = await here.run(`
const sdp = "v=0\\r\\no=- 0 0 IN IP4 127.0.0.1\\r\\ns=-\\r\\nt=0 0\\r\\n";
const answer = await client.realtime.calls.create({ sdp, session: { type: "realtime", model: "gpt-realtime" } });
const id = answer.headers.get("location").split("/").at(-1);
const { realtime, errors, until } = await open({ callID: id });
await until("session.created");
realtime.close();
await client.realtime.calls.hangup(id);
const unknown = await client.realtime.calls.hangup("rtc_unknown").catch((error) => error.status);
console.log(JSON.stringify({ status: answer.status, sdp: (await answer.text()).slice(0, 3), id: id.slice(0, 4), errors, unknown }));
`);
    assertEquals(seen, { status: 201, sdp: "v=0", id: "rtc_", errors: [], unknown: 404 });
    assert(here.env["OPENAI_BASE_URL"]?.startsWith("https://") === true);
  },
);
