/**
 * Stops a command at a signal. The first signal ends it normally and keeps the output so far; the second ends
 * the process immediately.
 *
 * @module
 */
import { CulvertError, EXIT } from "../../errors.ts";
import type { Host, StopSignal } from "./host.ts";

/** The signal of the commands' asynchronous work; disposing of it stops listening. */
export interface StopSignals extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * The error code of each signal. A closed terminal has the same effect as SIGTERM, Ctrl-\\ the same as
 * Ctrl-C.
 */
const SIGNALS: Readonly<Record<StopSignal, () => CulvertError>> = {
  SIGINT: () => new CulvertError("interrupted", "Interrupted"),
  SIGQUIT: () => new CulvertError("interrupted", "Interrupted by SIGQUIT"),
  SIGTERM: () => new CulvertError("terminated", "Terminated"),
  SIGHUP: () => new CulvertError("terminated", "Terminated by SIGHUP: the terminal was closed"),
};

/**
 * Listens for SIGINT, SIGTERM, SIGHUP and SIGQUIT. The first aborts `signal` with an error of code `interrupted` or
 * `terminated`; the second ends the process.
 */
export function listenForStop(host: Host): StopSignals {
  const controller = new AbortController();
  const stop = (error: CulvertError) => {
    if (controller.signal.aborted) host.exit(error.exitStatus);
    controller.abort(error);
  };
  const names: readonly StopSignal[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];
  const removers = names.map((name) => host.onSignal(name, () => stop(SIGNALS[name]())));
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => removers.forEach((remove) => remove()),
  };
}

/** Returns the exit code of a stopped command. */
export function stopStatus(signal: AbortSignal): typeof EXIT.interrupted | typeof EXIT.terminated {
  const { reason } = signal;
  return reason instanceof CulvertError && reason.code === "terminated" ? EXIT.terminated : EXIT.interrupted;
}
