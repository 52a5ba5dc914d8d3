/**
 * Sends one unary request to the API and reads its reply with any status.
 *
 * @module
 */
import { deadline } from "../async/deadline.ts";
import type { Authenticator, Authorization } from "../auth/authenticator.ts";
import type { RequestScope } from "../auth/request_scope.ts";
import { type Answer, withAuthorization } from "../auth/with_authorization.ts";
import type { Connection } from "../connect/connect.ts";
import { originator } from "../connect/user_agent.ts";
import { CulvertError } from "../errors.ts";
import type { HttpRequest } from "../net/dialer/dialer.ts";
import { readText } from "../net/dialer/body/read_text.ts";
import type { TraceHeaders } from "../net/turn_observation.ts";
import { describeRoute } from "../net/route/route.ts";
import { refusalContext } from "../responses/failures/failure.ts";
import { refusedAnswer } from "../responses/failures/rejection.ts";
import { mergeHeaders } from "../responses/request/call_headers.ts";
import { requestJson } from "../responses/request/request_json.ts";
import { answeredRequest, baseUrl, endpointUrl, shownUrl } from "../responses/request/url.ts";
import { backendUrl } from "./backend.ts";

/** The parts of a connection that a request needs. */
export type ApiConnection = Pick<
  Connection<Authenticator>,
  "settings" | "dialer" | "authenticator" | "world" | "observer"
>;

/** The body of a request. A stream is opened again for each send. */
export type RequestBody =
  | { readonly json: unknown }
  | { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string }
  | {
    readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
    readonly contentType: string;
    /** Length, bytes. The body then has a `Content-Length`, and the timeout counts from the last progress. */
    readonly size?: number;
    /** Called with the bytes sent so far of a body with a size. */
    readonly onSent?: (bytes: number) => void;
  };

/** A part of a request; a function returns it for the credential that is sent. */
export type ByCredential<T> = T | ((authorization: Authorization) => T);

function partFor<T extends object>(part: ByCredential<T>, authorization: Authorization): T {
  return typeof part === "function" ? part(authorization) : part;
}

/** One unary request. */
export interface ApiRequest {
  /** Fixed per route of the API, such as `/models`; names the request in observations and errors. */
  readonly endpoint: string;
  /** Default `GET`. */
  readonly method?: "GET" | "POST" | "PUT" | "DELETE";
  /** Path below the base URL. Default: the endpoint. */
  readonly path?: string;
  /** Base URL. Default: that of the provider, or of the kind of credential. */
  readonly base?: string;
  /**
   * Sends the request to the ChatGPT backend instead of the provider, with a ChatGPT login only. Headers and
   * query parameters of the provider are then sent only if both have the same origin.
   */
  readonly backend?: true;
  /** Query parameters in addition to those of the provider. */
  readonly query?: ByCredential<Readonly<Record<string, string>>>;
  /** Headers in addition to those of the provider and of the credential. */
  readonly headers?: ByCredential<Readonly<Record<string, string>>>;
  readonly body?: ByCredential<RequestBody>;
  readonly signal?: AbortSignal;
  /** Time limit for one send and its reply, ms. Default: the provider's `stream_idle_timeout_ms`. */
  readonly timeoutMs?: number;
  /** Longest reply that is read, bytes. Default 16 MiB. */
  readonly maxReplyBytes?: number;
}

/** A reply of any status. */
export interface ApiReply {
  readonly status: number;
  readonly headers: Headers;
  /** The body, truncated at the limit. */
  readonly text: string;
  /** False if the body was longer than the limit. */
  readonly isComplete: boolean;
  /** The URL that was requested. */
  readonly asked: URL;
  /** The URL that sent the reply, after redirects. */
  readonly url: URL;
  /** Description of the route. */
  readonly route: string;
  /** Wall clock at the send, ms since 1970. */
  readonly sentAt: number;
  /** Wall clock when the head of the reply arrived, ms since 1970. */
  readonly answeredAt: number;
  /** Time from the send to the end of the reply, ms. */
  readonly durationMs: number;
  /** The credential of the request. */
  readonly authorization: Authorization;
  /** Set if the service is not offered in the country or region of the request. */
  readonly denial?: "geographic";
  /** Set if the reply is a 401 after recovery. */
  readonly error?: CulvertError;
}

const MAX_REPLY_BYTES = 16 * 1024 * 1024;

/**
 * Sends a request with the credential of a scope and reads the reply. After a 401 the credential is renewed
 * if the scope allows it.
 *
 * @param scope a new one for each call or probe; one with `recovers: false` renews no credential
 * @throws CulvertError `auth_*` of the authenticator, of the network and TLS codes, `idle_timeout`; the
 * reason of the signal when it is aborted
 */
export async function sendRequest(
  connection: ApiConnection,
  scope: RequestScope,
  request: ApiRequest,
): Promise<ApiReply> {
  const { signal } = request;
  const authorized = await withAuthorization(
    scope,
    { endpoint: request.endpoint, transport: "http", ...(signal === undefined ? {} : { signal }) },
    (authorization, facts) => sendOnce(connection, request, authorization, scope.traceHeaders(facts)),
  );
  const { answer: { denial, reply }, authorization, error } = authorized;
  return {
    ...reply,
    authorization,
    ...(denial === undefined ? {} : { denial }),
    ...(error === undefined ? {} : { error }),
  };
}

type SentReply = Answer & { readonly reply: Omit<ApiReply, "authorization" | "denial" | "error"> };

async function sendOnce(
  { dialer, settings, world }: ApiConnection,
  request: ApiRequest,
  authorization: Authorization,
  trace: TraceHeaders | undefined,
): Promise<SentReply> {
  const { provider } = settings;
  const { headers = {}, maxReplyBytes = MAX_REPLY_BYTES, method = "GET" } = request;
  const body = request.body === undefined ? undefined : partFor(request.body, authorization);
  const { url: asked, isProvider } = targetOf(request, settings, authorization);
  const limitMs = request.timeoutMs ?? provider.streamIdleTimeoutMs;
  const sized = sizeOf(body);
  using limit = sized.bodySize === undefined
    ? deadline(limitMs, world, request.signal, tooLate(method, asked, limitMs))
    : undefined;
  const { signal } = limit ?? request;
  const canAbort = signal === undefined ? {} : { signal };
  const sentAt = world.now();
  const begin = world.monotonic();
  const reply = await dialer.request({
    method,
    url: asked,
    headers: mergeHeaders(
      { originator: originator(world.env) },
      isProvider ? provider.headers : {},
      { accept: "application/json", ...contentType(body) },
      partFor(headers, authorization),
      authorization.headers,
      { ...trace },
    ),
    ...(body === undefined ? {} : { body: bodyOf(body) }),
    ...sized,
    ...canAbort,
    headerTimeoutMs: limitMs,
  });
  const answeredAt = world.now();
  const { isComplete, text } = await readText(reply.body, { maxBytes: maxReplyBytes, ...canAbort });
  const refusal = {
    status: reply.status,
    headers: reply.headers,
    body: text,
    url: asked,
    attempted: answeredRequest(method, asked, reply.url),
  };
  return {
    ...refusedAnswer(refusal, refusalContext(provider, authorization, world.now())),
    reply: {
      status: reply.status,
      headers: reply.headers,
      text,
      isComplete,
      asked,
      url: reply.url,
      route: describeRoute(reply.route),
      sentAt,
      answeredAt,
      durationMs: world.monotonic() - begin,
    },
  };
}

/** Returns the URL of a request, and whether it belongs to the provider: its headers are sent only there. */
function targetOf(
  { backend, base, endpoint, path = endpoint, query = {} }: ApiRequest,
  settings: ApiConnection["settings"],
  authorization: Authorization,
): { readonly url: URL; readonly isProvider: boolean } {
  const { provider } = settings;
  const own = partFor(query, authorization);
  if (backend === undefined) {
    const url = endpointUrl(base ?? baseUrl(provider, authorization.mode), path, {
      ...provider.queryParams,
      ...own,
    });
    return { url, isProvider: true };
  }
  const root = backendUrl(settings, authorization);
  const isProvider = new URL(root).origin === endpointUrl(baseUrl(provider, authorization.mode), "").origin;
  return {
    url: endpointUrl(root, path, { ...(isProvider ? provider.queryParams : {}), ...own }),
    isProvider,
  };
}

/** Returns the request in words, without its private parts: `GET https://api.openai.com/v1/models`. */
export function attemptedOf(method: string, url: URL): string {
  return `${method} ${shownUrl(url)}`;
}

function contentType(body: RequestBody | undefined): Readonly<Record<string, string>> {
  if (body === undefined) return {};
  return { "content-type": "json" in body ? "application/json" : body.contentType };
}

function sizeOf(body: RequestBody | undefined): Pick<HttpRequest, "bodySize" | "onSent"> {
  if (body === undefined || !("stream" in body) || body.size === undefined) return {};
  return { bodySize: body.size, ...(body.onSent === undefined ? {} : { onSent: body.onSent }) };
}

function bodyOf(
  body: RequestBody,
): string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>> {
  if ("json" in body) return requestJson(body.json);
  return "bytes" in body ? body.bytes : body.stream();
}

function tooLate(method: string, url: URL, limitMs: number): CulvertError {
  return new CulvertError(
    "idle_timeout",
    `${attemptedOf(method, url)} was not answered completely within ${limitMs} ms`,
    {
      hint: "Try again. If it happens again, a proxy may be buffering the reply.",
      details: { host: url.host, timeout_ms: limitMs },
    },
  );
}
