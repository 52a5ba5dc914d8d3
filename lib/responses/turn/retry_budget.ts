/**
 * How often a turn may fail before it fails for good.
 *
 * @module
 */
import { backoffMs } from "../../net/dialer/retry.ts";
import type { RetryEvent } from "../events/events.ts";
import type { Failure } from "../failures/failure.ts";
import { LONGEST_WAIT_MS } from "../failures/wait_hint.ts";

/** Limits, as the provider sets them. */
export interface RetryLimits {
  /** For a response that was never opened. */
  readonly requestMaxRetries: number;
  /** For one that broke. */
  readonly streamMaxRetries: number;
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
 * One budget for the whole turn, over whichever wires. Both counts only ever go down, so a turn makes at most one
 * attempt and `requestMaxRetries` and `streamMaxRetries` more: 10 by default. Beside it stand, each bounded by
 * itself: four attempts after a 401, one after a change of wire, one in place of a kept connection that had died.
 * Unless the server names a delay, the pauses are at most 3.3 s for requests and 6.8 s for streams in all; an
 * attempt itself may be silent for the idle limit. (The codex client, 0.169.0, grants a fresh request budget to
 * each stream retry: 30 attempts, and more with a websocket.)
 */
export class RetryBudget {
  readonly #limits: RetryLimits;
  readonly #random: () => number;
  #requests = 0;
  #streams = 0;

  /** @param random uniform in [0, 1), for the jitter */
  constructor(limits: RetryLimits, random: () => number) {
    this.#limits = limits;
    this.#random = random;
  }

  /** Grants a retry after `failure`, or `undefined` where none makes sense or is left. */
  grant(level: RetryEvent["level"], failure: Failure): Retry | undefined {
    if (!failure.retryable || (failure.delayMs ?? 0) > LONGEST_WAIT_MS) return undefined;
    const isRequest = level === "request";
    const max = isRequest ? this.#limits.requestMaxRetries : this.#limits.streamMaxRetries;
    const attempt = (isRequest ? this.#requests : this.#streams) + 1;
    if (attempt > max) return undefined;
    if (isRequest) this.#requests = attempt;
    else this.#streams = attempt;
    return {
      level,
      attempt,
      max,
      delayMs: Math.round(failure.delayMs ?? backoffMs(attempt, this.#random())),
    };
  }
}
