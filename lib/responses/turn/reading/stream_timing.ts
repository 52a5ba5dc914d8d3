/**
 * What the arrival times of a stream show: a proxy that holds it back, and how far a stream had come when it failed.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { WarningEvent } from "../../events/events.ts";
import { isBrokenConnection } from "../../failures/failure.ts";

/** A shorter wait for the first event is not worth a warning, ms. */
const NOTABLE_WAIT_MS = 2_000;
/** Fewer events than this may well be sent at once. */
const NOTABLE_EVENTS = 20;
/** The events of a held-back stream arrive within this part of the wait for the first. */
const BURST = 0.05;

/** Arrival times of one response, on the monotonic clock, ms. */
export interface Arrivals {
  /** When the request was sent. */
  readonly sentAt: number;
  readonly firstEventAt: number;
  readonly lastEventAt: number;
  readonly events: number;
}

/**
 * Returns a warning where the events of a response arrived all at once after a long wait. A server sends
 * `response.created` as soon as it accepts a request, so a first event that comes with the last one was held back.
 */
export function heldBackWarning(
  { events, firstEventAt, lastEventAt, sentAt }: Arrivals,
): WarningEvent | undefined {
  const wait = firstEventAt - sentAt;
  if (events < NOTABLE_EVENTS || wait < NOTABLE_WAIT_MS || lastEventAt - firstEventAt > wait * BURST) {
    return undefined;
  }
  return {
    type: "culvert.warning",
    code: "stream_held_back",
    message:
      `All ${events} events arrived in one burst after ${
        seconds(wait)
      } of silence: a proxy or gateway buffers the ` +
      "stream until it is complete. Ask its administrator to disable buffering for text/event-stream",
  };
}

/** Adds to the error of a connection that broke how far the stream had come. */
export function withProgress(error: CulvertError, events: number, elapsedMs: number): CulvertError {
  const isIdle = error.code === "idle_timeout";
  if (!isIdle && !isBrokenConnection(error)) return error;
  const count = `${events} ${events === 1 ? "event" : "events"}`;
  const message = isIdle
    ? `${error.message}, after ${count}`
    : `${error.message}, after ${count} and ${seconds(elapsedMs)}`;
  return new CulvertError(error.code, message, {
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    details: { ...error.details, events, elapsed_ms: Math.round(elapsedMs) },
    cause: error,
  });
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
