/**
 * The one event type. SSE, websocket, replay and capture all yield {@link ResponseEvent}: the API's own event
 * objects, unchanged, and between them the program's own, whose type begins with `culvert.`.
 *
 * @module
 */
import type { ApiEvent, OtherEvent } from "./api_events.ts";
import type { CulvertEvent } from "./culvert_events.ts";

export type * from "./api_events.ts";
export type * from "./culvert_events.ts";

/** Anything a turn yields. */
export type ResponseEvent = ApiEvent | OtherEvent | CulvertEvent;

/** One event on its way, with the text it was parsed from where it came off a wire. */
export interface StreamItem {
  /** The event. */
  readonly event: ResponseEvent;
  /**
   * The JSON as received, so that it can be written on byte for byte; credentials in failures are masked. What came in
   * several lines has line breaks, which in JSON can only stand between tokens.
   */
  readonly text?: string;
}

/** Events that arrived together. Handing on whole batches keeps 100,000 short deltas cheap. */
export type EventBatch = readonly StreamItem[];
