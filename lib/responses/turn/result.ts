/**
 * The last event of a turn.
 *
 * @module
 */
import { CulvertError, type ErrorCode, EXIT } from "../../errors.ts";
import type { ResultError, ResultEvent } from "../events/events.ts";
import type { TurnFacts } from "./turn_facts.ts";
import type { TurnProgress } from "./turn_progress.ts";

/** What a result is made of. */
export interface ResultParts {
  /** Absent: the turn completed. */
  readonly error: CulvertError | undefined;
  readonly modelRequested: string;
  readonly facts: TurnFacts;
  readonly progress: TurnProgress;
}

const STATUS: Partial<Record<ErrorCode, ResultEvent["status"]>> = {
  incomplete: "incomplete",
  interrupted: "interrupted",
  terminated: "interrupted",
  reader_gone: "interrupted",
};

/** Makes the result: status and exit status follow from the error alone. */
export function turnResult(parts: ResultParts): ResultEvent {
  const { error, facts, progress: { elapsedMs, requestId, timings, transport } } = parts;
  return {
    type: "culvert.result",
    status: error === undefined ? "completed" : STATUS[error.code] ?? "failed",
    exit_code: error?.exitStatus ?? EXIT.done,
    response_id: facts.responseId ?? null,
    request_id: requestId,
    model_requested: parts.modelRequested,
    model_served: facts.modelServed,
    transport,
    usage: facts.usage,
    rate_limits: facts.limits.snapshots(),
    timings_ms: {
      headers: rounded(timings.headers),
      first_event: rounded(timings.firstEvent),
      first_text: rounded(timings.firstText),
      total: Math.round(elapsedMs),
    },
    error: error === undefined ? null : resultError(error),
  };
}

/**
 * The result where no turn was ever begun: a bad flag, a bundle that cannot be used, no credential to look
 * for.
 */
export function resultWithoutTurn(error: CulvertError, modelRequested: string | null): ResultEvent {
  return {
    type: "culvert.result",
    status: STATUS[error.code] ?? "failed",
    exit_code: error.exitStatus,
    response_id: null,
    request_id: null,
    model_requested: modelRequested,
    model_served: null,
    transport: null,
    usage: null,
    rate_limits: [],
    timings_ms: { headers: null, first_event: null, first_text: null, total: 0 },
    error: resultError(error),
  };
}

/** Returns a result that ends with an error which its turn could not know; an error that it has comes first. */
export function withLaterError(result: ResultEvent, error: CulvertError | undefined): ResultEvent {
  if (error === undefined || result.error !== null) return result;
  return {
    ...result,
    status: STATUS[error.code] ?? "failed",
    exit_code: error.exitStatus,
    error: resultError(error),
  };
}

function resultError(error: CulvertError): ResultError {
  return { code: error.code, message: error.message, hint: error.hint ?? null, details: error.details };
}

function rounded(ms: number | null): number | null {
  return ms === null ? null : Math.round(ms);
}

/**
 * Translates the reason of an aborted signal: a `CulvertError` (SIGTERM, a reader that left) is returned as it is, a
 * `TimeoutError` becomes `timeout`, anything else `interrupted`.
 */
export function interruption(reason: unknown): CulvertError {
  if (reason instanceof CulvertError) return reason;
  if (reason instanceof DOMException && reason.name === "TimeoutError") {
    return new CulvertError("timeout", "The time limit of the turn is exceeded", {
      hint: "Allow more time, or ask for a shorter answer.",
      cause: reason,
    });
  }
  return new CulvertError("interrupted", "The turn was stopped", { cause: reason });
}
