/**
 * The websocket opened ahead of the first request, and nothing said over it.
 *
 * @module
 */
import type { Authenticator } from "../../../auth/authenticator.ts";
import { asCulvertError } from "../../../errors.ts";
import { networkFailure } from "../../failures/failure.ts";
import { httpFailure } from "../../failures/http_failures.ts";
import type { Identity } from "../../request/identity.ts";
import { secretsOf } from "../../failures/server_text.ts";
import type { TurnState } from "../../request/turn_state.ts";
import { failedWarmUp, type WarmUpOutcome } from "./warm_up.ts";
import type { WebSocketTransport } from "./websocket_transport.ts";

/** What it stands on. */
export interface PreconnectParts {
  readonly authenticator: Authenticator;
  readonly identity: Identity;
  readonly transport: WebSocketTransport;
  /** Of the first turn: servers of an earlier protocol state it on the upgrade. */
  readonly state: TurnState;
  /** Epoch ms. */
  readonly now: number;
}

/** Connects. Nothing of it is worth an error: the first turn finds out for itself what is wrong. */
export async function preconnect(parts: PreconnectParts, signal: AbortSignal): Promise<WarmUpOutcome> {
  const { authenticator, transport, identity, now, state } = parts;
  try {
    const authorization = await authenticator.authorize(signal);
    const refusal = await transport.preconnect({ authorization, identity }, state, signal);
    if (refusal === undefined) return { kind: "connected" };
    const failure = httpFailure(refusal, { now, secrets: secretsOf(authorization.headers) });
    return failedWarmUp({ level: "request", failure, status: refusal.status });
  } catch (thrown) {
    return failedWarmUp({ level: "request", failure: networkFailure(asCulvertError(thrown)) });
  }
}
