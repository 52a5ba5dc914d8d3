/**
 * The simulated realtime API, by frames. `tests/real/realtime_openai_test.ts` tests it with the vendor's own
 * client.
 */
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import { numberWord } from "../../../lib/mock/realtime/input/number_words.ts";
import type { RealtimeScenario } from "../../../lib/mock/realtime/realtime_scenario.ts";
import { spoken } from "../../cli/transcribe/kit.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";

type Frame = Readonly<Record<string, unknown>>;

interface Client extends AsyncDisposable {
  readonly api: MockApi;
  readonly frames: readonly Frame[];
  readonly send: (frame: Frame | string) => void;
  /** Resolves with the next frame of a type that was not seen before. */
  readonly next: (type: string) => Promise<Frame>;
}

/** Opens a websocket with the runtime's client. */
async function client(search: string, scenario?: RealtimeScenario): Promise<Client> {
  const api = await startMockApi({ plain: true });
  if (scenario !== undefined) api.realtime.enqueue(scenario);
  const socket = new WebSocket(`ws://127.0.0.1:${api.port}/v1/realtime${search}`, {
    headers: { authorization: "Bearer sk-any" },
  });
  const frames: Frame[] = [];
  let seen = 0;
  let wake = () => {};
  socket.onmessage = ({ data }) => {
    frames.push(JSON.parse(data));
    wake();
  };
  const closed = new Promise<void>((resolve) => socket.onclose = () => resolve());
  await new Promise((resolve) => socket.onopen = resolve);
  return {
    api,
    frames,
    send: (frame) => socket.send(typeof frame === "string" ? frame : JSON.stringify(frame)),
    next: async (type) => {
      for (;;) {
        while (seen < frames.length) {
          const frame = frames[seen++];
          if (frame?.["type"] === type) return frame;
        }
        await new Promise<void>((resolve) => wake = resolve);
      }
    },
    [Symbol.asyncDispose]: async () => {
      socket.close();
      await closed;
      await api.close();
    },
  };
}

const MODEL = "?model=gpt-realtime";
const TRANSCRIPTION = "?intent=transcription";

function update(session: Frame): Frame {
  return { type: "session.update", session };
}

/** Frames that are refused, with code and parameter. */
const REFUSED:
  readonly (readonly [search: string, frame: Frame | string, code: string, param: string | null])[] = [
    [MODEL, update({ type: "transcription" }), "invalid_parameter", "session.type"],
    [TRANSCRIPTION, update({ type: "realtime" }), "invalid_parameter", "session.type"],
    [MODEL, update({ instructions: "x" }), "missing_required_parameter", "session.type"],
    [TRANSCRIPTION, update({ type: "transcription", tools: [] }), "unknown_parameter", "session.tools"],
    [
      TRANSCRIPTION,
      update({ type: "transcription", audio: { input: { format: { type: "audio/pcm", rate: 16_000 } } } }),
      "invalid_value",
      "session.audio.input.format.rate",
    ],
    [
      TRANSCRIPTION,
      update({
        type: "transcription",
        audio: { input: { transcription: { model: "gpt-live-transcribe" } } },
      }),
      "invalid_value",
      "session.audio.input.turn_detection",
    ],
    [
      MODEL,
      update({ type: "realtime", output_modalities: ["text", "audio"] }),
      "invalid_value",
      "session.output_modalities",
    ],
    [MODEL, { type: "input_audio_buffer.append", audio: "no base64!" }, "invalid_value", "audio"],
    [MODEL, { type: "input_audio_buffer.commit" }, "input_audio_buffer_commit_empty", null],
    [MODEL, { type: "response.cancel" }, "response_cancel_not_active", null],
    [MODEL, { type: "no.such.frame" }, "invalid_value", "type"],
    [MODEL, "[]", "invalid_json", null],
  ];

for (const [index, [search, frame, code, param]] of REFUSED.entries()) {
  Deno.test(`the simulated realtime API refuses a frame with ${code} (${index + 1})`, async () => {
    await using here = await client(search);
    here.send(frame);
    const { error } = await here.next("error");
    assertEquals({ code: Reflect.get(Object(error), "code"), param: Reflect.get(Object(error), "param") }, {
      code,
      param,
    });
  });
}

Deno.test("an update changes only the fields that it contains, and null disables them", async () => {
  await using here = await client(MODEL);
  const input = { turn_detection: null, transcription: { model: "whisper-1" } };
  here.send(update({ type: "realtime", audio: { input } }));
  const { session } = await here.next("session.updated");
  const audio = Reflect.get(Object(session), "audio");
  assertEquals(audio.input.turn_detection, null);
  assertEquals(audio.input.transcription, { model: "whisper-1" });
  assertEquals(audio.input.format, { type: "audio/pcm", rate: 24_000 });
  assertEquals(audio.output.voice, "alloy");
});

Deno.test("an answer is cancelled when the user begins to speak", async () => {
  await using here = await client(MODEL, { gapMs: 200 });
  here.send({
    type: "conversation.item.create",
    item: { type: "message", role: "user", content: [{ type: "input_text", text: "a b c d e f g h i j" }] },
  });
  here.send({ type: "response.create" });
  await here.next("response.output_audio_transcript.delta");
  here.send({ type: "input_audio_buffer.append", audio: spoken([0.2], 24_000).toBase64() });
  const { response } = await here.next("response.done");
  assertEquals(Reflect.get(Object(response), "status"), "cancelled");
  assertEquals(Reflect.get(Object(response), "status_details"), {
    type: "cancelled",
    reason: "turn_detected",
  });
});

Deno.test("the simulated realtime API gives one answer at a time", async () => {
  await using here = await client(MODEL, { gapMs: 50 });
  here.send({ type: "response.create" });
  here.send({ type: "response.create" });
  const { error } = await here.next("error");
  assertIncludes(JSON.stringify(error), "conversation_already_has_active_response");
});

Deno.test("a number is written as one word", () => {
  assertEquals([0, 13, 20, 21, 100, 342, 1_005, 20_000].map(numberWord), [
    "zero",
    "thirteen",
    "twenty",
    "twenty-one",
    "one-hundred",
    "three-hundred-forty-two",
    "one-thousand-five",
    "twenty-thousand",
  ]);
});
