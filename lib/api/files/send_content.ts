/**
 * Sends the content of a file to the address that the server names: a signed URL of a storage service, which
 * may be on any host. No credential, header or query parameter of this program is sent there.
 *
 * @module
 */
import { SILENT } from "../../net/observer.ts";
import type { HttpReply } from "../../net/dialer/dialer.ts";
import { readText } from "../../net/dialer/body/read_text.ts";
import { retryAfterMs } from "../../net/dialer/retry.ts";
import { asCulvertError, CulvertError, type ErrorCode } from "../../errors.ts";
import { type Failure, networkFailure } from "../../responses/failures/failure.ts";
import { RetryBudget } from "../../responses/turn/retry_budget.ts";
import type { ApiConnection } from "../send_request.ts";
import type { LocalFile } from "./local_file.ts";
import type { UploadOptions } from "./upload_file.ts";

/** Longest time without progress, ms. */
const IDLE_MS = 60_000;

/** The content to send. */
export interface Content {
  readonly file: LocalFile;
  readonly fileId: string;
  /** Secret: it is signed. */
  readonly url: string;
}

/**
 * Sends the content. After a temporary failure it is sent again from its beginning, at most
 * `request_max_retries` times: the protocol does not allow sending a part of it.
 *
 * @throws CulvertError with the ids that the support of the storage service requires, without the URL and the
 * body of the answer; `details.left` names the remaining steps
 */
export async function sendContent(
  connection: ApiConnection,
  content: Content,
  { onSent, signal }: UploadOptions,
): Promise<void> {
  const { settings: { provider }, world } = connection;
  const url = storageUrl(content);
  const budget = new RetryBudget(provider, world.random);
  for (let attempt = 0;; attempt++) {
    const failure = await attemptOnce(connection, { ...content, url, attempt }, { onSent, signal });
    if (failure === undefined) return;
    const retry = budget.grant("request", failure);
    if (retry === undefined) throw failure.error;
    const message = `retry ${retry.attempt}/${retry.max} of the upload in ${retry.delayMs} ms: ` +
      failure.error.message;
    connection.observer.observe({ kind: "note", level: "info", message });
    await world.sleep(retry.delayMs, signal);
  }
}

interface Attempt extends Omit<Content, "url"> {
  readonly url: URL;
  readonly attempt: number;
}

async function attemptOnce(
  connection: ApiConnection,
  content: Attempt,
  { onSent, signal }: { readonly onSent: UploadOptions["onSent"]; readonly signal: AbortSignal | undefined },
): Promise<Failure | undefined> {
  const { dialer, world } = connection;
  const { file, url } = content;
  const begin = world.monotonic();
  const startedAt = world.now();
  const requestId = crypto.randomUUID();
  let sent = 0;
  const facts = () => ({ requestId, sent, elapsedMs: Math.round(world.monotonic() - begin) });
  try {
    const reply = await dialer.request({
      method: "PUT",
      url,
      headers: { "x-ms-blob-type": "BlockBlob", "x-ms-client-request-id": requestId },
      body: file.open(),
      bodySize: file.size,
      onSent: (bytes) => {
        sent = bytes;
        onSent?.(bytes);
      },
      redirect: "manual",
      headerTimeoutMs: IDLE_MS,
      ...(signal === undefined ? {} : { signal }),
    });
    await readText(reply.body, { maxBytes: 64 * 1024, keepPartial: true });
    observe(connection, content, { startedAt, durationMs: facts().elapsedMs, status: reply.status });
    if (reply.status >= 200 && reply.status <= 299) return undefined;
    return refusal(content, reply, facts(), world.now());
  } catch (thrown) {
    signal?.throwIfAborted();
    const cause = asCulvertError(thrown);
    observe(connection, content, { startedAt, durationMs: facts().elapsedMs, error: cause.code });
    if (cause.code === "input_unreadable") throw cause;
    const { retryable } = networkFailure(cause);
    const error = failed(content, cause.code, `${kindOf(cause.code)}: ${cause.message}`, facts(), cause);
    return { error, retryable };
  }
}

function observe(
  { observer }: ApiConnection,
  { attempt }: Attempt,
  outcome: {
    readonly startedAt: number;
    readonly durationMs: number;
    readonly status?: number;
    readonly error?: string;
  },
): void {
  if (observer === SILENT) return;
  const error = outcome.error ?? ((outcome.status ?? 0) >= 300 ? `http ${outcome.status}` : undefined);
  observer.observe({
    kind: "request",
    transport: "http",
    endpoint: "/files/content",
    attempt,
    authHeaderAttached: false,
    evidence: {},
    startedAt: outcome.startedAt,
    durationMs: outcome.durationMs,
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
    ...(error === undefined ? {} : { error }),
  });
}

interface SendFacts {
  readonly requestId: string;
  readonly sent: number;
  readonly elapsedMs: number;
}

function refusal(content: Attempt, { headers, status }: HttpReply, facts: SendFacts, now: number): Failure {
  const ids = {
    ms_request_id: idOf(headers, "x-ms-request-id"),
    ms_error_code: idOf(headers, "x-ms-error-code"),
  };
  const text = `status ${status}, x-ms-request-id ${ids.ms_request_id}, x-ms-error-code ${ids.ms_error_code}`;
  const isTransient = status === 408 || status === 429 || (status >= 500 && status !== 501);
  const delayMs = retryAfterMs(headers, now);
  return {
    error: failed(content, status >= 500 ? "server" : codeOf(status), text, facts, undefined, {
      status,
      ...ids,
    }),
    retryable: isTransient,
    ...(delayMs === undefined ? {} : { delayMs }),
  };
}

function codeOf(status: number): ErrorCode {
  return status === 429 ? "rate_limited" : status < 400 ? "redirect" : "invalid_request";
}

/** Returns a header of the storage service as text without blanks; `missing` if there is none. */
function idOf(headers: Headers, name: string): string {
  const value = headers.get(name)?.replace(/[^\x21-\x7e]/g, "").slice(0, 128) ?? "";
  return value === "" ? "missing" : value;
}

/** Names the kind of a failure as the codex client does (0.171.0). */
function kindOf(code: ErrorCode): "timeout" | "connect" | "body" | "request" | "other" {
  if (code === "header_timeout" || code === "idle_timeout") return "timeout";
  if (code === "dns" || code.startsWith("connect") || code.startsWith("proxy") || code.startsWith("tls")) {
    return "connect";
  }
  if (code === "reset" || code === "stream_closed") return "body";
  return code === "config" ? "request" : "other";
}

function failed(
  { file, fileId, url }: Attempt,
  code: ErrorCode,
  reason: string,
  { elapsedMs, requestId, sent }: SendFacts,
  cause?: CulvertError,
  details: Readonly<Record<string, string | number>> = {},
): CulvertError {
  return new CulvertError(
    code,
    `Cannot send the content of ${file.name} to ${url.host}: ${reason} (${sent} of ${file.size} bytes sent, ` +
      `${elapsedMs} ms, x-ms-client-request-id ${requestId})`,
    {
      hint: cause?.hint ?? "Send the file again: its content was not sent and not confirmed.",
      details: {
        host: url.host,
        file_id: fileId,
        bytes_sent: sent,
        file_size: file.size,
        elapsed_ms: elapsedMs,
        client_request_id: requestId,
        left: ["content", "confirmation"],
        ...details,
      },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** @throws CulvertError `response_failed` for an address that is not an https URL; http is for loopback only */
function storageUrl({ file, fileId, url }: Content): URL {
  const parsed = URL.parse(url);
  const isLocal = parsed !== null && /^(localhost|127\.0\.0\.1|\[::1\])$/.test(parsed.hostname);
  if (parsed?.protocol === "https:" || (parsed?.protocol === "http:" && isLocal)) return parsed;
  throw new CulvertError(
    "response_failed",
    `The server returned no usable address for the content of ${file.name}`,
    {
      hint: "The address must be an https URL. Check chatgpt_base_url.",
      details: { file_id: fileId, left: ["content", "confirmation"] },
    },
  );
}
