/**
 * Converts an inference trace to spans and log records: a span for each turn, each attempt and each call of a
 * tool, and a log record for each item of a conversation.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { defined } from "../../../text/json.ts";
import type { RecordedSignals } from "../../otlp/send_all.ts";
import type { LogRecord, SpanIds, SpanRecord } from "../../records/records.ts";
import { providerName } from "../../records/spans_of.ts";
import type {
  Execution,
  InferenceCall,
  ReducedTrace,
  ToolCall,
  TraceItem,
  TraceTurn,
} from "../reduce/model.ts";

/**
 * Returns the records of a trace. Their ids depend only on the trace, so that a second export creates the
 * same spans.
 *
 * @param trace without data that must not leave the machine
 */
export function recordsOfTrace(trace: ReducedTrace): RecordedSignals {
  const ids = new TraceSpanIds(trace);
  const endMs = trace.ended_at_unix_ms ?? lastMs(trace);
  return {
    spans: [
      ...Object.values(trace.codex_turns).map((turn) => turnSpan(turn, trace, ids, endMs)),
      ...Object.values(trace.inference_calls).map((call) => callSpan(call, ids, endMs)),
      ...Object.values(trace.tool_calls).map((tool) => toolSpan(tool, ids, endMs)),
    ],
    logs: Object.values(trace.conversation_items).map((item) => itemLog(item, ids)),
  };
}

/** The ids of the spans of a trace. */
class TraceSpanIds {
  readonly #seed: string;
  readonly #traceId: string;

  constructor({ trace_id }: ReducedTrace) {
    this.#seed = trace_id;
    this.#traceId = hash(trace_id).slice(0, 32);
  }

  of(kind: "turn" | "call" | "tool", id: string): SpanIds {
    return { traceId: this.#traceId, spanId: hash(`${this.#seed}/${kind}/${id}`).slice(0, 16) };
  }
}

function turnSpan(
  { codex_turn_id, errors, execution, thread_id, time_to_first_token_ms }: TraceTurn,
  { threads }: ReducedTrace,
  ids: TraceSpanIds,
  endMs: number,
): SpanRecord {
  return {
    ...ids.of("turn", codex_turn_id),
    ...timesOf(execution, endMs),
    name: "session_task.turn",
    kind: "internal",
    attributes: defined({
      "gen_ai.conversation.id": thread_id,
      "turn.id": codex_turn_id,
      "culvert.outcome": execution.status,
      "culvert.agent": threads[thread_id]?.agent_path ?? undefined,
      "culvert.time_to_first_token_ms": time_to_first_token_ms ?? undefined,
      "culvert.error": errors.at(-1),
    }),
  };
}

function callSpan(call: InferenceCall, ids: TraceSpanIds, endMs: number): SpanRecord {
  const { error, execution, facts, model, usage } = call;
  const firstMs = facts?.first_event_ms ?? undefined;
  return {
    ...ids.of("call", call.inference_call_id),
    parentSpanId: ids.of("turn", call.codex_turn_id).spanId,
    ...timesOf(execution, endMs),
    name: `chat ${model}`,
    kind: "client",
    attributes: defined({
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": providerName(call.provider_name.toLowerCase()),
      "gen_ai.conversation.id": call.thread_id,
      "gen_ai.request.model": model,
      "gen_ai.response.id": call.response_id ?? undefined,
      "gen_ai.response.time_to_first_chunk": firstMs === undefined ? undefined : firstMs / 1_000,
      "gen_ai.usage.input_tokens": usage?.input_tokens,
      "gen_ai.usage.output_tokens": usage?.output_tokens,
      "gen_ai.usage.cache_read.input_tokens": usage?.cached_input_tokens,
      "gen_ai.usage.reasoning.output_tokens": usage?.reasoning_output_tokens,
      "openai.api.type": "responses",
      "culvert.inference_call_id": call.inference_call_id,
      "culvert.request_id": call.upstream_request_id ?? undefined,
      "culvert.outcome": execution.status,
      "culvert.cause": facts?.cause ?? undefined,
      "culvert.error": error ?? undefined,
      "http.response.status_code": facts?.http_status ?? undefined,
      transport: facts?.transport ?? undefined,
      "culvert.connection_reused": facts?.connection_reused ?? undefined,
    }),
    events: (facts?.gaps ?? []).map(({ after_ms, ms }) => ({
      name: "culvert.gap",
      atMs: execution.started_at_unix_ms + after_ms,
      attributes: { duration_ms: ms },
    })),
  };
}

function toolSpan(tool: ToolCall, ids: TraceSpanIds, endMs: number): SpanRecord {
  const turn = tool.started_by_codex_turn_id;
  return {
    ...ids.of("tool", tool.tool_call_id),
    ...(turn === null ? {} : { parentSpanId: ids.of("turn", turn).spanId }),
    ...timesOf(tool.execution, endMs),
    name: `execute_tool ${tool.name}`,
    kind: "internal",
    attributes: defined({
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": tool.name,
      "gen_ai.tool.call.id": tool.model_visible_call_id ?? undefined,
      "culvert.outcome": tool.execution.status,
      "culvert.exit_code": tool.exit_code ?? undefined,
    }),
  };
}

function itemLog(item: TraceItem, ids: TraceSpanIds): LogRecord {
  return {
    name: "culvert.trace.item",
    atMs: item.accepted_at_unix_ms ?? item.first_seen_at_unix_ms,
    span: ids.of("turn", item.codex_turn_id),
    attributes: defined({
      "gen_ai.conversation.id": item.thread_id,
      "turn.id": item.codex_turn_id,
      "culvert.item_id": item.item_id,
      "culvert.item_kind": item.kind,
      "culvert.role": item.role ?? undefined,
      "culvert.call_id": item.call_id ?? undefined,
      "culvert.chars": item.chars,
    }),
    ...(item.text === "" ? {} : { body: item.text }),
  };
}

/**
 * Returns times, outcome and the lists that every span has. An operation without an end lasts until the end
 * of the trace.
 */
function timesOf(
  { ended_at_unix_ms, started_at_unix_ms, status }: Execution,
  endMs: number,
): Pick<SpanRecord, "startMs" | "endMs" | "events" | "links" | "error"> {
  return {
    startMs: started_at_unix_ms,
    endMs: Math.max(started_at_unix_ms, ended_at_unix_ms ?? endMs),
    events: [],
    links: [],
    ...(status === "completed" ? {} : { error: status }),
  };
}

/** Returns the latest time in the trace, ms since 1970. */
function lastMs({ codex_turns, inference_calls, started_at_unix_ms }: ReducedTrace): number {
  let last = started_at_unix_ms;
  for (const { execution } of [...Object.values(codex_turns), ...Object.values(inference_calls)]) {
    last = Math.max(last, execution.started_at_unix_ms, execution.ended_at_unix_ms ?? 0);
  }
  return last;
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
