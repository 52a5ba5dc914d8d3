/**
 * Splits PCM16 into the frames that are sent.
 *
 * @module
 */
import { joinBytes } from "../../text/join_bytes.ts";
import { SAMPLE_BYTES } from "./pcm16.ts";

/** Longest frame, ms: the server may send text after each. */
const LONGEST_MS = 100;
/**
 * Shortest frame except the last, ms: a source that writes single samples must not cause one frame per
 * sample.
 */
const SHORTEST_MS = 20;

/**
 * Yields frames. Audio is passed on when it arrives, unless it is shorter than 20 ms.
 *
 * @param rate Hz
 */
export async function* frames(
  pcm: AsyncIterable<Uint8Array<ArrayBuffer>>,
  rate: number,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const longest = rate * LONGEST_MS / 1000 * SAMPLE_BYTES;
  const shortest = rate * SHORTEST_MS / 1000 * SAMPLE_BYTES;
  let rest = new Uint8Array();
  for await (const piece of pcm) {
    const joined = joinBytes([rest, piece]);
    let at = 0;
    while (joined.length - at >= shortest) {
      const frame = joined.subarray(at, at + longest);
      at += frame.length;
      yield frame;
    }
    rest = joined.slice(at);
  }
  if (rest.length > 0) yield rest;
}
