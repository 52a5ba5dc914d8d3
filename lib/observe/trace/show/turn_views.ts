/**
 * Prepares the turns of a trace for display: numbered attempts in their order, with the reason of each
 * repetition.
 *
 * @module
 */
import type { TokenUsage } from "../../../responses/events/events.ts";
import type {
  CompactionRequest,
  InferenceCall,
  ReducedTrace,
  ToolCall,
  TraceItem,
  TraceThread,
  TraceTurn,
} from "../reduce/model.ts";

/** One request to the model. */
export interface AttemptView {
  readonly call: InferenceCall;
  /** Number of the attempt within the turn, from 1. */
  readonly number: number;
  /**
   * The reason why the request was repeated: `unauthorized`, `retry` or `fallback`; `null` for a request that
   * is not repeated.
   */
  readonly cause: string | null;
  /** Whether the server refused the credential (401). */
  readonly isUnauthorized: boolean;
  /** Items of the request that no earlier attempt of the thread sent or received. */
  readonly added: readonly TraceItem[];
  readonly received: readonly TraceItem[];
}

/** One turn. */
export interface TurnView {
  readonly turn: TraceTurn;
  /** Number within the trace, from 1. */
  readonly number: number;
  readonly thread: TraceThread | undefined;
  readonly attempts: readonly AttemptView[];
  readonly tools: readonly ToolCall[];
  readonly compactions: readonly CompactionRequest[];
  /** Sums over the attempts; `null` if no attempt reported tokens. */
  readonly usage: TokenUsage | null;
}

/** Returns the turns of a trace in the order in which they began. */
export function turnViews(trace: ReducedTrace): readonly TurnView[] {
  const calls = Map.groupBy(Object.values(trace.inference_calls), (call) => call.codex_turn_id);
  const tools = Map.groupBy(Object.values(trace.tool_calls), (tool) => tool.started_by_codex_turn_id);
  const compactions = Map.groupBy(Object.values(trace.compaction_requests), (each) => each.codex_turn_id);
  const seen = new Set<string>();
  return Object.values(trace.codex_turns)
    .toSorted((one, other) => one.execution.started_seq - other.execution.started_seq)
    .map((turn, index): TurnView => {
      const own = calls.get(turn.codex_turn_id) ?? [];
      return {
        turn,
        number: index + 1,
        thread: trace.threads[turn.thread_id],
        attempts: attemptViews(own, trace, seen),
        tools: tools.get(turn.codex_turn_id) ?? [],
        compactions: compactions.get(turn.codex_turn_id) ?? [],
        usage: totalUsage(own),
      };
    });
}

function attemptViews(
  calls: readonly InferenceCall[],
  trace: ReducedTrace,
  seen: Set<string>,
): readonly AttemptView[] {
  const views: AttemptView[] = [];
  const items = (ids: readonly string[]) => ids.flatMap((id) => trace.conversation_items[id] ?? []);
  for (
    const call of calls.toSorted((one, other) => one.execution.started_seq - other.execution.started_seq)
  ) {
    const added = items(call.request_item_ids.filter((id) => !seen.has(id)));
    for (const id of [...call.request_item_ids, ...call.response_item_ids]) seen.add(id);
    views.push({
      call,
      number: views.length + 1,
      cause: causeOf(call, views.at(-1)),
      isUnauthorized: isUnauthorized(call),
      added,
      received: items(call.response_item_ids),
    });
  }
  return views;
}

/** Returns the reason of an attempt: after a failed one it sends the same request again. */
function causeOf(call: InferenceCall, before: AttemptView | undefined): string | null {
  if (typeof call.facts?.cause === "string") return call.facts.cause;
  if (before?.call.execution.status !== "failed") return null;
  return before.isUnauthorized ? "unauthorized" : "retry";
}

function isUnauthorized({ facts, error }: InferenceCall): boolean {
  return facts?.http_status === 401 || (error !== null && /\b401\b/.test(error.slice(0, 80)));
}

function totalUsage(calls: readonly InferenceCall[]): TokenUsage | null {
  const used = calls.flatMap(({ usage }) => usage ?? []);
  if (used.length === 0) return null;
  const sum = (name: keyof TokenUsage) => used.reduce((total, usage) => total + usage[name], 0);
  return {
    input_tokens: sum("input_tokens"),
    cached_input_tokens: sum("cached_input_tokens"),
    cache_write_input_tokens: sum("cache_write_input_tokens"),
    output_tokens: sum("output_tokens"),
    reasoning_output_tokens: sum("reasoning_output_tokens"),
    total_tokens: sum("total_tokens"),
  };
}
