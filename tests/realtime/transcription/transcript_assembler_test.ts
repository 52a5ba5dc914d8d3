import {
  TranscriptAssembler,
  type TranscriptUpdate,
} from "../../../lib/realtime/transcription/transcript_assembler.ts";
import { assertEquals } from "../../support/assert.ts";

const PREFIX = "conversation.item.input_audio_transcription";

function frames(assembler: TranscriptAssembler, ...list: readonly Readonly<Record<string, unknown>>[]) {
  return list.flatMap((frame): readonly TranscriptUpdate[] =>
    assembler.add({ ...frame, type: String(frame["type"]) })
  );
}

function shown(updates: readonly TranscriptUpdate[]): readonly string[] {
  return updates.map((update) =>
    update.kind === "text"
      ? update.text
      : `[${update.segment.startMs}-${update.segment.endMs} ${update.segment.text}]`
  );
}

Deno.test("an utterance that completes early waits for the one before it", () => {
  const assembler = new TranscriptAssembler();
  const updates = frames(
    assembler,
    { type: "input_audio_buffer.speech_started", item_id: "a", audio_start_ms: 100 },
    { type: "input_audio_buffer.speech_stopped", item_id: "a", audio_end_ms: 1_000 },
    { type: "input_audio_buffer.committed", item_id: "a" },
    { type: "input_audio_buffer.speech_started", item_id: "b", audio_start_ms: 1_200 },
    { type: `${PREFIX}.delta`, item_id: "a", delta: "one" },
    { type: "input_audio_buffer.speech_stopped", item_id: "b", audio_end_ms: 2_000 },
    { type: "input_audio_buffer.committed", item_id: "b" },
    { type: `${PREFIX}.delta`, item_id: "b", delta: "three" },
    { type: `${PREFIX}.completed`, item_id: "b", transcript: "three" },
  );
  assertEquals(shown(updates), ["one"]);
  assertEquals(assembler.pending, 1);
  const rest = frames(assembler, { type: `${PREFIX}.completed`, item_id: "a", transcript: "one two" });
  assertEquals(shown(rest), ["[100-1000 one two]", "[1200-2000 three]"]);
  assertEquals([assembler.pending, assembler.segments, assembler.transcribedMs], [0, 2, 2_000]);
});

Deno.test("the silence that ends an utterance is not a part of it", () => {
  const assembler = new TranscriptAssembler();
  const turn_detection = { silence_duration_ms: 500 };
  const updates = frames(
    assembler,
    { type: "session.updated", session: { audio: { input: { turn_detection } } } },
    { type: "input_audio_buffer.speech_started", item_id: "a", audio_start_ms: 0 },
    { type: "input_audio_buffer.speech_stopped", item_id: "a", audio_end_ms: 2_500 },
    { type: `${PREFIX}.completed`, item_id: "a", transcript: "hi" },
  );
  assertEquals(shown(updates), ["[0-2000 hi]"]);
});

Deno.test("without the server's times an utterance lies between two commits of the client", () => {
  const assembler = new TranscriptAssembler();
  assembler.committed(5_000);
  assembler.committed(9_000);
  const updates = frames(
    assembler,
    { type: "input_audio_buffer.committed", item_id: "a" },
    { type: `${PREFIX}.completed`, item_id: "a", transcript: "one" },
    { type: "input_audio_buffer.committed", item_id: "b" },
    { type: `${PREFIX}.completed`, item_id: "b", transcript: "two" },
  );
  assertEquals(shown(updates), ["[0-5000 one]", "[5000-9000 two]"]);
  assertEquals(assembler.unconfirmed, 0);
});

Deno.test("times that overlap or go back are sorted", () => {
  const assembler = new TranscriptAssembler();
  const item = (id: string, start: number, end: number) => [
    { type: "input_audio_buffer.speech_started", item_id: id, audio_start_ms: start },
    { type: "input_audio_buffer.speech_stopped", item_id: id, audio_end_ms: end },
    { type: `${PREFIX}.completed`, item_id: id, transcript: id },
  ];
  assertEquals(
    shown(frames(assembler, ...item("a", 0, 3_000), ...item("b", 2_700, 2_600), ...item("c", 2_900, 4_000))),
    [
      "[0-3000 a]",
      "[3000-3000 b]",
      "[3000-4000 c]",
    ],
  );
});

Deno.test("a session that breaks off returns the text that arrived, marked as partial", () => {
  const assembler = new TranscriptAssembler();
  frames(
    assembler,
    { type: "input_audio_buffer.speech_started", item_id: "a", audio_start_ms: 0 },
    { type: `${PREFIX}.delta`, item_id: "a", delta: "one" },
    { type: "input_audio_buffer.speech_started", item_id: "b", audio_start_ms: 2_000 },
  );
  const [update, ...others] = assembler.end(4_000);
  assertEquals(others, []);
  assertEquals(update, {
    kind: "segment",
    segment: { itemId: "a", index: 0, startMs: 0, endMs: 4_000, text: "one", isPartial: true },
  });
});

Deno.test("a time after the end of the sent audio counts as its end", () => {
  const assembler = new TranscriptAssembler();
  const updates = [
    { type: "input_audio_buffer.speech_started", item_id: "a", audio_start_ms: -1e300 },
    { type: "input_audio_buffer.speech_stopped", item_id: "a", audio_end_ms: 1e300 },
    { type: `${PREFIX}.completed`, item_id: "a", transcript: "hi" },
  ].flatMap((frame) => assembler.add(frame, 4_999.5));
  assertEquals(shown(updates), ["[0-5000 hi]"]);
});
