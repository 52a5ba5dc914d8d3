/**
 * A turn that runs the tools that the model calls, and sends their outputs, until the model has its answer.
 *
 * @module
 */
import { deadline } from "../../../async/deadline.ts";
import { CulvertError } from "../../../errors.ts";
import type { World } from "../../../world/world.ts";
import type { EventBatch, ResultEvent, StreamItem, TokenUsage } from "../../events/events.ts";
import type { ResponseItem } from "../../events/items.ts";
import type { InferenceTrace } from "../../request/inference_trace.ts";
import type { TurnRequest } from "../../request/request.ts";
import { interruption, withLaterError } from "../result.ts";
import { ReadableTurn } from "../readable_turn.ts";
import type { Turn, TurnOptions } from "../turn.ts";
import { runTools } from "./run_tools.ts";
import { type ToolCall, toolCallOf, type ToolFunction } from "./tool_call.ts";
import { isObject } from "../../../text/json.ts";

const MAX_RESPONSES = 100;

/** Options of {@link ToolTurn}. */
export interface ToolTurnOptions extends TurnOptions {
  /** See {@link TurnOptions}. */
  readonly toolFunctions: Readonly<Record<string, ToolFunction>>;
  /** Makes the turn of one request. */
  readonly turn: (request: TurnRequest, options: TurnOptions) => Turn;
  readonly world: Pick<World, "sleep" | "monotonic">;
  /** Absent if no inference trace is written. */
  readonly inferenceTrace?: InferenceTrace;
}

/** See {@link TurnOptions.toolFunctions}. */
export class ToolTurn extends ReadableTurn {
  readonly #request: TurnRequest;
  readonly #options: ToolTurnOptions;
  #items: readonly ResponseItem[] = [];
  #latest: Turn | undefined;

  /** Sends nothing. */
  constructor(request: TurnRequest, options: ToolTurnOptions) {
    super(options.signal);
    this.#request = request;
    this.#options = options;
  }

  /** The items of all responses, and the outputs between them. */
  override get items(): readonly ResponseItem[] {
    return this.#items;
  }

  /** The turn of the latest request, which another turn can continue. */
  get latest(): Turn | undefined {
    return this.#latest;
  }

  protected override async *run(signal: AbortSignal): AsyncGenerator<EventBatch, undefined> {
    const {
      continues,
      inferenceTrace,
      maxResponses = MAX_RESPONSES,
      timeoutMs,
      turn: makeTurn,
      world,
      ...shared
    } = this.#options;
    const traced = inferenceTrace === undefined ? {} : { inferenceTrace };
    using limit = timeoutMs === undefined ? undefined : deadline(timeoutMs, world, signal);
    const ended = limit?.signal ?? signal;
    const begin = world.monotonic();
    this.#latest = continues;
    let items: readonly ResponseItem[] = [];
    let sum: ResultEvent | undefined;
    for (let responses = 1;; responses++) {
      const request = { ...this.#request, input: [...this.#request.input, ...items] };
      const follow = this.#latest === undefined ? {} : { continues: this.#latest };
      const turn = this.#latest = makeTurn(request, { ...shared, ...follow, signal: ended });
      const elapsedMs = world.monotonic() - begin;
      const result = yield* withoutResult(turn);
      sum = sum === undefined ? result : addResult(sum, result, elapsedMs);
      items = [...items, ...turn.items];
      const calls = result.error === null ? this.#callsToRun(turn.items) : [];
      if (calls.length === 0) break;
      if (responses === maxResponses) {
        sum = withLaterError(sum, tooManyResponses(maxResponses));
        break;
      }
      const { toolFunctions } = this.#options;
      const parallel = this.#request.parallelToolCalls ?? true;
      try {
        const run = { calls, functions: toolFunctions, parallel, world, ...traced };
        const outputs = await runTools(run, ended);
        items = [...items, ...outputs.map(({ item }) => item)];
        yield outputs.map((event) => ({ event }));
      } catch (thrown) {
        // Functions do not reject the run; only the end of the turn does.
        sum = withLaterError(sum, interruption(ended.aborted ? ended.reason : thrown));
        break;
      }
    }
    if (sum.status === "completed") this.#items = items;
    yield [{ event: sum }];
  }

  /**
   * Returns the calls of a response, if all can be answered here. A declared tool without a function is the caller's;
   * a name that was never declared is answered by an error, from which a model recovers.
   */
  #callsToRun(items: readonly ResponseItem[]): readonly ToolCall[] {
    const calls = items.map(toolCallOf).filter((call) => call !== undefined);
    const declared = new Set(
      (this.#request.tools ?? []).map((tool) => isObject(tool) ? tool.name : undefined),
    );
    const isOpen = ({ name }: ToolCall) =>
      !Object.hasOwn(this.#options.toolFunctions, name) && declared.has(name);
    return calls.some(isOpen) ? [] : calls;
  }
}

/** Yields the batches of a turn but for its result, which is returned. */
async function* withoutResult(turn: Turn): AsyncGenerator<EventBatch, ResultEvent> {
  for await (const batch of turn.batches()) {
    const last = batch.at(-1)?.event;
    if (last?.type !== "culvert.result") {
      yield batch;
      continue;
    }
    const rest: readonly StreamItem[] = batch.slice(0, -1);
    if (rest.length > 0) yield rest;
    return last;
  }
  throw new Error("The turn ended without a result");
}

/** Returns the latest result, with the times and the token counts of both. */
function addResult(before: ResultEvent, latest: ResultEvent, elapsedMs: number): ResultEvent {
  const since = (ms: number | null) => ms === null ? null : Math.round(elapsedMs + ms);
  const { timings_ms: first } = before;
  const { timings_ms: next } = latest;
  return {
    ...latest,
    usage: addUsage(before.usage, latest.usage),
    timings_ms: {
      headers: first.headers ?? since(next.headers),
      first_event: first.first_event ?? since(next.first_event),
      first_text: first.first_text ?? since(next.first_text),
      total: Math.round(elapsedMs + next.total),
    },
  };
}

function addUsage(one: TokenUsage | null, other: TokenUsage | null): TokenUsage | null {
  if (one === null || other === null) return one ?? other;
  return {
    input_tokens: one.input_tokens + other.input_tokens,
    cached_input_tokens: one.cached_input_tokens + other.cached_input_tokens,
    cache_write_input_tokens: one.cache_write_input_tokens + other.cache_write_input_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    reasoning_output_tokens: one.reasoning_output_tokens + other.reasoning_output_tokens,
    total_tokens: one.total_tokens + other.total_tokens,
  };
}

function tooManyResponses(limit: number): CulvertError {
  return new CulvertError("incomplete", `The model still calls tools after ${limit} responses of one turn`, {
    hint: "Check the output of the tools; a model that receives no usable output repeats its calls.",
    details: { responses: limit },
  });
}
