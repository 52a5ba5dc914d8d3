/** Measures one large event that arrives in small pieces: the time must grow linearly with the size. */
import { SseDecoder } from "../../lib/responses/transport/sse/sse_decoder.ts";
import { parseEvent } from "../../lib/responses/events/parse_event.ts";
import { best, type Finding } from "./measure.ts";

const PIECE = 64;

function eventOf(megabytes: number): Uint8Array {
  const delta = "x".repeat(megabytes * 1024 * 1024);
  return new TextEncoder().encode(
    `data: ${JSON.stringify({ type: "response.output_text.delta", delta })}\n\n`,
  );
}

async function timeOf(megabytes: number): Promise<number> {
  const bytes = eventOf(megabytes);
  return await best(5, () => {
    const decoder = new SseDecoder();
    let events = 0;
    for (let from = 0; from < bytes.length; from += PIECE) {
      for (const text of decoder.push(bytes.subarray(from, from + PIECE))) {
        if (parseEvent(text)?.event.type === "response.output_text.delta") events++;
      }
    }
    if (events !== 1) throw new Error(`${events} events`);
  });
}

export async function drip(): Promise<readonly Finding[]> {
  await timeOf(1);
  const [two, four, eight] = [await timeOf(2), await timeOf(4), await timeOf(8)];
  const growth = eight / two;
  return [{
    name: `one event of 4 MB in pieces of ${PIECE} bytes`,
    measured: `${four.toFixed(0)} ms; four times the size takes ${growth.toFixed(1)} times as long ` +
      `(2 MB: ${two.toFixed(0)} ms, 8 MB: ${eight.toFixed(0)} ms)`,
    bar: "linear: at most 8, where a quadratic decoder takes 16",
    passed: growth <= 8,
  }];
}
