import type { RealtimeEvent } from "../../../lib/realtime/protocol/realtime_event.ts";
import { TranscriptTail } from "../../../lib/realtime/protocol/transcript_tail.ts";
import { assertEquals } from "../../support/assert.ts";

function tailOf(...events: readonly RealtimeEvent[]): TranscriptTail {
  const tail = new TranscriptTail();
  for (const event of events) tail.add(event);
  return tail;
}

const user = (text: string) => ({ role: "user", text });
const assistant = (text: string) => ({ role: "assistant", text });

Deno.test("deltas of one role join, and the final text replaces them", () => {
  const tail = tailOf(
    { kind: "input_delta", text: "hel" },
    { kind: "input_delta", text: "lo" },
    { kind: "output_delta", text: "hi" },
    { kind: "input_done", text: "Hello" },
    { kind: "output_done", text: "Hi!" },
  );
  assertEquals(tail.take(), [user("Hello"), assistant("Hi!")]);
  assertEquals(tail.take(), []);
});

Deno.test("new speech and a new response begin new entries", () => {
  const tail = tailOf(
    { kind: "input_done", text: "one" },
    { kind: "speech_started" },
    { kind: "input_delta", text: "two" },
    { kind: "response_created" },
    { kind: "output_delta", text: "a" },
    { kind: "response_created" },
    { kind: "output_done", text: "b" },
  );
  assertEquals(tail.take(), [user("one"), user("two"), assistant("a"), assistant("b")]);
});

Deno.test("a handoff contains the speech since the previous one, with its own input", () => {
  const tail = tailOf({ kind: "input_done", text: "fix it" });
  const handoff = (text: string) => tail.add({ kind: "handoff", handoffId: "h", itemId: "i", text });
  assertEquals(handoff(" fix it "), [user("fix it")]);
  tail.add({ kind: "output_delta", text: "working" });
  assertEquals(handoff("faster"), [assistant("working"), user("faster")]);
  tail.add({ kind: "input_delta", text: "thanks" });
  assertEquals(tail.take(), [user("thanks")]);
});
