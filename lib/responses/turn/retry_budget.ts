/**
 * The retries that a turn or an API call may make.
 *
 * @module
 */
import { backoffMs } from "../../net/dialer/retry.ts";
import type { RetryEvent } from "../events/events.ts";
import type { Failure } from "../failures/failure.ts";

/** Longest wait that a server may ask for by default, ms. A longer one ends the turn with that wait in the hint. */
export const LONGEST_WAIT_MS = 60_000;

/** Limits, as the provider sets them. */
export interface RetryLimits {
  /** For requests to which no response was opened. */
  readonly requestMaxRetries: number;
  /** For responses that broke. */
  readonly streamMaxRetries: number;
  /** Longest wait that a server may ask for, ms. Default: {@link LONGEST_WAIT_MS}. */
  readonly maxRetryAfterMs?: number;
}

/** A retry that is granted. */
export interface Retry {
  readonly level: RetryEvent["level"];
  /** 1-based. */
  readonly attempt: number;
  readonly max: number;
  readonly delayMs: number;
}

/**
 * One budget for a whole turn, whichever transports it uses. A turn makes at most one attempt, `requestMaxRetries` and
 * `streamMaxRetries` more: 10 by default. Not counted, and bounded by themselves: four sends after a 401, one after a
 * change of transport, one in place of a kept connection that had died. Unless the server asks for a wait, the pauses
 * add up to at most 3.3 s for requests and 6.8 s for streams. (The codex client, 0.171.0, grants a new request budget
 * to each stream retry: 30 attempts, and more with a websocket.)
 */
export class RetryBudget {
  readonly #limits: RetryLimits;
  readonly #random: () => number;
  readonly #longestWaitMs: number;
  #requests = 0;
  #streams = 0;

  /**
   * @param random uniform in [0, 1), for the jitter
   * @param longestWaitMs longest wait that a server may ask for, ms; in place of that of the limits
   */
  constructor(
    limits: RetryLimits,
    random: () => number,
    longestWaitMs = limits.maxRetryAfterMs ?? LONGEST_WAIT_MS,
  ) {
    this.#limits = limits;
    this.#random = random;
    this.#longestWaitMs = longestWaitMs;
  }

  /** Grants a retry after `failure`; `undefined` if it is not retryable or the budget is spent. */
  grant(level: RetryEvent["level"], failure: Failure): Retry | undefined {
    if (!failure.retryable || (failure.delayMs ?? 0) > this.#longestWaitMs) return undefined;
    const isRequest = level === "request";
    const max = isRequest ? this.#limits.requestMaxRetries : this.#limits.streamMaxRetries;
    const attempt = (isRequest ? this.#requests : this.#streams) + 1;
    if (attempt > max) return undefined;
    if (isRequest) this.#requests = attempt;
    else this.#streams = attempt;
    const delayMs = Math.round(failure.delayMs ?? backoffMs(attempt, this.#random()));
    return { level, attempt, max, delayMs };
  }
}
