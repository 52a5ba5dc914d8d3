/**
 * A status line on a terminal that shows how much audio was sent and transcribed.
 *
 * @module
 */
import type { OutputHost } from "../output/streams.ts";

/** Time between updates of the line, ms. */
const INTERVAL_MS = 500;

/** The content of the line. */
export interface AudioProgress {
  /** Audio that was sent, ms. */
  readonly sentMs: number;
  /** Length of the audio if it is known, ms. */
  readonly totalMs: number | undefined;
  /** Audio that is transcribed, ms. */
  readonly transcribedMs: number;
}

/**
 * Starts the line. If stderr is not a terminal, or `TERM` is `dumb`, nothing is shown.
 *
 * @param progress read each time the line is renewed
 * @param mayShow false while a line of text on the same terminal is not complete
 */
export function startAudioProgress(
  { stderr, world }: Pick<OutputHost, "stderr" | "world">,
  progress: () => AudioProgress,
  mayShow: () => boolean,
): Disposable {
  if (!stderr.isTerminal || world.env("TERM") === "dumb") return { [Symbol.dispose]: () => {} };
  const timer = setInterval(() => {
    if (mayShow()) stderr.showStatus(progressText(progress()));
  }, INTERVAL_MS);
  return {
    [Symbol.dispose]: () => {
      clearInterval(timer);
      if (mayShow()) stderr.showStatus("");
    },
  };
}

/** Returns the text of the line. */
function progressText({ sentMs, totalMs, transcribedMs }: AudioProgress): string {
  const of = totalMs === undefined ? "" : ` of ${clock(totalMs)}`;
  return `${clock(sentMs)}${of} sent, ${clock(transcribedMs)} transcribed`;
}

function clock(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
