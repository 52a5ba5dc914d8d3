/**
 * Measures the arrival times of the parts of an answer.
 *
 * @module
 */
import type { EventBatch, JsonObject, ResponseEvent } from "../../../responses/events/events.ts";
import type { World } from "../../../world/world.ts";
import type { AttemptFacts } from "../format/attempt_facts.ts";
import { idOf } from "./call_payloads.ts";

/** Shortest time without an event that counts as a gap, ms. */
const GAP_MS = 1_000;
/** Maximum number of recorded gaps. */
const MOST_GAPS = 100;
/** Maximum number of items whose times are recorded. */
const MOST_ITEMS = 1_000;

/** Events that are not output of the model. */
const ENVELOPES: ReadonlySet<string> = new Set([
  "response.created",
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.in_progress",
  "response.metadata",
]);

/** Arrival times of the first and the latest event of an item. */
interface ItemTimes {
  readonly first: number;
  last: number;
}

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
  readonly #items = new Map<string, ItemTimes>();
  /** The item of the latest event. */
  #latestId: string | undefined;
  #latest: ItemTimes | undefined;

  /** Called when the request is sent. */
  constructor(world: Pick<World, "monotonic">) {
    this.#world = world;
    this.#begin = world.monotonic();
  }

  /** Called when the head of the answer arrives. */
  headArrived(): void {
    this.#headers ??= this.#elapsed();
  }

  /** Called for events that arrive together. Only those of the API count. */
  read(batch: EventBatch): void {
    const now = this.#elapsed();
    const before = this.#events;
    for (const { event, text } of batch) {
      if (text === undefined) continue;
      this.#events++;
      // Most events are deltas of the same item as the previous event.
      if (event.type === "response.output_text.delta") this.#touch(event.item_id, now);
      else this.#note(event, now);
    }
    if (this.#events === before) return;
    if (this.#latest !== undefined) this.#latest.last = now;
    this.#noteGap(now);
    this.#firstEvent ??= now;
    this.#lastEvent = now;
  }

  /** Returns the measured times. */
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

  #noteGap(now: number): void {
    if (this.#firstEvent === undefined || this.#gaps.length >= MOST_GAPS) return;
    const silence = now - this.#lastEvent;
    if (silence >= GAP_MS) this.#gaps.push({ after_ms: this.#lastEvent, ms: silence });
  }

  #note(event: ResponseEvent, now: number): void {
    const name = event.type === "other" ? event.name : event.type;
    if (!name.startsWith("response.") || ENVELOPES.has(name)) return;
    const fields: JsonObject = event.type === "other" ? event.payload : { ...event };
    const { item, item_id } = fields;
    this.#touch(idOf(item) ?? item_id, now);
  }

  /** Records output of an item; without an id it belongs to the previous item. */
  #touch(itemId: unknown, now: number): void {
    this.#firstOutput ??= now;
    if (itemId === this.#latestId || typeof itemId !== "string") return;
    if (this.#latest !== undefined) this.#latest.last = now;
    this.#latestId = itemId;
    this.#latest = this.#items.get(itemId);
    if (this.#latest !== undefined || this.#items.size >= MOST_ITEMS) return;
    this.#latest = { first: now, last: now };
    this.#items.set(itemId, this.#latest);
  }

  #elapsed(): number {
    return Math.round(this.#world.monotonic() - this.#begin);
  }
}
