/**
 * Describes observations as spans. A turn is `session_task.turn`; it contains one span of the GenAI
 * conventions, such as `chat gpt-5`, which is the only one with token counts and contains one span per
 * attempt.
 *
 * @module
 */
import type { RequestObservation, ResponseObservation } from "../../net/observer.ts";
import type { TurnObservation } from "../../net/turn_observation.ts";
import type { Attributes, SpanEvent, SpanIds, SpanRecord } from "./records.ts";
import { defined } from "../../text/json.ts";

/** Returns `gen_ai.provider.name` for a provider of the configuration. */
export function providerName(id: string): string {
  if (id === "openai" || id === "demo" || id === "custom") return "openai";
  if (/azure/i.test(id)) return "azure.ai.openai";
  return /bedrock/i.test(id) ? "aws.bedrock" : id;
}

/**
 * Describes one attempt.
 *
 * @param response the response to it; absent if no response was opened
 * @param endMs end of the attempt, ms since 1970
 */
export function attemptSpan(
  request: RequestObservation,
  response: ResponseObservation | undefined,
  events: readonly SpanEvent[],
  endMs: number,
): SpanRecord | undefined {
  const { endpoint, error = response?.error, model, parentSpanId, spanId, startedAt, traceId } = request;
  if (spanId === undefined || traceId === undefined) return undefined;
  const isModelCall = endpoint === "/responses";
  const isWebSocket = request.transport === "websocket";
  const failure = error ?? (response?.outcome === "cancelled" ? "cancelled" : undefined);
  return {
    name: !isModelCall
      ? `api_request ${endpoint}`
      : !isWebSocket
      ? "model_client.stream_responses_api"
      : request.connectionReused === undefined
      ? "responses_websocket.connect"
      : "model_client.stream_responses_websocket",
    kind: "client",
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId, isParentRemote: !isModelCall }),
    startMs: startedAt ?? endMs,
    endMs,
    links: [],
    events,
    ...(failure === undefined ? {} : { error: failure }),
    attributes: defined({
      "gen_ai.conversation.id": request.sessionId,
      "thread.id": request.sessionId,
      "turn.id": request.turnId,
      model,
      wire_api: "responses",
      transport: isWebSocket ? "responses_websocket" : "responses_http",
      "http.method": isWebSocket ? "GET" : isModelCall ? "POST" : undefined,
      "api.path": endpoint,
      attempt: String(request.attempt),
      success: String(failure === undefined),
      "http.response.status_code": request.status === undefined ? undefined : String(request.status),
      "error.type": failure,
      "auth.connection_reused": request.connectionReused === undefined
        ? undefined
        : String(request.connectionReused),
    }),
  };
}

/**
 * Describes a turn that has ended: its span, and that of the model call.
 *
 * @param previous the span of the session's turn before it, which is linked
 */
export function turnSpans(
  seen: TurnObservation,
  events: readonly SpanEvent[],
  previous: SpanIds | undefined,
): readonly SpanRecord[] {
  const { durationMs, error, model, spans, startedAt } = seen;
  if (spans === undefined) return [];
  const { callSpanId, parentSpanId, spanId, traceId } = spans;
  const times = { startMs: startedAt, endMs: startedAt + durationMs };
  const failure = error === undefined ? {} : { error };
  return [
    {
      name: "session_task.turn",
      kind: "internal",
      traceId,
      spanId,
      ...(parentSpanId === undefined ? {} : { parentSpanId, isParentRemote: true }),
      ...times,
      ...failure,
      events,
      links: previous === undefined ? [] : [previous],
      attributes: turnAttributes(seen),
    },
    {
      name: `chat ${model}`,
      kind: "client",
      traceId,
      spanId: callSpanId,
      parentSpanId: spanId,
      ...times,
      ...failure,
      events: [],
      links: [],
      attributes: callAttributes(seen),
    },
  ];
}

function turnAttributes(
  { error, model, reasoningEffort, sessionId, turnId, usage }: TurnObservation,
): Attributes {
  const counts = usage === undefined ? {} : {
    input: usage.inputTokens,
    cached_input: usage.cachedInputTokens,
    cache_write_input: usage.cacheWriteInputTokens,
    non_cached_input: usage.inputTokens - usage.cachedInputTokens,
    output: usage.outputTokens,
    reasoning_output: usage.reasoningOutputTokens,
    total: usage.totalTokens,
  };
  return defined({
    "thread.id": sessionId,
    "gen_ai.conversation.id": sessionId,
    "turn.id": turnId,
    model,
    "codex.turn.reasoning_effort": reasoningEffort,
    "error.type": error,
    ...Object.fromEntries(
      Object.entries(counts).map(([kind, count]) => [`codex.turn.token_usage.${kind}_tokens`, String(count)]),
    ),
  });
}

/** Returns the attributes of the GenAI conventions, with the types that these define: counts are numbers. */
function callAttributes(seen: TurnObservation): Attributes {
  const { usage } = seen;
  return defined({
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": providerName(seen.provider),
    "gen_ai.conversation.id": seen.sessionId,
    "gen_ai.output.type": "text",
    "gen_ai.request.model": seen.model,
    "gen_ai.request.stream": true,
    "gen_ai.request.reasoning.level": seen.reasoningEffort,
    "gen_ai.request.previous_response.id": seen.previousResponseId,
    "gen_ai.response.id": seen.responseId,
    "gen_ai.response.model": seen.modelServed,
    "gen_ai.response.finish_reasons": FINISH_REASONS[seen.outcome],
    "gen_ai.response.time_to_first_chunk": seen.timeToFirstEventMs === undefined
      ? undefined
      : seen.timeToFirstEventMs / 1_000,
    "gen_ai.usage.input_tokens": usage?.inputTokens,
    "gen_ai.usage.output_tokens": usage?.outputTokens,
    "gen_ai.usage.cache_read.input_tokens": usage?.cachedInputTokens,
    "gen_ai.usage.cache_write.input_tokens": usage?.cacheWriteInputTokens,
    "gen_ai.usage.reasoning.output_tokens": usage?.reasoningOutputTokens,
    "codex.usage.reasoning_output_tokens": usage === undefined
      ? undefined
      : String(usage.reasoningOutputTokens),
    "codex.usage.total_tokens": usage === undefined ? undefined : String(usage.totalTokens),
    "codex.request.reasoning_effort": seen.reasoningEffort,
    "openai.api.type": "responses",
    "openai.request.service_tier": seen.serviceTier === "auto" ? undefined : seen.serviceTier,
    "error.type": seen.error,
  });
}

const FINISH_REASONS: Readonly<Record<TurnObservation["outcome"], readonly string[] | undefined>> = {
  completed: ["stop"],
  incomplete: ["length"],
  failed: ["error"],
  interrupted: undefined,
};
