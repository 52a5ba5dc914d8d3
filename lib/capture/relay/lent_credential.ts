/**
 * Lends the credential of this program to the requests of others: adds it, and renews it when a server refuses it.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { Connection } from "../../connect/connect.ts";
import type { OutgoingRequest } from "../../net/server/forward/forwarding.ts";
import {
  endToEndHeaders,
  headerPairs,
  replaceHeaders,
  upgradeHeaders,
  withoutHeaders,
} from "../../net/server/forward/raw_headers.ts";
import { hostHeaderOf } from "../../net/server/forward/upstream.ts";
import type { RelayForward, RelayRequest } from "../../net/server/relay_server.ts";
import { rejectionOf } from "../../responses/failures/rejection.ts";
import { secretsOf } from "../../responses/failures/server_text.ts";
import { baseUrl } from "../../responses/request/url.ts";
import { relayFailure } from "./relay_error.ts";
import { type MountedPath, relayTarget } from "./relay_path.ts";

/** What is needed of a connection. */
export type LendingConnection = Pick<Connection, "authenticator" | "settings">;

/**
 * Fields of a client that never reach the server: its local credential, wherever an SDK puts it, and the account that
 * belongs to a credential.
 */
const LOCAL_FIELDS = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "chatgpt-account-id",
  "x-openai-fedramp",
  "origin",
  "referer",
  "cookie",
]);

/** What a lent request reports. */
export interface LendingEvents {
  /** A 401 was handled: the credential was renewed, or could not be. */
  readonly recovered: (message: string) => void;
}

/**
 * Prepares a request for the provider of the connection.
 *
 * @param mounted its path below `/v1`
 * @throws CulvertError `auth_*` where there is no credential, `config` for a base URL that cannot be used
 */
export async function lendCredential(
  request: RelayRequest,
  mounted: MountedPath,
  connection: LendingConnection,
  events: LendingEvents,
  signal: AbortSignal,
): Promise<RelayForward> {
  const { authenticator } = connection;
  const endpoint = mounted.path === "" ? "/" : mounted.path;
  const recovery = authenticator.startTurn();
  let sent = await authenticator.authorize(signal, endpoint);
  return {
    request: lentRequest(request, mounted, connection, sent),
    failure: (error) => relayFailure(error, "model"),
    renew: async ({ rawHeaders, body }, stop) => {
      const secrets = [...secretsOf(sent.headers), ...secretsOf(connection.settings.provider.headers)];
      const refusal = {
        status: 401,
        headers: headersOf(rawHeaders),
        body: new TextDecoder().decode(body),
        attempted: `${request.method} ${endpoint}`,
      };
      const wire = request.isUpgrade ? "websocket" : "sse";
      const rejection = { ...rejectionOf(refusal, wire, sent, secrets), endpoint };
      const result = await recovery.recover(rejection, stop);
      if (!result.resend) {
        events.recovered(result.error.message);
        return undefined;
      }
      events.recovered(`401 from the server: ${result.phase} succeeded, the request is sent again`);
      sent = await authenticator.authorize(stop, endpoint);
      return lentRequest(request, mounted, connection, sent);
    },
  };
}

function lentRequest(
  { rawHeaders, isUpgrade }: RelayRequest,
  mounted: MountedPath,
  { settings: { provider } }: LendingConnection,
  { mode, headers }: Authorization,
): OutgoingRequest {
  const { origin, path } = relayTarget(baseUrl(provider, mode), mounted, provider.queryParams);
  const own = withoutHeaders(
    isUpgrade ? upgradeHeaders(rawHeaders) : endToEndHeaders(rawHeaders),
    LOCAL_FIELDS,
  );
  const given = new Set(headerPairs(own).map(([name]) => name.toLowerCase()));
  // As in a turn: the headers of the provider, then those of the request, then those of the credential.
  const added = Object.entries(provider.headers).filter(([name]) => !given.has(name.toLowerCase()));
  const replaced = replaceHeaders([...own, ...added.flat()], { ...headers, host: hostHeaderOf(origin) });
  return { origin, path, rawHeaders: replaced };
}

function headersOf(rawHeaders: readonly string[]): Headers {
  const headers = new Headers();
  for (const [name, value] of headerPairs(rawHeaders)) {
    try {
      headers.append(name, value);
    } catch (error) {
      // A field that is not valid is no evidence.
      if (!(error instanceof TypeError)) throw error;
    }
  }
  return headers;
}
