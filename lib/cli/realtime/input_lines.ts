/**
 * Reads messages from standard input, one a line.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import type { Host } from "../command/host.ts";

/** Longest line that is kept, UTF-16 units. What is longer is passed on in parts. */
const LONGEST = 1_000_000;

/**
 * Yields the lines that are not blank, as they arrive.
 *
 * @throws the reason of the signal
 */
export async function* inputLines(host: Host, signal: AbortSignal): AsyncGenerator<string> {
  const reader = host.stdin.stream().pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await raceAbort(reader.read(), signal);
    if (done) break;
    const lines = (rest + value).split(/\r?\n/);
    rest = lines.pop() ?? "";
    if (rest.length > LONGEST) {
      lines.push(rest);
      rest = "";
    }
    for (const line of lines) if (line.trim() !== "") yield line;
  }
  if (rest.trim() !== "") yield rest;
}
