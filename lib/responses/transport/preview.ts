/**
 * Previews a request in the form in which it would be sent, with every secret masked.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import type { Settings } from "../../config/settings.ts";
import type { World } from "../../world/world.ts";
import { httpCallBody, httpCallHead } from "./sse/http_call.ts";
import { firstTurnContext } from "../request/identity.ts";
import type { RequestBody, TurnRequest } from "../request/request.ts";
import { handshake, requestFrame } from "./websocket/websocket_call.ts";

/** A previewed request. */
export interface RequestPreview {
  readonly method: "POST";
  readonly url: URL;
  /** Credentials, and all values of the provider's headers, are `***`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody;
}

/** The parts that a preview is made from. */
export interface PreviewOptions {
  readonly provider: Provider;
  readonly world: Pick<World, "env" | "now">;
  readonly settings: Pick<Settings, "installationId">;
  /** An authorization whose headers are already masked: no credential is read. */
  readonly authorization: Authorization;
}

/** Makes the preview of a turn over HTTP. */
export function previewRequest(request: TurnRequest, options: PreviewOptions): RequestPreview {
  const { authorization, provider, settings, world } = options;
  const context = firstTurnContext(settings, world);
  const call = { request, context, authorization, turnState: undefined };
  const head = httpCallHead(call, {
    ...provider,
    headers: masked(provider.headers),
    queryParams: masked(provider.queryParams),
  });
  return { ...head, body: httpCallBody(call, provider) };
}

/** The previewed upgrade of a websocket, and the first message of a turn over it. */
export interface UpgradePreview {
  readonly method: "GET";
  readonly url: URL;
  /** As in {@link RequestPreview}. */
  readonly headers: Readonly<Record<string, string>>;
  /** The message `response.create`. */
  readonly frame: unknown;
}

/** Previews a turn over a websocket. */
export function previewUpgrade(request: TurnRequest, options: PreviewOptions): UpgradePreview {
  const { authorization, provider, settings, world } = options;
  const context = firstTurnContext(settings, world);
  const { identity } = context;
  const shown = { ...provider, headers: masked(provider.headers), queryParams: masked(provider.queryParams) };
  const head = handshake({ authorization, identity, first: { context, request } }, shown);
  const call = { request, context, authorization, turnState: undefined };
  return { method: "GET", ...head, frame: JSON.parse(requestFrame(call, provider, {}, world.now())) };
}

/**
 * Masks headers and parameters of a provider: they may contain keys, which their names do not always show.
 */
function masked(values: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(values).map((name) => [name, "***"]));
}
