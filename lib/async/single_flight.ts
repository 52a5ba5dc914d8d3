/**
 * Work that several callers wait for at the same time.
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
 * Returns a function that joins the work under way, or begins it. The work belongs to no caller: the signal of a
 * caller ends the wait of that caller alone. When no caller waits any more, the signal of the work is aborted.
 *
 * @param begin the work, with a signal of its own and the arguments of the caller that begins it
 * @param options `isDetached`: the work must be finished, and its signal is never aborted
 * @returns waits for the work; throws what it throws, or the reason of the caller's signal
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
