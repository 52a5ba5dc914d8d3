/**
 * Builds the upgrade request and the frame of a turn over a websocket.
 *
 * @module
 */
import { isCodexBackend } from "../../../auth/auth_headers.ts";
import type { Authorization } from "../../../auth/authenticator.ts";
import type { Provider } from "../../../config/provider.ts";
import { TIMINGS_HEADERS } from "../../events/server_timings.ts";
import { mergeHeaders } from "../../request/call_headers.ts";
import {
  betaHeaders,
  type Identity,
  identityHeaders,
  type RequestContext,
  routingHint,
  sessionHeaders,
} from "../../request/identity.ts";
import { INFERENCE_CALL_ID } from "../../request/inference_trace.ts";
import type { RequestBody, TurnRequest } from "../../request/request.ts";
import { requestJson } from "../../request/request_json.ts";
import { traceMetadata } from "../../request/trace_context.ts";
import { TURN_STATE } from "../../request/turn_state.ts";
import { baseUrl, endpointUrl, websocketUrl } from "../../request/url.ts";
import { type CallFacts, httpCallBody } from "../sse/http_call.ts";

/** The protocol version that the upgrade requests, as the codex client does (0.171.0). */
const BETA = "responses_websockets=2026-02-06";

/** The caller that opens a connection, and its first request. */
export interface Caller {
  readonly authorization: Authorization;
  readonly identity: Identity;
  /** The first request over the connection; absent if none is known yet. */
  readonly first?: { readonly context: RequestContext; readonly request: TurnRequest };
  /** Whether the server's own timings are requested. Default false. */
  readonly serverTimings?: boolean;
}

/** Returns URL and headers of the upgrade. The headers never contain the sticky state of a turn. */
export function handshake(
  { authorization, first, identity, serverTimings }: Caller,
  provider: Provider,
): { readonly url: URL; readonly headers: Readonly<Record<string, string>> } {
  return {
    url: websocketUrl(endpointUrl(baseUrl(provider, authorization.mode), "responses", provider.queryParams)),
    headers: mergeHeaders(
      { originator: identity.originator },
      provider.headers,
      first === undefined ? sessionHeaders(identity) : identityHeaders(first.context, first.request),
      betaHeaders(provider),
      first !== undefined && isCodexBackend(provider, authorization)
        ? { "x-codex-routing-hint": routingHint(first.request.model, first.request.serviceTier) }
        : {},
      { "OpenAI-Beta": BETA, ...(serverTimings === true ? TIMINGS_HEADERS : {}) },
      authorization.headers,
      first?.request.headers ?? {},
    ),
  };
}

/**
 * Returns a key for the extra headers of a request: the headers of its upgrade apply to all requests of a
 * websocket.
 */
export function extraHeadersKey(request: TurnRequest | undefined): string {
  const entries = Object.entries(mergeHeaders(request?.headers ?? {}));
  return JSON.stringify(entries.map(([name, value]) => [name.toLowerCase(), value]).sort());
}

/** The part that is sent in a frame instead of the whole request. */
export interface FrameOverrides {
  /** The response on this connection that the request continues. */
  readonly previousResponseId?: string;
  readonly input?: RequestBody["input"];
  /** False for a prewarm request: no answer is generated. */
  readonly generate?: false;
}

/** The message of a request: its body, and the fields that only a websocket has. */
export interface RequestMessage extends RequestBody {
  readonly type: "response.create";
  readonly generate?: false;
}

/** Returns the text frame of a request. See {@link requestMessage}. */
export function requestFrame(...parameters: Parameters<typeof requestMessage>): string {
  return requestJson(requestMessage(...parameters));
}

/**
 * Returns the message of a request: the body as over HTTP, and the fields that only a websocket has.
 *
 * @param now wall clock, ms since 1970; sent for the timings of the server
 * @param inferenceCallId sent while an inference trace is written
 */
export function requestMessage(
  call: CallFacts,
  provider: Provider,
  overrides: FrameOverrides,
  now: number,
  inferenceCallId?: string,
): RequestMessage {
  const body = httpCallBody(call, provider);
  const { generate, input, previousResponseId } = overrides;
  return {
    type: "response.create",
    ...body,
    ...(input === undefined ? {} : { input }),
    ...(previousResponseId === undefined ? {} : { previous_response_id: previousResponseId }),
    ...(generate === undefined ? {} : { generate }),
    client_metadata: {
      ...body.client_metadata,
      ...(call.turnState === undefined ? {} : { [TURN_STATE]: call.turnState }),
      ...(call.request.lite === true
        ? { ws_request_header_x_openai_internal_codex_responses_lite: "true" }
        : {}),
      ...traceMetadata(call.context.trace),
      ...(inferenceCallId === undefined ? {} : { [INFERENCE_CALL_ID]: inferenceCallId }),
      "x-codex-ws-stream-request-start-ms": String(Math.trunc(now)),
    },
  };
}
