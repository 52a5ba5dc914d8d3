import { parseRealtimeEvent } from "../../../lib/realtime/protocol/parse_event.ts";
import type { RealtimeVersion } from "../../../lib/realtime/protocol/protocol_version.ts";
import type { RealtimeEvent } from "../../../lib/realtime/protocol/realtime_event.ts";
import { assertEquals } from "../../support/assert.ts";

type Row = readonly [
  version: RealtimeVersion,
  frame: Readonly<Record<string, unknown>>,
  event: RealtimeEvent | undefined,
];

const AUDIO = { kind: "audio", data: "AAA=", sampleRate: 24_000, channels: 1 } as const;
const CALL = { type: "function_call", id: "item_1", call_id: "call_1" } as const;

const ROWS: readonly Row[] = [
  ["v1", { type: "session.updated", session: { id: "s", instructions: "i" } }, {
    kind: "session_updated",
    sessionId: "s",
    instructions: "i",
  }],
  ["v2", { type: "session.updated", session: {} }, undefined],
  ["v3", { type: "session.started", session: { id: "s" } }, { kind: "session_updated", sessionId: "s" }],
  ["v1", { type: "conversation.output_audio.delta", delta: "AAA=", sample_rate: 24_000, channels: 1 }, AUDIO],
  [
    "v1",
    {
      type: "conversation.output_audio.delta",
      data: "AAA=",
      sample_rate: 48_000,
      num_channels: 2,
      samples_per_channel: 1,
    },
    { kind: "audio", data: "AAA=", sampleRate: 48_000, channels: 2, samplesPerChannel: 1 },
  ],
  ["v1", { type: "conversation.output_audio.delta", delta: "AAA=" }, undefined],
  ["v2", { type: "response.output_audio.delta", delta: "AAA=", item_id: "i" }, { ...AUDIO, itemId: "i" }],
  ["v2", { type: "response.audio.delta", delta: "AAA=" }, AUDIO],
  ["v3", { type: "output_audio.delta", audio: "AAA=" }, AUDIO],
  ["v1", { type: "conversation.input_transcript.delta", delta: "a" }, { kind: "input_delta", text: "a" }],
  ["v1", { type: "conversation.item.input_audio_transcription.delta", delta: "a" }, {
    kind: "input_delta",
    text: "a",
  }],
  ["v2", { type: "conversation.item.input_audio_transcription.delta", delta: "a", item_id: "i" }, {
    kind: "input_delta",
    text: "a",
    itemId: "i",
  }],
  ["v3", { type: "input_transcript.added", item: { text: "a" } }, { kind: "input_delta", text: "a" }],
  ["v1", { type: "conversation.input_transcript.turn_marked", transcript: "a" }, {
    kind: "input_done",
    text: "a",
  }],
  ["v2", { type: "conversation.item.input_audio_transcription.completed", transcript: "a" }, {
    kind: "input_done",
    text: "a",
  }],
  ["v3", { type: "turn.done", turn: { role: "user", text: "a" } }, { kind: "input_done", text: "a" }],
  ["v3", { type: "turn.done", role: "assistant", transcript: "a" }, { kind: "output_done", text: "a" }],
  ["v1", { type: "conversation.output_transcript.delta", delta: "a" }, { kind: "output_delta", text: "a" }],
  ["v2", { type: "conversation.output_transcript.delta", delta: "a" }, undefined],
  ["v2", { type: "response.output_text.delta", delta: "a" }, { kind: "output_delta", text: "a" }],
  ["v2", { type: "response.output_audio_transcript.delta", delta: "a" }, { kind: "output_delta", text: "a" }],
  ["v3", { type: "output_transcript.added", item: { text: "a" } }, { kind: "output_delta", text: "a" }],
  ["v1", { type: "response.output_text.done", text: "a" }, undefined],
  ["v2", { type: "response.output_text.done", text: "a" }, { kind: "output_done", text: "a" }],
  ["v2", { type: "response.output_audio_transcript.done", transcript: "a" }, {
    kind: "output_done",
    text: "a",
  }],
  ["v1", { type: "conversation.item.created", item: { id: "i" } }, undefined],
  ["v2", { type: "conversation.item.created", item: { id: "i" } }, { kind: "item_added", item: { id: "i" } }],
  ["v1", { type: "conversation.item.done", item: { id: "i" } }, { kind: "item_done", itemId: "i" }],
  ["v2", { type: "conversation.item.done", item: { id: "i", type: "message" } }, {
    kind: "item_done",
    itemId: "i",
  }],
  [
    "v1",
    { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i", input_transcript: "do it" },
    { kind: "handoff", handoffId: "h", itemId: "i", text: "do it" },
  ],
  ["v1", { type: "conversation.handoff.requested", handoff_id: "h", item_id: "i" }, undefined],
  [
    "v2",
    {
      type: "conversation.item.done",
      item: { ...CALL, name: "background_agent", arguments: '{"text":" ","prompt":" do it "}' },
    },
    { kind: "handoff", handoffId: "call_1", itemId: "item_1", text: "do it" },
  ],
  [
    "v2",
    { type: "conversation.item.done", item: { ...CALL, name: "background_agent", arguments: "do it" } },
    { kind: "handoff", handoffId: "call_1", itemId: "item_1", text: "do it" },
  ],
  ["v2", { type: "conversation.item.done", item: { ...CALL, name: "remain_silent" } }, {
    kind: "no_operation",
    callId: "call_1",
    itemId: "item_1",
  }],
  ["v2", { type: "response.done", response: { id: "r", output: [{ ...CALL, name: "background_agent" }] } }, {
    kind: "response_done",
    responseId: "r",
  }],
  [
    "v3",
    {
      type: "delegation.created",
      item: {
        id: "d",
        type: "delegation",
        target: "client",
        content: [{ type: "input_text", text: "do " }, { type: "other" }, { type: "input_text", text: "it" }],
      },
    },
    { kind: "handoff", handoffId: "d", itemId: "d", text: "do it" },
  ],
  ["v2", { type: "input_audio_buffer.speech_started", item_id: "i" }, {
    kind: "speech_started",
    itemId: "i",
  }],
  ["v1", { type: "input_audio_buffer.speech_started", item_id: "i" }, undefined],
  ["v2", { type: "response.created", response: { id: "r" } }, { kind: "response_created", responseId: "r" }],
  ["v2", { type: "response.cancelled", response_id: "r" }, { kind: "response_cancelled", responseId: "r" }],
  ["v2", { type: "response.done" }, { kind: "response_done" }],
  ["v1", { type: "response.created", response: { id: "r" } }, undefined],
  ["v2", { type: "error", message: "top", error: { message: "inner" } }, { kind: "error", message: "top" }],
  ["v2", { type: "error", error: { message: "inner", code: "c" } }, {
    kind: "error",
    message: "inner",
    code: "c",
  }],
  ["v1", { type: "error", error: "text" }, { kind: "error", message: '"text"' }],
  ["v2", { type: "turn_input_accepted" }, undefined],
  ["v2", { type: "valueOf" }, undefined],
  ["v2", { no: "type" }, undefined],
];

for (const [index, [version, frame, event]] of ROWS.entries()) {
  const { type = "a frame without a type" } = frame;
  Deno.test(`${version} reads ${type} as ${event?.kind ?? "nothing"} (${index + 1})`, () => {
    assertEquals(parseRealtimeEvent(version, JSON.stringify(frame)), event);
  });
}

Deno.test("a frame that is not JSON gives no event", () => {
  assertEquals(parseRealtimeEvent("v2", "not json"), undefined);
  assertEquals(parseRealtimeEvent("v2", "[1]"), undefined);
});
