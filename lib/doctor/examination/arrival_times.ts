/**
 * When events were sent and when they came.
 *
 * @module
 */

/** One event. */
export interface Beat {
  /** By our monotonic clock, ms. */
  readonly arrivedMs: number;
  /** By the sender's clock, ms; only differences count. */
  readonly sentMs: number;
}

/** What a sequence of events amounts to. */
export interface Rhythm {
  readonly events: number;
  /** From the first event to the last, at the sender's end, ms. */
  readonly sentOverMs: number;
  /** The same at ours, ms. */
  readonly arrivedOverMs: number;
  /** Groups of events that came together. */
  readonly bursts: number;
}

/** Events closer to one another than this came together, ms. */
const TOGETHER_MS = 20;

/** Measures a sequence, in the order of arrival. */
export function rhythmOf(beats: readonly Beat[]): Rhythm {
  const first = beats[0];
  const last = beats.at(-1);
  if (first === undefined || last === undefined) {
    return { events: 0, sentOverMs: 0, arrivedOverMs: 0, bursts: 0 };
  }
  const gaps = beats.slice(1).map(({ arrivedMs }, index) =>
    arrivedMs - (beats[index]?.arrivedMs ?? arrivedMs)
  );
  return {
    events: beats.length,
    sentOverMs: last.sentMs - first.sentMs,
    arrivedOverMs: last.arrivedMs - first.arrivedMs,
    bursts: 1 + gaps.filter((gap) => gap > TOGETHER_MS).length,
  };
}
