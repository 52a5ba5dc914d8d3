/**
 * The headers of an answer of the real API.
 *
 * @module
 */
import { identifier } from "../identifier.ts";
import type { Scenario } from "./scenario.ts";

/** ETag of the simulated model list, quotes included. */
export const MODELS_ETAG = '"mock-models-1"';

/** Returns the headers of a streamed answer: model, request id, rate limits, turn state. */
export function answerHeaders(scenario: Scenario, model: string, now: number): Headers {
  const headers = new Headers({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    "x-request-id": identifier("req"),
    "openai-processing-ms": "137",
    "x-models-etag": MODELS_ETAG,
    "x-reasoning-included": "true",
    "x-codex-turn-state": identifier("ts"),
    "x-codex-primary-used-percent": "12.5",
    "x-codex-primary-window-minutes": "300",
    "x-codex-primary-reset-at": String(Math.floor(now / 1000) + 3600),
    "x-codex-secondary-used-percent": "3",
    "x-codex-secondary-window-minutes": "10080",
    "x-codex-secondary-reset-at": String(Math.floor(now / 1000) + 86_400),
    "x-codex-credits-has-credits": "true",
    "x-codex-credits-unlimited": "false",
    "x-codex-credits-balance": "17.00",
  });
  if (scenario.servedModel !== null) headers.set("openai-model", scenario.servedModel ?? model);
  if (scenario.compression !== undefined) headers.set("content-encoding", scenario.compression);
  for (const [name, value] of Object.entries(scenario.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, value);
  }
  return headers;
}
