/**
 * Work that several wait for, each as long as it likes.
 *
 * @module
 */
import { raceAbort } from "./race_abort.ts";

interface Running<T> {
  readonly result: Promise<T>;
  readonly calledOff: AbortController;
  waiting: number;
}

/**
 * Makes a wait for work that is begun by the first who waits and called off when the last one went away. What failed
 * or was called off is begun anew by the next.
 *
 * @param begin the work; its signal is aborted with the reason of the one that went away last
 * @returns waits for it @throws what the work throws; the signal's reason
 */
export function singleFlight<T>(
  begin: (signal: AbortSignal) => Promise<T>,
): (signal?: AbortSignal) => Promise<T> {
  let running: Running<T> | undefined;
  const start = (): Running<T> => {
    const calledOff = new AbortController();
    const started = { result: begin(calledOff.signal), calledOff, waiting: 0 };
    started.result.catch(() => drop(started));
    return started;
  };
  const drop = (one: Running<T>) => {
    if (running === one) running = undefined;
  };
  return async (signal) => {
    signal?.throwIfAborted();
    const mine = running ??= start();
    mine.waiting++;
    try {
      return await (signal === undefined ? mine.result : raceAbort(mine.result, signal));
    } catch (error) {
      if (mine.waiting === 1 && signal?.aborted === true) {
        drop(mine);
        mine.calledOff.abort(signal.reason);
      }
      throw error;
    } finally {
      mine.waiting--;
    }
  };
}
