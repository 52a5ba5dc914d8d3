/**
 * Ctrl-C once: stop in good order, keep what there is. Twice: stop.
 *
 * @module
 */
import { CulvertError, EXIT } from "../../errors.ts";
import type { Host } from "./host.ts";

/** A signal that commands pass on, and the way to stop listening. */
export interface StopSignals extends Disposable {
  readonly signal: AbortSignal;
}

/**
 * Listens for SIGINT and SIGTERM. The first aborts `signal` with an error of code `interrupted` or `terminated`;
 * the second ends the process at once.
 */
export function listenForStop(host: Host): StopSignals {
  const controller = new AbortController();
  const stop = (error: CulvertError) => {
    if (controller.signal.aborted) host.exit(error.exitStatus);
    controller.abort(error);
  };
  const off = [
    host.onSignal("SIGINT", () => stop(new CulvertError("interrupted", "Interrupted"))),
    host.onSignal("SIGTERM", () => stop(new CulvertError("terminated", "Terminated"))),
  ];
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => off.forEach((release) => release()),
  };
}

/** The exit status that a stopped command ends with. */
export function stopStatus(signal: AbortSignal): typeof EXIT.interrupted | typeof EXIT.terminated {
  const { reason } = signal;
  return reason instanceof CulvertError && reason.code === "terminated" ? EXIT.terminated : EXIT.interrupted;
}
