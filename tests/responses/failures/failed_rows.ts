/** The errors in a `response.failed`, and the failure that each causes. */

/** One error. */
export interface FailedRow {
  readonly name: string;
  readonly error: unknown;
  readonly code: string;
  readonly exit: number;
  readonly says?: string;
  /** The pause before the only retry, ms; absent: there is no retry. */
  readonly retriedAfter?: number;
}

const limited = (message: string) => ({ code: "rate_limit_exceeded", message });

/** All rows. */
export const FAILED_ROWS: readonly FailedRow[] = [
  {
    name: "a rate limit with a delay is retried after exactly that delay",
    error: limited("Rate limit reached. Please try again in 11.054s. Visit …"),
    code: "rate_limited",
    exit: 6,
    retriedAfter: 11_054,
  },
  {
    name: "the delay is in ms",
    error: limited("try again in 28ms"),
    code: "rate_limited",
    exit: 6,
    retriedAfter: 28,
  },
  {
    name: "the delay is written in words",
    error: limited("Try again in 35 seconds."),
    code: "rate_limited",
    exit: 6,
    retriedAfter: 35_000,
  },
  {
    name: "the delay is a fraction",
    error: limited("try again in 1.898s"),
    code: "rate_limited",
    exit: 6,
    retriedAfter: 1_898,
  },
  {
    name: "the delay has minutes and seconds",
    error: limited("try again in 0m58s"),
    code: "rate_limited",
    exit: 6,
    retriedAfter: 58_000,
  },
  {
    name: "a delay of hours ends the turn",
    error: limited("try again in 2h"),
    code: "rate_limited",
    exit: 6,
  },
  {
    name: "a context that is too long is not retried",
    error: { code: "context_length_exceeded", message: "Your input is\ntoo long" },
    code: "context_window",
    exit: 8,
    says: "too long",
  },
  {
    name: "the quota is exhausted",
    error: { code: "insufficient_quota", message: "spent" },
    code: "quota",
    exit: 6,
  },
  {
    name: "usage is not included in the plan",
    error: { code: "usage_not_included" },
    code: "quota",
    exit: 6,
  },
  {
    name: "cyber policy with a message",
    error: { code: "cyber_policy", message: "flagged" },
    code: "policy",
    exit: 8,
    says: "flagged",
  },
  {
    name: "cyber policy with a blank message gets the default message",
    error: { code: "cyber_policy", message: "   " },
    code: "policy",
    exit: 8,
    says: "cyber",
  },
  {
    name: "an invalid prompt keeps the server's message",
    error: { code: "invalid_prompt", message: "bad prompt" },
    code: "invalid_request",
    exit: 8,
    says: "bad prompt",
  },
  {
    name: "bio policy keeps the server's message",
    error: { code: "bio_policy", message: "bio" },
    code: "invalid_request",
    exit: 8,
    says: "bio",
  },
  { name: "the server is overloaded", error: { code: "server_is_overloaded" }, code: "overloaded", exit: 7 },
  { name: "the server asks to slow down", error: { code: "slow_down" }, code: "overloaded", exit: 7 },
  {
    name: "an error that is not an object is a generic failure and retried",
    error: "oops",
    code: "response_failed",
    exit: 8,
    retriedAfter: 200,
  },
  { name: "an empty error is retried", error: {}, code: "response_failed", exit: 8, retriedAfter: 200 },
  {
    name: "a numeric code is retried as a generic failure",
    error: { code: 5, message: "x" },
    code: "response_failed",
    exit: 8,
    retriedAfter: 200,
  },
];
