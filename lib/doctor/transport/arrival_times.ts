/**
 * The times at which events of a stream were sent and arrived.
 *
 * @module
 */

/** One event. */
export interface TimedEvent {
  /** Time of arrival by the local monotonic clock, ms. */
  readonly arrivedMs: number;
  /** Time of sending by the clock of the sender, ms. Only differences are used. */
  readonly sentMs: number;
}

/** A summary of the events of a stream. */
export interface ArrivalTimes {
  readonly events: number;
  /** Time from the first event to the last one at the sender, ms. */
  readonly sentOverMs: number;
  /** Time from the first event to the last one here, ms. */
  readonly arrivedOverMs: number;
  /** Groups of events that arrived together. */
  readonly bursts: number;
}

/** Events that arrive within this time of each other count as one burst, ms. */
const BURST_MS = 20;

/** Summarizes events in the order of their arrival. */
export function arrivalTimes(events: readonly TimedEvent[]): ArrivalTimes {
  const first = events[0];
  const last = events.at(-1);
  if (first === undefined || last === undefined) {
    return { events: 0, sentOverMs: 0, arrivedOverMs: 0, bursts: 0 };
  }
  const gaps = events.slice(1).map(({ arrivedMs }, index) =>
    arrivedMs - (events[index]?.arrivedMs ?? arrivedMs)
  );
  return {
    events: events.length,
    sentOverMs: last.sentMs - first.sentMs,
    arrivedOverMs: last.arrivedMs - first.arrivedMs,
    bursts: 1 + gaps.filter((gap) => gap > BURST_MS).length,
  };
}
