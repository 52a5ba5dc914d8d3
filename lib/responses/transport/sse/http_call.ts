/**
 * The request that carries a turn over HTTP, as a value.
 *
 * @module
 */
import { isCodexBackend } from "../../../auth/auth_headers.ts";
import type { Provider } from "../../../config/provider.ts";
import { mergeHeaders } from "../../request/call_headers.ts";
import { betaHeaders, clientMetadata, identityHeaders, routingHint } from "../../request/identity.ts";
import { type RequestBody, requestBody } from "../../request/request.ts";
import { traceHeaders } from "../../request/trace_context.ts";
import { TURN_STATE } from "../../request/turn_state.ts";
import { baseUrl, endpointUrl } from "../../request/url.ts";
import type { Call } from "../transport.ts";

/** What a call depends on; how its answer is read does not matter here. */
export type CallFacts = Omit<Call, "signal" | "recorder">;

/** Everything before the body. */
export interface HttpCallHead {
  readonly method: "POST";
  readonly url: URL;
  /** Complete but for the coding of the body. Holds the credential. */
  readonly headers: Readonly<Record<string, string>>;
}

/** Method, address and headers of `POST responses`. */
export function httpCallHead(call: CallFacts, provider: Provider): HttpCallHead {
  const { authorization, context, request, turnState } = call;
  return {
    method: "POST",
    url: endpointUrl(baseUrl(provider, authorization.mode), "responses", provider.queryParams),
    headers: mergeHeaders(
      { originator: context.identity.originator, ...traceHeaders(context.trace) },
      provider.headers,
      { "Content-Type": "application/json", Accept: "text/event-stream" },
      identityHeaders(context, request),
      betaHeaders(provider),
      turnState === undefined ? {} : { [TURN_STATE]: turnState },
      isCodexBackend(provider, authorization)
        ? { "x-codex-routing-hint": routingHint(request.model, request.serviceTier) }
        : {},
      authorization.headers,
      request.headers ?? {},
    ),
  };
}

/** The body of `POST responses`. */
export function httpCallBody(call: CallFacts, provider: Provider): RequestBody {
  return requestBody(call.request, {
    providerName: provider.name,
    sessionId: call.context.identity.sessionId,
    clientMetadata: clientMetadata(call.context, call.request),
  });
}
