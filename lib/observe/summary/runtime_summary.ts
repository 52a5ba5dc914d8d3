/**
 * Counts requests, events, tokens and times. It depends on no exporter and keeps a fixed number of figures.
 *
 * @module
 */
import type { Observation, RequestObservation, ResponseObservation } from "../../net/observer.ts";
import type { ObservedServerTimings, ObservedUsage, TurnObservation } from "../../net/turn_observation.ts";
import {
  type CountAndTime,
  noFigures,
  rateLimitFigures,
  type RuntimeFigures,
  type ServerFigures,
  type TokenFigures,
} from "./figures.ts";

/**
 * A runtime summary: pass {@link RuntimeSummary.observe} to a client as `onObservation`, and read the figures
 * at any time.
 */
export class RuntimeSummary {
  #figures = noFigures();

  /** Receives one observation. */
  readonly observe = (observation: Observation): void => {
    const figures = this.#figures;
    switch (observation.kind) {
      case "request":
        return addRequest(figures, observation);
      case "response":
        return addResponse(figures, observation);
      case "turn":
        return addTurn(figures, observation);
      case "retry":
        figures.retries++;
        return;
      case "recovery":
        figures.recoveries++;
        return;
      case "fallback":
        figures.fallbacks++;
        return;
      default:
        return;
    }
  };

  /** Returns a copy of the figures; times are rounded to ms. */
  figures(): RuntimeFigures {
    const figures = structuredClone(this.#figures);
    const { connects, requests, events } = figures.websocket;
    for (const each of [figures.requests, figures.events, connects, requests, events]) {
      each.duration_ms = Math.round(each.duration_ms);
    }
    figures.processing_ms = Math.round(figures.processing_ms);
    return figures;
  }

  /** Starts from zero, for example for the next turn. */
  reset(): void {
    this.#figures = noFigures();
  }
}

function add(figure: CountAndTime, durationMs: number, count = 1): void {
  figure.count += count;
  figure.duration_ms += durationMs;
}

function addRequest(figures: RuntimeFigures, seen: RequestObservation): void {
  const { connectionReused, durationMs, error, transport } = seen;
  if (transport === "http") {
    add(figures.requests, durationMs);
    if (error !== undefined) figures.requests.failed++;
    return;
  }
  const { connects, requests } = figures.websocket;
  if (connectionReused !== true) add(connects, durationMs);
  if (connectionReused !== undefined) add(requests, connectionReused ? durationMs : 0);
}

function addResponse(figures: RuntimeFigures, seen: ResponseObservation): void {
  const isWebSocket = seen.transport === "websocket";
  add(isWebSocket ? figures.websocket.events : figures.events, seen.waitMs, seen.events);
  figures.processing_ms += Math.max(0, seen.durationMs - seen.waitMs);
  if (isWebSocket) figures.connections[seen.connectionReused === true ? "reused" : "opened"]++;
  if (seen.serverTimings !== undefined) figures.server = serverFigures(seen.serverTimings, figures.server);
}

function addTurn(figures: RuntimeFigures, seen: TurnObservation): void {
  figures.turns++;
  figures.time_to_first_event_ms = rounded(seen.timeToFirstEventMs);
  figures.time_to_first_output_ms = rounded(seen.timeToFirstOutputMs);
  figures.rate_limits = seen.rateLimits.map(rateLimitFigures);
  if (seen.usage !== undefined) figures.tokens = sum(figures.tokens, seen.usage);
}

function sum(before: TokenFigures | null, usage: ObservedUsage): TokenFigures {
  return {
    input: (before?.input ?? 0) + usage.inputTokens,
    cached_input: (before?.cached_input ?? 0) + usage.cachedInputTokens,
    cache_write_input: (before?.cache_write_input ?? 0) + usage.cacheWriteInputTokens,
    output: (before?.output ?? 0) + usage.outputTokens,
    reasoning_output: (before?.reasoning_output ?? 0) + usage.reasoningOutputTokens,
    total: (before?.total ?? 0) + usage.totalTokens,
  };
}

/** Merges the server's timings: a later value replaces an earlier one, unless it is zero or missing. */
function serverFigures(seen: ObservedServerTimings, before: ServerFigures | null): ServerFigures {
  const latest = (value: number | undefined, known: number | null | undefined) => value || (known ?? null);
  return {
    overhead_ms: latest(seen.overheadMs, before?.overhead_ms),
    inference_ms: latest(seen.inferenceMs, before?.inference_ms),
    api_first_token_ms: latest(seen.apiFirstTokenMs, before?.api_first_token_ms),
    engine_first_token_ms: latest(seen.engineFirstTokenMs, before?.engine_first_token_ms),
    api_token_gap_ms: latest(seen.apiTokenGapMs, before?.api_token_gap_ms),
    engine_token_gap_ms: latest(seen.engineTokenGapMs, before?.engine_token_gap_ms),
  };
}

function rounded(ms: number | undefined): number | null {
  return ms === undefined ? null : Math.round(ms);
}
