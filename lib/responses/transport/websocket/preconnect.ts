/**
 * Preconnecting: the websocket is opened before the first request is known, and nothing is sent over it.
 *
 * @module
 */
import type { RequestScope } from "../../../auth/request_scope.ts";
import { withAuthorization } from "../../../auth/with_authorization.ts";
import { asCulvertError } from "../../../errors.ts";
import { networkFailure, type RefusalContext } from "../../failures/failure.ts";
import { httpFailure } from "../../failures/http_failures.ts";
import { refusedAnswer } from "../../failures/rejection.ts";
import { secretsOf } from "../../failures/server_text.ts";
import type { Identity } from "../../request/identity.ts";
import type { TurnState } from "../../request/turn_state.ts";
import { failedPreparation, type PreparationOutcome, refusedBy } from "./preparation.ts";
import type { WebSocketTransport } from "./websocket_transport.ts";

/** The parts that a preconnect is built from. */
export interface PreconnectParts {
  readonly scope: RequestScope;
  readonly identity: Identity;
  readonly transport: WebSocketTransport;
  /** Sticky state of the first turn: servers of an earlier protocol version send it with the upgrade. */
  readonly state: TurnState;
}

/** Opens the websocket. Failures are outcomes, not exceptions: the first turn receives and reports them. */
export async function preconnect(
  { identity, scope, state, transport }: PreconnectParts,
  signal: AbortSignal,
): Promise<PreparationOutcome> {
  const send = { endpoint: "/responses", transport: "websocket", signal } as const;
  try {
    const { answer: { refused } } = await withAuthorization(scope, send, async (authorization) => {
      const opened = await transport.preconnect({ authorization, identity }, state, signal);
      if (opened.kind === "connected") return { status: 101, headers: opened.headers, refused: undefined };
      const { refusal } = opened;
      const context: RefusalContext = { now: scope.world.now(), secrets: secretsOf(authorization.headers) };
      return { ...refusedAnswer(refusal, context), refused: { refusal, context } };
    });
    if (refused === undefined) return { kind: "connected" };
    const { context, refusal } = refused;
    return failedPreparation({
      level: "request",
      failure: httpFailure(refusal, context),
      ...refusedBy(refusal),
    });
  } catch (thrown) {
    return failedPreparation({ level: "request", failure: networkFailure(asCulvertError(thrown)) });
  }
}
