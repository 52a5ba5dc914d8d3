/**
 * Maps a reply that is not an event stream to a {@link Failure}. An HTTP reply, a refused websocket upgrade
 * and an error frame with a status have the same meaning.
 *
 * @module
 */
import { baseUrlClass } from "../../auth/auth_headers.ts";
import type { AuthMode } from "../../auth/authenticator.ts";
import { CulvertError, type DetailValue, type ErrorCode } from "../../errors.ts";
import { retryAfterMs } from "../../net/dialer/retry.ts";
import { NETWORK_LOGIN_ADVICE } from "../../net/failure/advice.ts";
import { describeWebPage, type WebPage, webPageHint, webPageIn } from "../../net/failure/web_page.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { RateLimitSnapshot } from "../events/events.ts";
import { isRegionDenied, mismatchText, REGION_HINT } from "./denial.ts";
import { evidenceDetails, evidenceText } from "./evidence.ts";
import type { Failure, RefusalContext } from "./failure.ts";
import { errorInBody, shownBody, shownText } from "./server_text.ts";
import { usageLimit } from "./usage_limit.ts";
import { waitInText } from "./wait_hint.ts";

/** A reply that refuses a request. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** The body as text, possibly truncated. */
  readonly body: string;
  /** The URL that was requested; its query is never shown. Absent for an error frame. */
  readonly url?: URL;
  /** The attempt, such as `POST https://api.openai.com/v1/responses`. */
  readonly attempted: string;
}

/** A failure that was caused by a status. */
export interface HttpFailure extends Failure {
  /** Rate limits that a usage limit reports. */
  readonly snapshot?: RateLimitSnapshot;
  /** The refusal, if it arrived inside a stream: a 401 there also starts a recovery. */
  readonly refusal?: Refusal;
  /** Set for a 401 that is not about the credential that was sent: a recovery would not help. */
  readonly isForeign?: true;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Classifies a refusal by status and body as the codex client does (0.171.0), with these differences: 401,
 * 403, 404 and the other permanent 4xx statuses are not retried, an overloaded server gets no further
 * request, and a web page instead of a reply is reported as such.
 */
export function httpFailure(refusal: Refusal, context: RefusalContext): HttpFailure {
  const { body, headers, status } = refusal;
  const failures = new FailureBuilder(refusal, context);
  const page = webPageIn(headers, body);
  if (isRegionDenied(status, body)) {
    const reason = page === undefined ? undefined : "a page says that this country or region is banned";
    return {
      ...failures.final("region_denied", REGION_HINT, reason, { denial: "geographic" }),
      isForeign: true,
    };
  }
  if (page !== undefined && !KEEPS_MEANING.has(status) && !isBearerChallenge(refusal)) {
    return webPageFailure(page, refusal, failures);
  }
  const fields = errorInBody(body) ?? {};
  if (status >= 200 && status <= 299) {
    const hint = fields.message === undefined
      ? "The provider does not stream on this endpoint. Check its base_url."
      : undefined;
    return failures.final("response_failed", hint);
  }
  switch (status) {
    case 400:
      if (lacksPreviousResponse(fields.code, context)) {
        return failures.final("invalid_request", PREVIOUS_RESPONSE_HINT);
      }
      return badRequest(fields, body, failures);
    case 401:
      return isExpiredSignature(refusal, context)
        ? {
          ...failures.final("auth_rejected", SIGNATURE_HINT, "its AWS signature has expired"),
          isForeign: true,
        }
        : failures.final("auth_rejected", UNAUTHORIZED_HINT);
    case 402:
      return failures.final("quota", BILLING_HINT);
    case 403:
      return failures.final("auth_forbidden", forbiddenHint(refusal, context));
    case 404:
      return failures.final("not_found", "Check the name of the model and base_url of the provider.");
    case 407:
      return failures.final("proxy_auth", "Put the user name and password of the proxy into its URL.");
    case 408:
      return failures.transient("server");
    case 413:
      return failures.final("invalid_request", "Send less: a server or proxy limits the size of a request.");
    case 429:
      return tooManyRequests(fields, refusal, context, failures);
    case 503:
      if (fields.code === "server_is_overloaded" || fields.code === "slow_down") {
        return failures.final("overloaded", "Try again later, or use another model.");
      }
      return failures.transient("server");
    case 511:
      return failures.final("blocked", NETWORK_LOGIN_ADVICE, "the network requires a login");
  }
  if (status >= 500) return failures.transient("server");
  if (status >= 400) return failures.final("invalid_request");
  return failures.final(
    "invalid_request",
    "This is not an answer of the Responses API. Check base_url of the provider.",
  );
}

/**
 * Statuses that have the same meaning with and without a web page: proxy login, request too large, rate
 * limit.
 */
const KEEPS_MEANING: ReadonlySet<number> = new Set([407, 413, 429]);

/**
 * Returns whether the challenge of a 401 requires a bearer token: it is then about the credential, with any
 * body.
 */
function isBearerChallenge({ headers, status }: Refusal): boolean {
  return status === 401 && /\bbearer\b/i.test(headers.get("www-authenticate") ?? "");
}

function webPageFailure(
  page: WebPage,
  { body, status, url }: Refusal,
  failures: FailureBuilder,
): HttpFailure {
  const host = url?.host ?? "the server";
  const details = {
    ...(page.title === undefined ? {} : { page_title: page.title }),
    ...(page.sender === "" ? {} : { sent_by: page.sender }),
  };
  const hint = webPageHint(page, status, host);
  const blockedByRegion = body.includes("Cloudflare") && body.includes("blocked");
  const reason = `${describeWebPage(page)}${
    blockedByRegion ? "; Cloudflare blocks this address or its region" : ""
  }`;
  return (status >= 500 && status !== 511) || status === 408
    ? failures.transient("blocked", hint, reason, details)
    : { ...failures.final("blocked", hint, reason, details), isForeign: true };
}

const BILLING_HINT = "Check the plan and the billing details of the account.";
const UNAUTHORIZED_HINT =
  "Check with `culvert auth status` which credential was used. Sign in again if it has expired.";
const FORBIDDEN_HINT =
  "The credential was accepted but does not permit this. Check the permissions of the account and the model.";
function forbiddenHint({ url }: Refusal, { mode }: RefusalContext): string {
  const mismatch = url === undefined || mode === undefined ? undefined : mismatchText(mode, url);
  return mismatch === undefined ? FORBIDDEN_HINT : `${mismatch.charAt(0).toUpperCase()}${mismatch.slice(1)}.`;
}

const SIGNATURE_HINT =
  "Refresh the AWS credentials, and check the clock. If AWS_BEARER_TOKEN_BEDROCK is set, replace or unset it.";

/** Returns the failure for an AWS signature that is too old, which is not related to an OpenAI login. */
function isExpiredSignature({ body }: Refusal, { providerName }: RefusalContext): boolean {
  return providerName === "Amazon Bedrock" && body.includes("Signature expired:");
}

function badRequest(fields: Fields, body: string, failures: FailureBuilder): HttpFailure {
  if (fields.code === "cyber_policy") {
    return failures.final("policy", undefined, policyMessage(fields.message));
  }
  if (fields.code === "context_length_exceeded") return failures.final("context_window", CONTEXT_HINT);
  if (/does not represent a valid image/i.test(body)) {
    return failures.final("invalid_request", "Check that each image file contains an image.");
  }
  return failures.final("invalid_request");
}

/** The advice for a response that the server does not have. */
export const PREVIOUS_RESPONSE_HINT =
  "A server stores a response only for the account that requested it, and only if the request asked for it (--store).";

/** Returns whether the server lacks the response that the caller named. The same request would fail again. */
export function lacksPreviousResponse(code: unknown, { previousResponseId }: RefusalContext): boolean {
  return code === "previous_response_not_found" && previousResponseId !== undefined;
}

/** The advice for an input that is too long. */
export const CONTEXT_HINT = "Send a shorter input, or use a model with a larger context window.";

/** Returns the server's explanation of a refusal by policy, or a default one. */
export function policyMessage(message: unknown): string {
  return typeof message === "string" && message.trim() !== ""
    ? message.trim()
    : "the request was flagged for possible high-risk cyber use; see https://chatgpt.com/cyber";
}

/**
 * Classifies a 429: a usage limit, a quota, or a rate limit, which is retried if the server requests a delay.
 */
function tooManyRequests(
  fields: Fields,
  { headers }: Refusal,
  { now }: RefusalContext,
  failures: FailureBuilder,
): HttpFailure {
  if (fields.type === "usage_limit_reached") {
    const { error, snapshot } = usageLimit(fields, headers, now, failures.details);
    return { error, retryable: false, snapshot };
  }
  if (fields.type === "usage_not_included") {
    return failures.final("quota", "Use an account or an API key whose plan includes this.");
  }
  if (fields.code === "insufficient_quota" || fields.type === "insufficient_quota") {
    return failures.final("quota", BILLING_HINT);
  }
  const text = typeof fields.message === "string" ? waitInText(fields.message) : undefined;
  const waitMs = retryAfterMs(headers, now) ?? text;
  if (waitMs === undefined) return failures.final("rate_limited", "Wait before the next request.");
  const { error } = failures.final("rate_limited", `Try again in ${describeWait(waitMs)}.`);
  return { error, retryable: true, delayMs: waitMs };
}

/** Formats a delay: `1 s`, `90 s`, `3 h 25 min`. */
export function describeWait(ms: number): string {
  const seconds = Math.ceil(ms / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Names the kind of server that refused, and whether the credential belongs to the other kind. */
function originDetails(url: URL, mode: AuthMode | undefined): Readonly<Record<string, DetailValue>> {
  return {
    base_url_class: baseUrlClass(url),
    ...(mode === undefined ? {} : { provider_mismatch: mismatchText(mode, url) !== undefined }),
  };
}

/** Builds the failures of one refusal: attempt, status, explanation, evidence. */
class FailureBuilder {
  readonly details: Readonly<Record<string, DetailValue>>;
  readonly #refusal: Refusal;
  readonly #context: RefusalContext;
  readonly #waitMs: number | undefined;

  constructor(refusal: Refusal, context: RefusalContext) {
    this.#refusal = refusal;
    this.#context = context;
    this.#waitMs = retryAfterMs(refusal.headers, context.now);
    const fields = errorInBody(refusal.body);
    this.details = {
      status: refusal.status,
      ...evidenceDetails(serverEvidence(refusal.headers)),
      ...(refusal.url === undefined ? {} : originDetails(refusal.url, context.mode)),
      ...(typeof fields?.code === "string" ? { error_code: shownText(fields.code, context.secrets) } : {}),
      ...(typeof fields?.type === "string" ? { error_type: shownText(fields.type, context.secrets) } : {}),
      ...(this.#waitMs === undefined ? {} : { retry_after_ms: this.#waitMs }),
    };
  }

  /** Returns a failure that is not retried. */
  final(
    code: ErrorCode,
    hint?: string,
    explanation?: string,
    details?: Readonly<Record<string, DetailValue>>,
  ): Failure {
    return { error: this.#error(code, hint, explanation, details), retryable: false };
  }

  /** Returns a temporary failure, which is retried after the delay that the server requests. */
  transient(
    code: ErrorCode,
    hint = "The server failed. Try again later.",
    explanation?: string,
    details?: Readonly<Record<string, DetailValue>>,
  ): Failure {
    return {
      error: this.#error(code, hint, explanation, details),
      retryable: true,
      ...(this.#waitMs === undefined ? {} : { delayMs: this.#waitMs }),
    };
  }

  #error(
    code: ErrorCode,
    hint: string | undefined,
    explanation: string | undefined,
    details: Readonly<Record<string, DetailValue>> = {},
  ): CulvertError {
    const { attempted, body, headers, status } = this.#refusal;
    const page = webPageIn(headers, body);
    const reason = explanation ??
      (page === undefined ? shownBody(body, this.#context.secrets) : describeWebPage(page));
    const message = `${attempted} was answered ${status}: ${reason}${evidenceText(serverEvidence(headers))}`;
    return new CulvertError(code, message, {
      ...(hint === undefined ? {} : { hint }),
      details: { ...this.details, ...details },
    });
  }
}
