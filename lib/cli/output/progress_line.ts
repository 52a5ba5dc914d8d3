/**
 * A line on a terminal that says what is being waited for, and for how long already.
 *
 * @module
 */
import type { Host } from "../command/host.ts";

/** Nothing is said before so much silence, ms; then the line is renewed as often. */
const PATIENCE_MS = 1_000;

/** A line that shows itself while nothing else happens. */
export interface WaitingLine extends Disposable {
  /** Names what is being waited for now. The clock goes on. */
  readonly label: (text: string) => void;
  /** Takes the line away for something else to be written; it comes back after as long a silence again. */
  readonly erase: () => void;
  /** Takes it away for good, and its timer with it. */
  readonly stop: () => void;
}

/**
 * Starts to wait. Where stderr is no terminal, or one that cannot write over a line, nothing is ever shown.
 *
 * @param host for stderr and the clock
 * @param label what is being waited for, such as `the first word`
 * @param wanted whether to show anything at all
 */
export function startWaiting(
  host: Pick<Host, "stderr" | "world">,
  label: string,
  wanted = true,
): WaitingLine {
  const { stderr, world } = host;
  if (!wanted || !stderr.isTerminal || world.env("TERM") === "dumb") return NOTHING;
  const begin = world.monotonic();
  let text = label;
  let shown = 0;
  // Blanks take the line away, not an escape sequence: with NO_COLOR some terminals are logs.
  const wipe = () => {
    if (shown > 0) stderr.writeSync(`\r${" ".repeat(shown)}\r`);
    shown = 0;
  };
  const show = () => {
    wipe();
    const seconds = Math.floor((world.monotonic() - begin) / 1_000);
    const line = `waiting for ${text}, ${seconds} s`.slice(0, (stderr.columns() ?? 80) - 1);
    stderr.writeSync(line);
    shown = line.length;
  };
  let timer = setInterval(show, PATIENCE_MS);
  let stopped = false;
  const stop = () => {
    stopped = true;
    clearInterval(timer);
    wipe();
  };
  return {
    label: (next) => {
      text = next;
    },
    erase: () => {
      wipe();
      clearInterval(timer);
      if (!stopped) timer = setInterval(show, PATIENCE_MS);
    },
    stop,
    [Symbol.dispose]: stop,
  };
}

const NOTHING: WaitingLine = {
  label: () => {},
  erase: () => {},
  stop: () => {},
  [Symbol.dispose]: () => {},
};
