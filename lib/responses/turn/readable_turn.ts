/**
 * What every turn has in common: the ways of reading it that follow from its batches.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { EventBatch, ResponseEvent, ResultEvent } from "../events/events.ts";
import type { ResponseItem } from "../events/items.ts";
import { AnswerCollector } from "./reading/answer_collector.ts";
import type { Turn } from "./turn.ts";

/** A turn that is made of one run, which is started by the first read. */
export abstract class ReadableTurn implements Turn {
  readonly #given: AbortSignal | undefined;
  #started = false;
  #result: ResultEvent | undefined;

  /** @param signal ends the turn */
  constructor(signal: AbortSignal | undefined) {
    this.#given = signal;
  }

  /** As {@link Turn.items}. */
  abstract readonly items: readonly ResponseItem[];

  /** As {@link Turn.result}. */
  get result(): ResultEvent | undefined {
    return this.#result;
  }

  /** Runs the turn. It throws nothing; its last batch ends with the result. */
  protected abstract run(signal: AbortSignal): AsyncGenerator<EventBatch, undefined>;

  /** As {@link Turn.batches}. */
  batches(): AsyncIterableIterator<EventBatch> {
    if (this.#started) {
      throw new CulvertError("usage", "A turn was read twice; its events can be read only once");
    }
    this.#started = true;
    const left = new AbortController();
    const given = this.#given;
    const batches = this.run(given === undefined ? left.signal : AbortSignal.any([given, left.signal]));
    return {
      // Not async, so that a stack trace of the network has no further function between reader and turn.
      next: () =>
        batches.next().then((next) => {
          const last = next.value?.at(-1)?.event;
          if (last?.type === "culvert.result") this.#result = last;
          return next;
        }),
      return: async () => {
        // Aborted first: a turn that waits for the network would not notice that its reader left.
        left.abort(new CulvertError("reader_gone", "The reader stopped reading the turn"));
        await batches.return(undefined);
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** As {@link Turn.text}. */
  async text(): Promise<string> {
    const collector = new AnswerCollector(true);
    for await (const batch of this.batches()) collector.take(batch);
    const error = this.#result?.error ?? null;
    if (error === null) return collector.text;
    const { code, message, hint, details } = error;
    throw new CulvertError(code, message, { details, ...(hint === null ? {} : { hint }) });
  }

  /** The events one by one. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ResponseEvent> {
    const batches = this.batches();
    let batch: EventBatch | undefined = [];
    let index = 0;
    let reading: Promise<void> | undefined;
    const read = async () => {
      const next = await batches.next();
      // Absent already if the reader has left in the meantime.
      if (batch !== undefined) batch = next.done === true ? undefined : next.value;
      index = 0;
      reading = undefined;
    };
    return {
      next: async () => {
        while (batch !== undefined) {
          const item = batch[index];
          if (item === undefined) {
            // Calls that wait at the same time share one read: each takes an event of the same batch.
            await (reading ??= read());
            continue;
          }
          index++;
          return { done: false, value: item.event };
        }
        return { done: true, value: undefined };
      },
      return: async () => {
        batch = undefined;
        await batches.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
