/**
 * A reply that is no stream → a {@link Failure}. The same for an HTTP reply, a refused websocket upgrade and
 * an error frame that carries a status.
 *
 * @module
 */
import { CulvertError, type DetailValue, type ErrorCode } from "../../errors.ts";
import type { RateLimitSnapshot } from "../events/events.ts";
import { retryAfterMs } from "../../net/dialer/retry.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import { evidenceDetails, evidenceText } from "./evidence.ts";
import type { Failure } from "./failure.ts";
import { errorInBody, type Secrets, shownBody, shownText } from "./server_text.ts";
import { usageLimit } from "./usage_limit.ts";

/** A reply that refuses. */
export interface Refusal {
  readonly status: number;
  readonly headers: Headers;
  /** As text, perhaps cut. */
  readonly body: string;
  /** Where it came from, as it was asked; never shown whole. Absent for an error frame. */
  readonly url?: URL;
  /** What was attempted, such as `POST https://api.openai.com/v1/responses`. */
  readonly attempted: string;
}

/** A failure by status. */
export interface HttpFailure extends Failure {
  /** Of a usage limit. */
  readonly snapshot?: RateLimitSnapshot;
  /** What was judged, where it came inside a stream: a 401 there deserves recovery too. */
  readonly refusal?: Refusal;
  /** A 401 that speaks of no credential of ours: nothing here could recover from it. */
  readonly isForeign?: true;
}

/** What a failure is judged by beside the reply. */
export interface RefusalContext {
  /** Epoch ms. */
  readonly now: number;
  readonly secrets: Secrets;
  /** Display name of the provider; `Amazon Bedrock`, exactly, has a 401 of its own. */
  readonly providerName?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Judges a refusal by status and body, as the codex client does (0.169.0), but for two rules: 401, 403, 404
 * and the other permanent 4xx are never sent again, and an overloaded server is not pressed.
 */
export function httpFailure(refusal: Refusal, context: RefusalContext): HttpFailure {
  const { status, headers } = refusal;
  const fields = errorInBody(refusal.body) ?? {};
  const tell = new Teller(refusal, context);
  if (status >= 200 && status <= 299) return notAStream(refusal, tell);
  switch (status) {
    case 400:
      return badRequest(fields, refusal.body, tell);
    case 401:
      return isExpiredSignature(refusal, context)
        ? { ...tell.final("auth_rejected", SIGNATURE_HINT, "its AWS signature has expired"), isForeign: true }
        : tell.final("auth_rejected", UNAUTHORIZED_HINT);
    case 402:
      return tell.final("quota", "Check the plan and the billing details of the account.");
    case 403:
      return isEdgeBlock(refusal.body) ? edgeBlock(tell) : tell.final("auth_forbidden", FORBIDDEN_HINT);
    case 404:
      return tell.final("not_found", "Check the model's name and the provider's base_url.");
    case 407:
      return tell.final("proxy_auth", "Put the proxy's user and password into its address.");
    case 408:
      return tell.passing("server");
    case 413:
      return tell.final(
        "invalid_request",
        "Send less: a server or proxy on the way limits the size of a request.",
      );
    case 429:
      return tooMany(fields, headers, context.now, tell);
    case 503:
      if (fields.code === "server_is_overloaded" || fields.code === "slow_down") {
        return tell.final("overloaded", "Try again in a while, or use another model.");
      }
      return tell.passing("server");
  }
  if (status >= 500) return tell.passing("server");
  if (status >= 400) return tell.final("invalid_request");
  return tell.final(
    "invalid_request",
    "This is no answer of the Responses API; check the provider's base_url.",
  );
}

/** A 2xx reply whose body is no event stream, such as the log-in page of a network. */
function notAStream({ headers, body }: Refusal, tell: Teller): Failure {
  if (!/html/i.test(headers.get("content-type") ?? "")) {
    return tell.final(
      "response_failed",
      "The provider does not stream on this endpoint; check its base_url.",
    );
  }
  const title = /<title[^>]*>([^<]{1,200})/i.exec(body)?.[1]?.trim();
  return tell.final(
    "blocked",
    "Something between here and the server answers in its place: log in to the network, or ask who runs its proxy.",
    `a web page came instead of an event stream${title === undefined ? "" : ` ("${shownText(title, [])}")`}`,
  );
}

const UNAUTHORIZED_HINT =
  "Check which credential was used with `culvert auth status`; log in again if it is stale.";
const FORBIDDEN_HINT =
  "The credential is known but may not do this: check the account's permissions and the model.";

/** Amazon signs by the clock and by credentials that end; a login at OpenAI has no part in it. */
function isExpiredSignature({ body }: Refusal, { providerName }: RefusalContext): boolean {
  return providerName === "Amazon Bedrock" && body.includes("Signature expired:");
}

const SIGNATURE_HINT =
  "Refresh the AWS credentials, and check the clock. Where AWS_BEARER_TOKEN_BEDROCK is set, replace or unset it.";

function badRequest(fields: Fields, body: string, tell: Teller): HttpFailure {
  if (fields.code === "cyber_policy") {
    return tell.final("policy", undefined, policyMessage(fields.message));
  }
  if (fields.code === "context_length_exceeded") return tell.final("context_window", CONTEXT_HINT);
  if (/does not represent a valid image/i.test(body)) {
    return tell.final("invalid_request", "Check that each file given as an image really is one.");
  }
  return tell.final("invalid_request");
}

/** What to do about an input that is too long. */
export const CONTEXT_HINT = "Send a shorter input, or use a model with a larger context window.";

/** The server's words on a refusal by policy, or the program's where it has none. */
export function policyMessage(message: unknown): string {
  return typeof message === "string" && message.trim() !== ""
    ? message.trim()
    : "the request was flagged for possible high-risk cyber use; see https://chatgpt.com/cyber";
}

function tooMany(fields: Fields, headers: Headers, now: number, tell: Teller): HttpFailure {
  if (fields.type === "usage_limit_reached") {
    const { error, snapshot } = usageLimit(fields, headers, now, tell.details);
    return { error, retryable: false, snapshot };
  }
  if (fields.type === "usage_not_included") {
    return tell.final("quota", "Use an account or an API key whose plan includes this.");
  }
  if (fields.code === "insufficient_quota" || fields.type === "insufficient_quota") {
    return tell.final("quota", "Check the plan and the billing details of the account.");
  }
  const wait = retryAfterMs(headers, now);
  return tell.final(
    "rate_limited",
    wait === undefined
      ? "Wait a while before the next request."
      : `Wait ${Math.ceil(wait / 1_000)} s, then try again.`,
  );
}

/** Cloudflare's page for a region or an address that it lets nothing through from. */
function isEdgeBlock(body: string): boolean {
  return body.includes("Cloudflare") && body.includes("blocked");
}

function edgeBlock(tell: Teller): HttpFailure {
  return tell.final(
    "blocked",
    "Go out another way: another network, or a proxy in a region that is served.",
    "Cloudflare blocked the request, as it does for a region that is not served or an address of ill repute",
  );
}

/** Words a failure: attempt, status, explanation, evidence. */
class Teller {
  readonly details: Readonly<Record<string, DetailValue>>;
  readonly #refusal: Refusal;
  readonly #context: RefusalContext;

  constructor(refusal: Refusal, context: RefusalContext) {
    this.#refusal = refusal;
    this.#context = context;
    const fields = errorInBody(refusal.body);
    const wait = retryAfterMs(refusal.headers, context.now);
    this.details = {
      status: refusal.status,
      ...evidenceDetails(serverEvidence(refusal.headers)),
      ...(typeof fields?.code === "string" ? { error_code: fields.code } : {}),
      ...(typeof fields?.type === "string" ? { error_type: fields.type } : {}),
      ...(wait === undefined ? {} : { retry_after_ms: wait }),
    };
  }

  final(code: ErrorCode, hint?: string, explanation?: string): Failure {
    return { error: this.#error(code, hint, explanation), retryable: false };
  }

  passing(code: ErrorCode): Failure {
    const delayMs = retryAfterMs(this.#refusal.headers, this.#context.now);
    return {
      error: this.#error(code, "The server failed; try again in a while."),
      retryable: true,
      ...(delayMs === undefined ? {} : { delayMs }),
    };
  }

  #error(code: ErrorCode, hint?: string, explanation?: string): CulvertError {
    const { attempted, status, body } = this.#refusal;
    const evidence = evidenceText(serverEvidence(this.#refusal.headers));
    const said = explanation ?? shownBody(body, this.#context.secrets);
    return new CulvertError(code, `${attempted} was answered ${status}: ${said}${evidence}`, {
      ...(hint === undefined ? {} : { hint }),
      details: this.details,
    });
  }
}
