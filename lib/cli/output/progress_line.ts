/**
 * A status line on a terminal that says what the program waits for, and for how long already.
 *
 * @module
 */
import type { OutputHost } from "./streams.ts";

/** The line appears after so much time without other output, and is renewed as often, ms. */
const INTERVAL_MS = 1_000;

/** A status line that shows itself while nothing else is written. */
export interface ProgressLine extends Disposable {
  /** Changes what is being waited for. The time goes on. */
  readonly setLabel: (label: string) => void;
  /** Removes the line until nothing was written for a second. */
  readonly pause: () => void;
  /** Removes the line for good and stops its timer. */
  readonly stop: () => void;
}

/**
 * Starts the status line. Where stderr is not a terminal, or `TERM` is `dumb`, nothing is ever shown.
 *
 * @param host for stderr and the clock
 * @param label what is being waited for, such as `a connection`
 * @param enabled whether to show anything at all
 */
export function startProgressLine(
  host: Pick<OutputHost, "stderr" | "world">,
  label: string,
  enabled = true,
): ProgressLine {
  const { stderr, world } = host;
  if (!enabled || !stderr.isTerminal || world.env("TERM") === "dumb") return DISABLED;
  const begin = world.monotonic();
  let text = label;
  let isStopped = false;
  const show = () => {
    const seconds = Math.floor((world.monotonic() - begin) / 1_000);
    stderr.showStatus(`waiting for ${text}, ${seconds} s`);
  };
  let timer = setInterval(show, INTERVAL_MS);
  const stop = () => {
    isStopped = true;
    clearInterval(timer);
    stderr.showStatus("");
  };
  return {
    setLabel: (next) => {
      text = next;
    },
    pause: () => {
      stderr.showStatus("");
      clearInterval(timer);
      if (!isStopped) timer = setInterval(show, INTERVAL_MS);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

const DISABLED: ProgressLine = {
  setLabel: () => {},
  pause: () => {},
  stop: () => {},
  [Symbol.dispose]: () => {},
};
