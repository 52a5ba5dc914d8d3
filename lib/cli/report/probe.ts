/**
 * The attempts of a report: the list of models over HTTP, and a websocket upgrade. Neither costs tokens. A 401 runs
 * the same recovery as in a turn.
 *
 * @module
 */
import { MODELS_REQUEST } from "../../api/models.ts";
import { sendRequest } from "../../api/send_request.ts";
import { RequestScope } from "../../auth/request_scope.ts";
import { sendUpgrade } from "../../doctor/transport/upgrade_request.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import { describeRoute } from "../../net/route/route.ts";
import { REGION_HINT } from "../../responses/failures/denial.ts";
import { baseUrl, endpointUrl, shownUrl, websocketUrl } from "../../responses/request/url.ts";
import type { Connection } from "../command/connection.ts";

/** Time limit of an attempt, ms. */
const LIMIT_MS = 15_000;

/** The result of an attempt, with all its sends. */
export interface ProbeResult {
  readonly transport: "http" | "websocket";
  readonly url: string;
  readonly route: string;
  /** Whether the server answered with a status below 400. */
  readonly ok: boolean;
  readonly error?: CulvertError;
}

/**
 * Requests the list of models, and an upgrade if the provider has websockets. Both share one scope, as the
 * requests of a turn do, so that a refused credential is renewed once.
 *
 * @throws the signal's reason
 */
export async function probe(connection: Connection, signal: AbortSignal): Promise<readonly ProbeResult[]> {
  const { settings: { provider } } = connection;
  const scope = new RequestScope({ ...connection, provider });
  const results = [await attempt(connection, "http", () => requestModels(connection, scope, signal), signal)];
  if (provider.supportsWebsockets) {
    results.push(
      await attempt(connection, "websocket", () => requestUpgrade(connection, scope, signal), signal),
    );
  }
  return results;
}

/** A reply of any status. */
interface Reply {
  readonly url: URL;
  readonly status: number;
  readonly error?: CulvertError;
}

async function requestModels(
  connection: Connection,
  scope: RequestScope,
  signal: AbortSignal,
): Promise<Reply> {
  const reply = await sendRequest(connection, scope, { ...MODELS_REQUEST, signal, timeoutMs: LIMIT_MS });
  // The body of another status is omitted, because it may repeat the request.
  const { denial, status, url } = reply;
  const error = reply.error ?? (denial === undefined ? undefined : regionDenied(url));
  return { url, status, ...(error === undefined ? {} : { error }) };
}

function regionDenied(url: URL): CulvertError {
  const message =
    `${url.host} does not offer the service in the country or region that the request came from`;
  return new CulvertError("region_denied", message, { hint: REGION_HINT, details: { denial: "geographic" } });
}

async function requestUpgrade(
  connection: Connection,
  scope: RequestScope,
  signal: AbortSignal,
): Promise<Reply> {
  const { answer, error } = await sendUpgrade(connection, scope, { signal, timeoutMs: LIMIT_MS });
  const { denial, outcome, status, url } = answer;
  if (outcome.kind === "open") outcome.channel.drop();
  const reason = error ?? (denial === undefined ? undefined : regionDenied(url));
  return { url, status, ...(reason === undefined ? {} : { error: reason }) };
}

async function attempt(
  connection: Connection,
  transport: ProbeResult["transport"],
  send: () => Promise<Reply>,
  signal: AbortSignal,
): Promise<ProbeResult> {
  try {
    const { error, status, url } = await send();
    const result = { transport, url: shownUrl(url), route: routeOf(connection, url), ok: status < 400 };
    return error === undefined ? result : { ...result, error };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    const url = plannedUrl(connection, transport);
    const shown = url === undefined ? "none" : shownUrl(url);
    const route = url === undefined ? "none" : routeOf(connection, url);
    return { transport, url: shown, route, ok: false, error: asCulvertError(thrown) };
  }
}

function routeOf({ dialer }: Connection, url: URL): string {
  return describeRoute(dialer.routes.resolve(url));
}

/** Returns the URL of an attempt that failed; `undefined` if there is no credential, on which it depends. */
function plannedUrl(
  { authenticator, settings: { provider } }: Connection,
  transport: ProbeResult["transport"],
): URL | undefined {
  const mode = authenticator.facts()?.mode;
  if (mode === undefined) return undefined;
  const path = transport === "http" ? "models" : "responses";
  const url = endpointUrl(baseUrl(provider, mode), path, provider.queryParams);
  return transport === "http" ? url : websocketUrl(url);
}
