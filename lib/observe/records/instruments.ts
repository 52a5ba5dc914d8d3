/**
 * The metrics: names, units and bounds of the codex client (0.171.0), and those of the GenAI conventions of
 * OpenTelemetry.
 *
 * @module
 */
import type { Instrument } from "./metric_aggregator.ts";

/** Bounds of durations, ms. */
const MS_BOUNDS: readonly number[] = [
  ...[0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 1250, 1500, 1750, 2000, 2250, 2500, 3000, 3500],
  ...[4000, 4500, 5000, 6000, 7000, 7500, 8000, 9000, 10000, 12000, 15000, 20000, 30000, 60000, 120000],
];
/** Bounds of the GenAI durations, s: 0.01 doubled to 81.92. */
const GEN_AI_SECONDS = Array.from({ length: 14 }, (_, index) => 0.01 * 2 ** index);
/** Bounds of token counts: powers of 4 from 1 to 67,108,864. */
const TOKEN_BOUNDS = Array.from({ length: 14 }, (_, index) => 4 ** index);

const counter = (name: string, unit?: string): Instrument => ({
  name,
  ...(unit === undefined ? {} : { unit }),
});
const milliseconds = (name: string): Instrument => ({
  name,
  unit: "ms",
  description: "Duration in milliseconds.",
  bounds: MS_BOUNDS,
});
const tokens = (name: string): Instrument => ({ name, unit: "{token}", bounds: TOKEN_BOUNDS });
const seconds = (name: string): Instrument => ({ name, unit: "s", bounds: GEN_AI_SECONDS });

/** A counter and the durations that belong to it. */
export interface CountedDuration {
  readonly count: Instrument;
  readonly duration: Instrument;
}

const counted = (name: string): CountedDuration => ({
  count: counter(name),
  duration: milliseconds(`${name}.duration_ms`),
});

/** Every metric that is measured. */
export const METRICS = {
  processStart: counter("codex.process.start"),
  threadStarted: counter("codex.thread.started"),
  apiRequest: counted("codex.api_request"),
  sseEvent: counted("codex.sse_event"),
  websocketConnect: counted("codex.websocket.connect"),
  websocketRequest: counted("codex.websocket.request"),
  websocketEvent: counted("codex.websocket.event"),
  fallback: counter("codex.transport.fallback_to_http"),
  turnCount: counter("codex.conversation.turn.count"),
  turnDuration: milliseconds("codex.turn.e2e_duration_ms"),
  turnTtft: milliseconds("codex.turn.ttft.duration_ms"),
  turnTtfm: milliseconds("codex.turn.ttfm.duration_ms"),
  tokenUsage: { name: "codex.turn.token_usage", bounds: TOKEN_BOUNDS },
  overhead: milliseconds("codex.responses_api_overhead.duration_ms"),
  inference: milliseconds("codex.responses_api_inference_time.duration_ms"),
  apiTtft: milliseconds("codex.responses_api_engine_iapi_ttft.duration_ms"),
  engineTtft: milliseconds("codex.responses_api_engine_service_ttft.duration_ms"),
  apiTbt: milliseconds("codex.responses_api_engine_iapi_tbt.duration_ms"),
  engineTbt: milliseconds("codex.responses_api_engine_service_tbt.duration_ms"),
  genAiInput: counter("gen_ai.client.inference.usage.input_tokens", "{token}"),
  genAiOutput: counter("gen_ai.client.inference.usage.output_tokens", "{token}"),
  genAiCacheRead: counter("gen_ai.client.inference.usage.cache_read.input_tokens", "{token}"),
  genAiCacheWrite: counter("gen_ai.client.inference.usage.cache_write.input_tokens", "{token}"),
  genAiReasoning: counter("gen_ai.client.inference.usage.reasoning.output_tokens", "{token}"),
  genAiOperationInput: tokens("gen_ai.client.inference.operation.input_tokens"),
  genAiOperationOutput: tokens("gen_ai.client.inference.operation.output_tokens"),
  genAiDuration: seconds("gen_ai.client.inference.duration"),
  genAiFirstChunk: seconds("gen_ai.client.inference.time_to_first_chunk"),
} as const satisfies Readonly<Record<string, Instrument | CountedDuration>>;
