/**
 * Stops a command at a signal. The first signal ends it in good order and keeps what there is; the second ends the
 * process at once.
 *
 * @module
 */
import { CulvertError, EXIT } from "../../errors.ts";
import type { Host, StopSignal } from "./host.ts";

/** The signal of the commands' asynchronous work, and the end of listening. */
export interface StopSignals extends Disposable {
  readonly signal: AbortSignal;
}

/** What each signal is reported as. A closed terminal ends the command as SIGTERM does, Ctrl-\\ as Ctrl-C does. */
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

/** Returns the exit status of a command that was stopped. */
export function stopStatus(signal: AbortSignal): typeof EXIT.interrupted | typeof EXIT.terminated {
  const { reason } = signal;
  return reason instanceof CulvertError && reason.code === "terminated" ? EXIT.terminated : EXIT.interrupted;
}
