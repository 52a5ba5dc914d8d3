/**
 * The function that all unary API calls use: credential, retries, typed reply.
 *
 * @module
 */
import type { z } from "zod";
import { RequestScope } from "../auth/request_scope.ts";
import { deadline } from "../async/deadline.ts";
import { asCulvertError, CulvertError, type ErrorCode } from "../errors.ts";
import { webPageIn } from "../net/failure/web_page.ts";
import { answeredRequest } from "../responses/request/url.ts";
import { type Failure, networkFailure, refusalContext } from "../responses/failures/failure.ts";
import { httpFailure, type Refusal } from "../responses/failures/http_failures.ts";
import { RetryBudget } from "../responses/turn/retry_budget.ts";
import {
  type ApiConnection,
  type ApiReply,
  type ApiRequest,
  attemptedOf,
  sendRequest,
} from "./send_request.ts";

/** A unary call. */
export interface CallRequest<T> extends ApiRequest {
  /** The schema of the reply. Other fields are ignored. */
  readonly schema: z.ZodType<T>;
  /**
   * Whether the request may be sent twice. Such a request is sent again after a transient failure, at most
   * `request_max_retries` times, with back-off or after the delay that the server requests. Any other request
   * is sent again only if the server cannot have processed it: it answered 429, or no connection was made.
   * Default false.
   */
  readonly idempotent?: boolean;
  /** Returns the value of a 304 reply, for a request with `If-None-Match`. Default: a 304 is an error. */
  readonly notModified?: () => T;
  /** Time limit for the call with its retries, ms. Default: only the limit of each send. */
  readonly totalTimeoutMs?: number;
}

/** A successful reply. */
export interface CallReply<T> {
  readonly value: T;
  readonly headers: Headers;
}

/**
 * Makes a call.
 *
 * @returns the reply with status 2xx, and its body as defined by the schema
 * @throws CulvertError by status and body as for a turn (`auth_*`, `rate_limited`, `server`, …), of the
 * network and TLS codes, `response_failed` for a reply that does not fit the schema; the reason of the
 * signal when it is aborted
 */
export async function call<T>(connection: ApiConnection, request: CallRequest<T>): Promise<CallReply<T>> {
  const { totalTimeoutMs } = request;
  if (totalTimeoutMs === undefined) return await callWithRetries(connection, request);
  using limit = deadline(totalTimeoutMs, connection.world, request.signal);
  try {
    return await callWithRetries(connection, { ...request, signal: limit.signal });
  } catch (error) {
    if (!limit.isExpired) throw error;
    throw new CulvertError("timeout", `${request.endpoint} was not answered within ${totalTimeoutMs} ms`, {
      hint: "Try again, or allow more time.",
      details: { endpoint: request.endpoint, timeout_ms: totalTimeoutMs },
    });
  }
}

async function callWithRetries<T>(
  connection: ApiConnection,
  request: CallRequest<T>,
): Promise<CallReply<T>> {
  const { idempotent = false, notModified } = request;
  const reply = await sendWithRetries(connection, request, {
    idempotent,
    accepts304: notModified !== undefined,
  });
  const value = reply.status === 304 ? notModified?.() : undefined;
  return { value: value ?? parsedReply(reply, request), headers: reply.headers };
}

/** Options for repeating a request, and statuses that are a success in addition to 2xx. */
export interface RetryOptions {
  /** See {@link CallRequest}. Default false. */
  readonly idempotent?: boolean;
  /** Whether a 304 is a success. Default false. */
  readonly accepts304?: boolean;
}

/**
 * Sends a request until it succeeds: after a temporary failure it is sent again if that is safe, with
 * back-off or after the delay that the server requests.
 *
 * @throws CulvertError as {@link call}, except for the schema of the reply
 */
export async function sendWithRetries(
  connection: ApiConnection,
  request: ApiRequest,
  options: RetryOptions = {},
): Promise<ApiReply> {
  const { settings: { provider }, world } = connection;
  const scope = new RequestScope({ ...connection, provider });
  const budget = new RetryBudget(provider, world.random);
  for (;;) {
    const outcome = await attempt(connection, scope, request, options);
    if (outcome.kind === "replied") return outcome.reply;
    const mayRepeat = options.idempotent === true || isUnprocessed(outcome.failure.error);
    const retry = mayRepeat ? budget.grant("request", outcome.failure) : undefined;
    if (retry === undefined) throw outcome.failure.error;
    const wait = `retry ${retry.attempt}/${retry.max} of ${request.endpoint} in ${retry.delayMs} ms`;
    const message = `${wait}: ${outcome.failure.error.message}`;
    connection.observer.observe({ kind: "note", level: "info", message });
    await world.sleep(retry.delayMs, request.signal);
  }
}

/** Returns whether the server cannot have processed the request. */
function isUnprocessed({ code, details }: CulvertError): boolean {
  // An answer that is not valid HTTP also has the code `connect`, in the stage in which the head is awaited.
  return UNPROCESSED.has(code) && details["stage"] !== "head";
}

/** Failures of requests that the server has not received, or has refused because of their number. */
const UNPROCESSED: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "rate_limited",
  "dns",
  "connect",
  "connect_timeout",
]);

type Outcome =
  | { readonly kind: "replied"; readonly reply: ApiReply }
  | { readonly kind: "failed"; readonly failure: Failure };

async function attempt(
  connection: ApiConnection,
  scope: RequestScope,
  request: ApiRequest,
  { accepts304 = false }: RetryOptions,
): Promise<Outcome> {
  try {
    const reply = await sendRequest(connection, scope, request);
    if (reply.error !== undefined) {
      return { kind: "failed", failure: { error: reply.error, retryable: false } };
    }
    const isAnswer = reply.status >= 200 && reply.status <= 299 &&
      webPageIn(reply.headers, reply.text) === undefined;
    if (isAnswer || (reply.status === 304 && accepts304)) {
      return { kind: "replied", reply };
    }
    return { kind: "failed", failure: failureOf(reply, request, connection) };
  } catch (thrown) {
    request.signal?.throwIfAborted();
    return { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
  }
}

/** Classifies a reply that is not a success, by the rules of a turn. */
export function failureOf(
  reply: ApiReply,
  { method = "GET" }: Pick<ApiRequest, "method">,
  { settings: { provider }, world }: ApiConnection,
): Failure {
  const { asked, authorization, headers, status, text, url } = reply;
  const attempted = answeredRequest(method, asked, url);
  const refusal: Refusal = { status, headers, body: text, url: asked, attempted };
  return httpFailure(refusal, refusalContext(provider, authorization, world.now()));
}

function parsedReply<T>(reply: ApiReply, { maxReplyBytes, method = "GET", schema }: CallRequest<T>): T {
  const what = `${attemptedOf(method, reply.url)} was answered ${reply.status}`;
  const unreadable = (why: string, details: Readonly<Record<string, string | number>> = {}) =>
    new CulvertError("response_failed", `${what}, but ${why}`, {
      hint:
        "The server does not implement this endpoint as the API defines it. Check base_url of the provider.",
      details: { status: reply.status, ...details },
    });
  if (!reply.isComplete) throw unreadable(`its body is longer than ${maxReplyBytes ?? "16 Mi"} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(reply.text);
  } catch {
    throw unreadable("its body is not JSON");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field = issue?.path.map(String).join(".") || "the reply";
  throw unreadable(`${field} does not have the expected form: ${issue?.message ?? "unknown"}`, { field });
}
