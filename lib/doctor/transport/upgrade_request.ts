/**
 * Sends the websocket upgrade of a turn without a turn. The doctor and the bug report use it.
 *
 * @module
 */
import type { ApiConnection } from "../../api/send_request.ts";
import type { RequestScope } from "../../auth/request_scope.ts";
import { type Answer, type Authorized, withAuthorization } from "../../auth/with_authorization.ts";
import type { WebSocketOutcome } from "../../net/websocket/websocket.ts";
import { refusedAnswer } from "../../responses/failures/rejection.ts";
import { secretsOf } from "../../responses/failures/server_text.ts";
import { shownUrl } from "../../responses/request/url.ts";
import { handshake } from "../../responses/transport/websocket/websocket_call.ts";
import { firstCall } from "./turn_head.ts";

/** Options of {@link sendUpgrade}. */
export interface UpgradeOptions {
  /** Time limit for DNS, TCP, proxy, TLS and upgrade together, ms. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** The outcome of an upgrade. */
export interface UpgradeAnswer extends Answer {
  readonly url: URL;
  readonly outcome: WebSocketOutcome;
}

/**
 * Sends the upgrade with the headers of a turn. The caller owns an open websocket and must drop it.
 *
 * @param scope decides whether a 401 renews the credential
 * @throws CulvertError `auth_*`, of the network and TLS codes; the signal's reason
 */
export async function sendUpgrade(
  { dialer, settings, world }: ApiConnection,
  scope: RequestScope,
  { signal, timeoutMs }: UpgradeOptions,
): Promise<Authorized<UpgradeAnswer>> {
  return await withAuthorization(
    scope,
    { endpoint: "/responses", transport: "websocket", signal },
    async (authorization) => {
      const { context, request } = firstCall(settings, world, authorization);
      const caller = { authorization, identity: context.identity, first: { context, request } };
      const { headers, url } = handshake(caller, settings.provider);
      const outcome = await dialer.openWebSocket({ url, headers, signal, connectTimeoutMs: timeoutMs });
      if (outcome.kind === "open") {
        return { status: 101, headers: outcome.channel.headers, url, outcome };
      }
      const attempted = `The websocket upgrade of ${shownUrl(url)}`;
      const { body, headers: replied, status } = outcome;
      const secrets = secretsOf(authorization.headers);
      const refusal = { status, headers: replied, body, url, attempted };
      return { ...refusedAnswer(refusal, { now: world.now(), secrets }), url, outcome };
    },
  );
}
