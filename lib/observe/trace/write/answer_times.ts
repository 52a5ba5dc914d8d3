/**
 * When the parts of an answer arrived.
 *
 * @module
 */
import type { EventBatch, JsonObject, ResponseEvent } from "../../../responses/events/events.ts";
import type { World } from "../../../world/world.ts";
import type { AttemptFacts } from "../format/attempt_facts.ts";
import { idOf } from "./call_payloads.ts";

/** Time without an event from which on it counts as a gap, ms. */
const GAP_MS = 1_000;
/** Most gaps that are recorded. */
const MOST_GAPS = 100;
/** Most items whose times are recorded. */
const MOST_ITEMS = 1_000;

/** Events that are no output of the model. */
const ENVELOPES: ReadonlySet<string> = new Set([
  "response.created",
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.metadata",
  "error",
]);

/** Measures one answer, in ms from the request. */
export class AnswerTimes {
  readonly #world: Pick<World, "monotonic">;
  readonly #begin: number;
  #headers: number | undefined;
  #firstEvent: number | undefined;
  #firstOutput: number | undefined;
  #lastEvent = 0;
  #events = 0;
  readonly #gaps: { after_ms: number; ms: number }[] = [];
  readonly #items = new Map<string, { first: number; last: number }>();
  /** The item that was announced last, to which events without an id belong. */
  #current: string | undefined;

  /** The request is sent now. */
  constructor(world: Pick<World, "monotonic">) {
    this.#world = world;
    this.#begin = world.monotonic();
  }

  /** The head of the answer arrived. */
  headArrived(): void {
    this.#headers ??= this.#elapsed();
  }

  /** Events of the API arrived. */
  read(batch: EventBatch): void {
    const count = batch.filter(({ text }) => text !== undefined).length;
    if (count === 0) return;
    const now = this.#elapsed();
    const silence = now - (this.#firstEvent === undefined ? now : this.#lastEvent);
    if (silence >= GAP_MS && this.#gaps.length < MOST_GAPS) {
      this.#gaps.push({ after_ms: this.#lastEvent, ms: silence });
    }
    this.#firstEvent ??= now;
    this.#lastEvent = now;
    this.#events += count;
    for (const { event, text } of batch) if (text !== undefined) this.#note(event, now);
  }

  /** Returns what was measured. */
  facts(): AttemptFacts {
    return {
      ...(this.#headers === undefined ? {} : { headers_ms: this.#headers }),
      ...(this.#firstEvent === undefined ? {} : { first_event_ms: this.#firstEvent }),
      ...(this.#firstOutput === undefined ? {} : { first_output_ms: this.#firstOutput }),
      events: this.#events,
      ...(this.#gaps.length === 0 ? {} : { gaps: this.#gaps }),
      ...(this.#items.size === 0 ? {} : {
        items: [...this.#items].map(([item_id, { first, last }]) => ({
          item_id,
          first_ms: first,
          last_ms: last,
        })),
      }),
    };
  }

  #note(event: ResponseEvent, now: number): void {
    const name = event.type === "other" ? event.name : event.type;
    if (!name.startsWith("response.") || ENVELOPES.has(name) || name === "response.in_progress") return;
    this.#firstOutput ??= now;
    const fields: JsonObject = event.type === "other" ? event.payload : { ...event };
    const { item, item_id } = fields;
    if (name === "response.output_item.added") this.#current = idOf(item);
    const id = idOf(item) ?? (typeof item_id === "string" ? item_id : this.#current);
    if (id === undefined) return;
    const times = this.#items.get(id);
    if (times !== undefined) times.last = now;
    else if (this.#items.size < MOST_ITEMS) this.#items.set(id, { first: now, last: now });
  }

  #elapsed(): number {
    return Math.round(this.#world.monotonic() - this.#begin);
  }
}
