/**
 * Shares one operation between concurrent callers.
 *
 * @module
 */
import { raceAbort } from "./race_abort.ts";

interface Flight<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * Returns a function that joins the running work, or starts it. The signal of a caller ends only the wait of
 * that caller. When no caller waits any longer, the signal of the work is aborted.
 *
 * @param begin the work; receives its own signal and the arguments of the caller that starts it
 * @param options `isDetached`: the work must be finished, and its signal is never aborted
 * @returns the result of the work; throws the error of the work, or the reason of the caller's signal
 */
export function singleFlight<T, A extends readonly unknown[]>(
  begin: (signal: AbortSignal, ...args: A) => Promise<T>,
  { isDetached = false }: { readonly isDetached?: boolean } = {},
): (signal: AbortSignal | undefined, ...args: A) => Promise<T> {
  let current: Flight<T> | undefined;
  const start = (args: A): Flight<T> => {
    const controller = new AbortController();
    const flight = { result: begin(controller.signal, ...args), controller, waiting: 0 };
    const end = () => leave(flight);
    flight.result.then(end, end);
    return flight;
  };
  const leave = (flight: Flight<T>) => {
    if (current === flight) current = undefined;
  };
  return async (signal, ...args) => {
    signal?.throwIfAborted();
    const flight = current ??= start(args);
    flight.waiting++;
    try {
      return await raceAbort(flight.result, signal);
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && signal?.aborted === true && !isDetached) {
        leave(flight);
        flight.controller.abort(signal.reason);
      }
    }
  };
}
