/**
 * One turn: a request with its retries and recoveries, read as one sequence of events that ends with exactly one
 * `culvert.result`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { AnswerCollector } from "./reading/answer_collector.ts";
import type { EventBatch, ResponseEvent } from "../events/events.ts";
import type { ResponseItem } from "../events/items.ts";
import type { TurnRequest } from "../request/request.ts";
import type { TraceContext } from "../request/trace_context.ts";
import { runTurn, type TurnParts } from "./run_turn.ts";

/** Options of a turn. */
export interface TurnOptions {
  /** Ends the turn: its last event then says `interrupted`, or what the signal's reason says. */
  readonly signal?: AbortSignal;
  /**
   * Whether a stream that breaks after text of the answer came may be started over. Default true: the
   * `culvert.retry` event then says `discards_output`, and the reader discards what it has. A reader that cannot,
   * because the text was already written to a terminal or a pipe, sets false: the turn then ends with the failure.
   */
  readonly restartAfterText?: boolean;
  /** Longest time that the turn may take, ms: it then ends with `timeout`. Default: no limit. */
  readonly timeoutMs?: number;
  /** The span that the turn is part of; each of its requests names it. Default: none. */
  readonly trace?: TraceContext;
  /**
   * A turn of the same session that goes on with this request, such as one that asked for a tool: the two are one
   * turn to the server, with one id and one sticky state, and what is yielded once a turn is not yielded again.
   */
  readonly continues?: Turn;
}

/**
 * A turn. Nothing is sent until it is read. It can be read once, in one of three ways: event by event, in batches, or
 * as the text of the answer. Nothing is read from the network before it is asked for. Leaving the loop cancels the
 * request. A retry sends the same request again.
 *
 * A loop over the events throws nothing: the last event, `culvert.result`, says how the turn ended.
 */
export interface Turn extends AsyncIterable<ResponseEvent> {
  /**
   * Returns the events in batches, as they arrived. Reading a fast stream in batches takes the least time.
   *
   * @throws CulvertError `usage` when the turn was read before
   */
  batches(): AsyncIterableIterator<EventBatch>;
  /**
   * Returns the whole answer. Messages of phase `commentary` are left out, several messages are separated by an empty
   * line, and text that a retry replaces is discarded.
   *
   * @throws CulvertError the error of the result where the turn did not complete; `usage` when it was read before
   */
  text(): Promise<string>;
  /**
   * The items of the answer, for the input of the next turn. Empty until the turn has completed, and where it fails.
   */
  readonly items: readonly ResponseItem[];
}

/** The turn of a session. */
export class SessionTurn implements Turn {
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  readonly #options: TurnOptions;
  #started = false;

  /** Made by a session. */
  constructor(request: TurnRequest, parts: TurnParts, options: TurnOptions = {}) {
    this.#request = request;
    this.#parts = parts;
    this.#options = options;
  }

  /**
   * Returns the parts that a turn is built from.
   *
   * @throws CulvertError `usage` for a turn that no session made
   */
  static partsOf(turn: Turn): TurnParts {
    if (turn instanceof SessionTurn) return turn.#parts;
    throw new CulvertError("usage", "Only a turn that a session made can be continued");
  }

  /** As {@link Turn.items}. */
  get items(): readonly ResponseItem[] {
    return this.#parts.facts.items;
  }

  /** As {@link Turn.batches}. */
  batches(): AsyncIterableIterator<EventBatch> {
    if (this.#started) {
      throw new CulvertError("usage", "A turn was read twice; its events are there only once");
    }
    this.#started = true;
    const left = new AbortController();
    const { restartAfterText = true, signal: given, timeoutMs } = this.#options;
    const signal = given === undefined ? left.signal : AbortSignal.any([given, left.signal]);
    const batches = runTurn(this.#request, this.#parts, {
      signal,
      restartAfterText,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    return {
      next: () => batches.next(),
      return: async () => {
        // Aborted first: a turn that waits for the network would not notice that its reader left.
        left.abort(new CulvertError("reader_gone", "The reader of the turn left"));
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
    for await (const batch of this.batches()) {
      collector.take(batch);
      const event = batch.at(-1)?.event;
      if (event?.type !== "culvert.result" || event.error === null) continue;
      const { code, message, hint, details } = event.error;
      throw new CulvertError(code, message, { details, ...(hint === null ? {} : { hint }) });
    }
    return collector.text;
  }

  /** The events one by one. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ResponseEvent> {
    const batches = this.batches();
    let batch: EventBatch = [];
    let index = 0;
    return {
      next: async () => {
        for (;;) {
          const item = batch[index++];
          if (item !== undefined) return { done: false, value: item.event };
          const { done, value } = await batches.next();
          if (done === true) return { done: true, value: undefined };
          batch = value;
          index = 0;
        }
      },
      return: async () => {
        await batches.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }
}
