/**
 * One turn: a request, its retries and recoveries, and everything that comes back, as one sequence of events
 * with exactly one `culvert.result` at its end.
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

/** What a caller may say about a turn. */
export interface TurnOptions {
  /** Ends the turn: its last event then says `interrupted`, or what the signal's reason says. */
  readonly signal?: AbortSignal;
  /**
   * Whether a stream that breaks after text of the answer came may be started over. Default true: the
   * `culvert.retry` event then says `discards_output`, and the reader throws away what it has. A reader that
   * cannot, because the text is already on a terminal or down a pipe, sets false: the turn ends with the
   * failure instead, for half an answer followed by a whole one is worse than an honest error.
   */
  readonly restartAfterText?: boolean;
  /** Longest time that the turn may take, ms: it then ends with `timeout`. Default: no limit. */
  readonly timeoutMs?: number;
  /** The span that the turn is part of; each of its requests names it. Default: none. */
  readonly trace?: TraceContext;
  /**
   * A turn of the same session that goes on with this request, such as one that asked for a tool: the two are one
   * turn to the server, with one id and one sticky state, and what is told once a turn is not told again.
   */
  readonly continues?: Turn;
}

/**
 * A turn. Nothing happens until it is read; it can be read once, in one of three ways: event by event, in
 * batches, or as the text of the answer. It is pulled all the way: a reader that stops reading stops the
 * socket. Leaving the loop cancels the request upstream. A retry sends the same request again.
 *
 * Once a loop has begun it throws nothing: whatever happens is told by the last event, `culvert.result`.
 */
export interface Turn extends AsyncIterable<ResponseEvent> {
  /**
   * The events in batches, as they arrived: the cheap way to read a fast stream.
   *
   * @throws CulvertError `usage` when the turn was read before
   */
  batches(): AsyncIterableIterator<EventBatch>;
  /**
   * The whole answer. What the model says on the way (`phase: "commentary"`) is left out, several messages are
   * set apart by an empty line, and what a retry made void is thrown away.
   *
   * @throws CulvertError what the result says when the turn did not complete; `usage` when it was read before
   */
  text(): Promise<string>;
  /**
   * The items of the answer, for the input of the next turn. Empty until the turn has completed, and where it
   * did not.
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

  /** What a turn stands on. @throws CulvertError `usage` for one that no session made */
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
