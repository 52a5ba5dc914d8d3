/**
 * The event type. SSE, websocket, replay and capture all yield {@link ResponseEvent}: the API's own event
 * objects, unchanged, and between them the program's own, whose type begins with `culvert.`.
 *
 * @module
 */
import type { ApiEvent, OtherEvent } from "./api_events.ts";
import type { CulvertEvent } from "./culvert_events.ts";

export type * from "./api_events.ts";
export type * from "./culvert_events.ts";

/** All events that a turn yields. */
export type ResponseEvent = ApiEvent | OtherEvent | CulvertEvent;

/** One event, with the JSON text that it was parsed from if it was received. */
export interface StreamItem {
  /** The event. */
  readonly event: ResponseEvent;
  /**
   * The JSON as received, so that it can be written unchanged; credentials in failures are masked. JSON that arrived in
   * several lines has line breaks, which JSON allows between tokens only.
   */
  readonly text?: string;
}

/** Events that arrived together. Yielding batches saves a promise for each event of a fast stream. */
export type EventBatch = readonly StreamItem[];
