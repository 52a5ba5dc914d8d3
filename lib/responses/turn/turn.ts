/**
 * One turn: a request with its retries and recoveries, read as one sequence of events that ends with exactly one
 * `culvert.result`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { EventBatch, ResponseEvent, ResultEvent } from "../events/events.ts";
import type { ResponseItem } from "../events/items.ts";
import type { TurnRequest } from "../request/request.ts";
import type { TraceContext } from "../request/trace_context.ts";
import type { ToolFunction } from "./tools/tool_call.ts";
import { ReadableTurn } from "./readable_turn.ts";
import { runTurn, type TurnParts } from "./run_turn.ts";

/** Options of a turn. */
export interface TurnOptions {
  /** Ends the turn: its last event then has the status `interrupted`, or the error of the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * Whether a stream that is cut after text of the answer arrived may be started again. Default true: the
   * `culvert.retry` event then says `discards_output`, and the reader discards what it has. A reader that cannot,
   * because the text was already written to a terminal or a pipe, sets false: the turn then ends with the failure.
   */
  readonly restartAfterText?: boolean;
  /** Time limit of the turn, ms: it then ends with `timeout`. Default: no limit. */
  readonly timeoutMs?: number;
  /** The span that contains the turn; each of its requests names it. Default: none. */
  readonly trace?: TraceContext;
  /**
   * A turn of the same session that this request continues, such as one that called a tool: the two are one
   * turn to the server, with one id and one sticky state, and what is yielded once a turn is not yielded again.
   */
  readonly continues?: Turn;
  /**
   * Functions for the tools of the request, by name. When a response calls only tools that have one, they are run and
   * their outputs are sent with the next request of the same turn, until a response calls none. The turn has one
   * result; its token counts are the sums of its responses. Default: none, and calls are left to the caller.
   */
  readonly toolFunctions?: Readonly<Record<string, ToolFunction>>;
  /** Maximum number of responses of one turn, for a model that calls tools without end. Default 100. */
  readonly maxResponses?: number;
}

/**
 * A turn. Nothing is sent until it is read. It can be read once, in one of three ways: event by event, in batches, or
 * as the text of the answer. Nothing is read from the network before it is asked for. Leaving the loop cancels the
 * request. A retry sends the same request again.
 *
 * A loop over the events does not throw: the last event, `culvert.result`, contains the result of the turn.
 */
export interface Turn extends AsyncIterable<ResponseEvent> {
  /**
   * Returns the events in batches, as they arrived. Reading a fast stream in batches takes the least time.
   *
   * @throws CulvertError `usage` if the turn was read before
   */
  batches(): AsyncIterableIterator<EventBatch>;
  /**
   * Returns the complete answer. Messages of phase `commentary` are omitted, several messages are separated by an empty
   * line, and text that a retry replaces is discarded.
   *
   * @throws CulvertError the error of the result if the turn did not complete; `usage` if it was read before
   */
  text(): Promise<string>;
  /**
   * The items of the answer, for the input of the next turn. Empty until the turn has completed, and if it fails.
   */
  readonly items: readonly ResponseItem[];
  /**
   * The last event, with the token counts, the id of the response and the model; `undefined` until the turn has ended,
   * and if its reader left before.
   */
  readonly result: ResultEvent | undefined;
}

/** The turn of a session. */
export class SessionTurn extends ReadableTurn {
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  readonly #options: TurnOptions;

  /** Made by a session. */
  constructor(request: TurnRequest, parts: TurnParts, options: TurnOptions = {}) {
    super(options.signal);
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
    throw new CulvertError("usage", "Only a turn that a session created can be continued");
  }

  /** As {@link Turn.items}. */
  override get items(): readonly ResponseItem[] {
    return this.#parts.facts.items;
  }

  protected override run(signal: AbortSignal): AsyncGenerator<EventBatch, undefined> {
    const { restartAfterText = true, timeoutMs } = this.#options;
    return runTurn(this.#request, this.#parts, {
      signal,
      restartAfterText,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
  }
}
