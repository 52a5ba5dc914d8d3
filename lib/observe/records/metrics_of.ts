/**
 * Measures observations.
 *
 * @module
 */
import type { EventsObservation, RequestObservation, ResponseObservation } from "../../net/observer.ts";
import type { ObservedServerTimings, TurnObservation } from "../../net/turn_observation.ts";
import { type CountedDuration, METRICS } from "./instruments.ts";
import type { Instrument, Measurement } from "./metric_aggregator.ts";
import { providerName } from "./spans_of.ts";

type Tags = Readonly<Record<string, string>>;

/** Measures one request. */
export function requestMetrics(seen: RequestObservation, tags: Tags): readonly Measurement[] {
  const { connectionReused, durationMs, error, status, transport } = seen;
  const success = String(error === undefined);
  if (transport === "http") {
    return both(METRICS.apiRequest, durationMs, { ...tags, status: String(status ?? "none"), success });
  }
  const measured: Measurement[] = [];
  if (connectionReused !== true) {
    measured.push(...both(METRICS.websocketConnect, durationMs, { ...tags, success }));
  }
  if (connectionReused === undefined) return measured;
  const requests = both(METRICS.websocketRequest, durationMs, { ...tags, success });
  // If the request opened its connection, its own time is not known.
  return [...measured, ...connectionReused ? requests : requests.slice(0, 1)];
}

/** Tags of events by their kind, for each set of tags of a session. */
const EVENT_TAGS = new WeakMap<Tags, Map<string, Tags>>();

/** Returns the same object for the same kind, because the aggregator finds it by its identity. */
function eventTags(tags: Tags, kind: string): Tags {
  let kinds = EVENT_TAGS.get(tags);
  if (kinds === undefined) EVENT_TAGS.set(tags, kinds = new Map());
  let own = kinds.get(kind);
  if (own === undefined) {
    own = { ...tags, kind, success: kind === "response.failed" ? "false" : "true" };
    // A server may send any number of kinds.
    if (kinds.size < MAX_KINDS) kinds.set(kind, own);
  }
  return own;
}

/** Kinds whose tags are kept; the API has fewer. */
const MAX_KINDS = 256;

/** Measures events that arrived together: the wait belongs to the first of them. */
export function eventMetrics(
  { error, request, runs, waitMs }: EventsObservation,
  tags: Tags,
  measure: (measurement: Measurement) => void,
): void {
  const { count, duration } = request.transport === "websocket" ? METRICS.websocketEvent : METRICS.sseEvent;
  let wait = waitMs;
  for (const run of runs) {
    const own = eventTags(tags, run.kind);
    measure({ instrument: count, value: 1, times: run.count, tags: own });
    measure({ instrument: duration, value: wait, tags: own });
    if (run.count > 1) measure({ instrument: duration, value: 0, times: run.count - 1, tags: own });
    wait = 0;
  }
  if (error === undefined || runs.some(({ kind }) => kind === "response.failed")) return;
  const own = { ...tags, kind: "unknown", success: "false" };
  measure({ instrument: count, value: 1, tags: own });
  measure({ instrument: duration, value: waitMs, tags: own });
}

/** Measures the server's own timings of a response. */
export function responseMetrics({ serverTimings }: ResponseObservation, tags: Tags): readonly Measurement[] {
  if (serverTimings === undefined) return [];
  return Object.entries(SERVER_TIMINGS).flatMap(([name, instrument]) => {
    const value = Object.entries(serverTimings).find(([key]) => key === name)?.[1];
    return typeof value === "number" ? [{ instrument, value, tags }] : [];
  });
}

const SERVER_TIMINGS: Readonly<Record<keyof ObservedServerTimings, Instrument>> = {
  overheadMs: METRICS.overhead,
  inferenceMs: METRICS.inference,
  apiFirstTokenMs: METRICS.apiTtft,
  engineFirstTokenMs: METRICS.engineTtft,
  apiTokenGapMs: METRICS.apiTbt,
  engineTokenGapMs: METRICS.engineTbt,
};

/** Measures a turn that has ended. */
export function turnMetrics(seen: TurnObservation, isFirst: boolean, tags: Tags): readonly Measurement[] {
  const { durationMs, timeToFirstOutputMs, timeToFirstTextMs } = seen;
  const measured: Measurement[] = [
    { instrument: METRICS.turnCount, value: 1, tags },
    { instrument: METRICS.turnDuration, value: durationMs, tags },
  ];
  if (isFirst) measured.push({ instrument: METRICS.threadStarted, value: 1, tags });
  if (timeToFirstOutputMs !== undefined) {
    measured.push({ instrument: METRICS.turnTtft, value: timeToFirstOutputMs, tags });
  }
  if (timeToFirstTextMs !== undefined) {
    measured.push({ instrument: METRICS.turnTtfm, value: timeToFirstTextMs, tags });
  }
  return [...measured, ...tokenMetrics(seen, tags), ...genAiMetrics(seen)];
}

function tokenMetrics({ usage }: TurnObservation, tags: Tags): readonly Measurement[] {
  if (usage === undefined) return [];
  const counts = {
    total: usage.totalTokens,
    input: usage.inputTokens,
    cached_input: usage.cachedInputTokens,
    cache_write_input: usage.cacheWriteInputTokens,
    output: usage.outputTokens,
    reasoning_output: usage.reasoningOutputTokens,
  };
  return Object.entries(counts).map(([token_type, value]) => ({
    instrument: METRICS.tokenUsage,
    value,
    tags: { ...tags, token_type },
  }));
}

/** Returns the metrics of the GenAI conventions, which have separate tags. */
function genAiMetrics(seen: TurnObservation): readonly Measurement[] {
  const { error, model, modelServed, usage } = seen;
  const tags: Tags = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": providerName(seen.provider),
    "gen_ai.request.model": model,
    ...(modelServed === undefined ? {} : { "gen_ai.response.model": modelServed }),
    ...(error === undefined ? {} : { "error.type": error }),
  };
  const measured: Measurement[] = [
    { instrument: METRICS.genAiDuration, value: seen.durationMs / 1_000, tags },
  ];
  if (seen.timeToFirstEventMs !== undefined) {
    measured.push({ instrument: METRICS.genAiFirstChunk, value: seen.timeToFirstEventMs / 1_000, tags });
  }
  // A failed call counts with no tokens; whether the output of a completed one is text is not known.
  const counts: readonly (readonly [Instrument, number])[] = [
    [METRICS.genAiInput, usage?.inputTokens ?? 0],
    [METRICS.genAiOutput, usage?.outputTokens ?? 0],
    [METRICS.genAiCacheRead, usage?.cachedInputTokens ?? 0],
    [METRICS.genAiCacheWrite, usage?.cacheWriteInputTokens ?? 0],
    [METRICS.genAiReasoning, usage?.reasoningOutputTokens ?? 0],
  ];
  if (usage !== undefined || error !== undefined) {
    const own = { ...tags, "gen_ai.token.modality": "unknown" };
    for (const [instrument, value] of counts) measured.push({ instrument, value, tags: own });
  }
  if (usage !== undefined) {
    measured.push(
      { instrument: METRICS.genAiOperationInput, value: usage.inputTokens, tags },
      { instrument: METRICS.genAiOperationOutput, value: usage.outputTokens, tags },
    );
  }
  return measured;
}

function both({ count, duration }: CountedDuration, value: number, tags: Tags): readonly Measurement[] {
  return [{ instrument: count, value: 1, tags }, { instrument: duration, value, tags }];
}
