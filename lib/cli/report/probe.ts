/**
 * The attempts of a report: the list of models over HTTP, and a websocket that is opened and let go. Neither costs
 * a token. A 401 runs the same recovery as in a turn.
 *
 * @module
 */
import type { Authorization, Rejection, TurnRecovery } from "../../auth/authenticator.ts";
import { RequestScope } from "../../auth/request_scope.ts";
import { asCulvertError, type CulvertError } from "../../errors.ts";
import type { RequestObservation } from "../../net/observer.ts";
import { describeRoute } from "../../net/route/route.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import { mergeHeaders } from "../../responses/request/call_headers.ts";
import { baseUrl, endpointUrl, shownUrl, websocketUrl } from "../../responses/request/url.ts";
import { VERSION } from "../../version.ts";
import type { Connection } from "../command/connection.ts";

const LIMIT_MS = 15_000;
/** More sends than recovery ever grants. */
const MAX_SENDS = 4;

/** One kind of attempt, however many sends it took. */
export interface ProbeResult {
  readonly transport: "http" | "websocket";
  readonly url: string;
  readonly route: string;
  /** `ok` when the server took the credential; any answer but a refusal counts. */
  readonly ok: boolean;
  readonly error?: CulvertError;
}

/** A send that came back. */
interface Reply {
  readonly status: number;
  readonly headers: Headers;
}

type Send = (url: URL, authorization: Authorization, signal: AbortSignal) => Promise<Reply>;

/** Tries HTTP, and the websocket where the provider has one. */
export async function probe(connection: Connection, signal: AbortSignal): Promise<readonly ProbeResult[]> {
  // One turn, as far as recovery is concerned: a refusal of both costs one refresh.
  const recovery = connection.authenticator.startTurn();
  const results = [await attempt(connection, recovery, "http", "/models", askModels(connection), signal)];
  if (connection.settings.provider.supportsWebsockets) {
    results.push(
      await attempt(connection, recovery, "websocket", "/responses", openSocket(connection), signal),
    );
  }
  return results;
}

function askModels({ dialer }: Connection): Send {
  return async (url, authorization, signal) => {
    const target = new URL(url);
    target.searchParams.set("client_version", VERSION);
    const reply = await dialer.request({
      method: "GET",
      url: target,
      headers: mergeHeaders({ accept: "application/json" }, authorization.headers),
      headerTimeoutMs: LIMIT_MS,
      signal,
    });
    await reply.body?.cancel();
    return reply;
  };
}

function openSocket({ dialer }: Connection): Send {
  return async (url, authorization, signal) => {
    const outcome = await dialer.openWebSocket({
      url: websocketUrl(url),
      headers: mergeHeaders({ "openai-beta": "responses_websockets=2026-02-06" }, authorization.headers),
      connectTimeoutMs: LIMIT_MS,
      signal,
    });
    if (outcome.kind === "refused") return outcome;
    outcome.channel.drop();
    return { status: 101, headers: outcome.channel.headers };
  };
}

async function attempt(
  connection: Connection,
  recovery: TurnRecovery,
  transport: "http" | "websocket",
  endpoint: string,
  send: Send,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { authenticator, dialer, settings, world, observer } = connection;
  let url = new URL("about:blank");
  let route = "none";
  try {
    for (let count = 0;; count++) {
      const authorization = await authenticator.authorize(signal, endpoint);
      const path = transport === "http" ? "models" : "responses";
      url = endpointUrl(baseUrl(settings.provider, authorization.mode), path, settings.provider.queryParams);
      route = describeRoute(dialer.routes.resolve(url));
      const begin = world.monotonic();
      const facts = {
        kind: "request",
        transport,
        endpoint,
        attempt: 0,
        authHeaderAttached: "authorization" in authorization.headers,
        ...new RequestScope({ ...connection, provider: settings.provider, recovers: false }).callerFacts(
          authorization,
        ),
      } as const satisfies Partial<RequestObservation>;
      let reply: Reply;
      try {
        reply = await send(url, authorization, signal);
      } catch (thrown) {
        const { code } = asCulvertError(thrown);
        observer.observe({ ...facts, durationMs: world.monotonic() - begin, error: code, evidence: {} });
        throw thrown;
      }
      const { status, headers } = reply;
      observer.observe({
        ...facts,
        durationMs: world.monotonic() - begin,
        status,
        evidence: serverEvidence(headers),
        ...(status >= 400 ? { error: `http ${status}` } : {}),
      });
      const shown = { transport, url: shownUrl(url), route };
      if (status !== 401 || count >= MAX_SENDS) return { ...shown, ok: status < 400 };
      const rejection: Rejection = {
        endpoint,
        transport,
        evidence: serverEvidence(headers),
        sent: authorization,
        url,
      };
      const result = await recovery.recover(rejection, signal);
      if (!result.resend) return { ...shown, ok: false, error: result.error };
    }
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    return { transport, url: shownUrl(url), route, ok: false, error: asCulvertError(thrown) };
  }
}
