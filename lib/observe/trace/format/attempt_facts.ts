/**
 * Facts about an attempt that the codex client does not record. They are in the member `culvert` of the event
 * that ends the attempt: readers of the codex client (0.171.0) ignore unknown members, but refuse unknown
 * events.
 *
 * @module
 */
import { z } from "zod";

const ms = z.number().nullish();

/** The facts. Each is absent if it is not known; times are in ms from the start of the attempt. */
export const attemptFactsSchema = z.object({
  /** `sse` or `websocket`. */
  transport: z.string().nullish(),
  /** Whether the connection was already open. */
  connection_reused: z.boolean().nullish(),
  /** HTTP status of the answer. */
  http_status: z.int().nullish(),
  /**
   * The reason for the attempt, if it was not the first: `retry`, `unauthorized` (after a 401), `fallback`.
   */
  cause: z.string().nullish(),
  /** Time at which the head of the answer arrived. */
  headers_ms: ms,
  /** Time at which the first event arrived. */
  first_event_ms: ms,
  /** Time at which the first text, reasoning or tool call arrived. */
  first_output_ms: ms,
  /** Number of events. */
  events: z.int().nullish(),
  /** Long times without an event: the time of the last event before, and the length of the gap. */
  gaps: z.array(z.object({ after_ms: z.number(), ms: z.number() })).nullish(),
  /** Times at which the first and the last event of each output item arrived. */
  items: z.array(z.object({ item_id: z.string(), first_ms: z.number(), last_ms: z.number() })).nullish(),
});

/** Facts about an attempt. */
export type AttemptFacts = z.infer<typeof attemptFactsSchema>;
