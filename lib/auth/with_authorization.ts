/**
 * The only function that sends a request with a credential: it authorizes the request, sends it, and after a 401
 * recovers and sends it again. Turns over SSE and websocket, unary API calls, websocket preparation and probes use it.
 *
 * @module
 */
import { asCulvertError, type CulvertError } from "../errors.ts";
import { type RequestFacts, type RequestObservation, SILENT } from "../net/observer.ts";
import { serverEvidence } from "../net/server_evidence.ts";
import { randomTraceId } from "../text/trace_id.ts";
import type { Authorization, RecoveryResult, Rejection } from "./authenticator.ts";
import type { RequestScope } from "./request_scope.ts";

/** A request to make. */
export interface AuthorizedRequest extends Pick<RequestFacts, "endpoint" | "transport" | "model"> {
  /** Aborts authorization, recovery and the wait between them. `send` must obey it by itself. */
  readonly signal?: AbortSignal;
  /** A 401 that the previous request met inside its response: it is recovered from before anything is sent. */
  readonly rejection?: Rejection;
  /** Called after each recovery step, before the request is sent again. */
  readonly onRecovery?: (recovery: RecoveryStep) => void;
}

/** One recovery step and the 401 that led to it. */
export interface RecoveryStep {
  readonly rejection: Rejection;
  readonly result: RecoveryResult;
}

/** What one send came back with. Every status is an answer; only failures of the network throw. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** Set on a websocket request: whether the connection existed before. */
  readonly reused?: boolean;
  /** Set where the service is not offered in the country or region that the request came from. */
  readonly denial?: "geographic";
  /**
   * What the body of a 401 says. Absent: the answer is returned without recovery, because it is no 401 or because it
   * does not speak of this credential.
   */
  readonly rejected?: Pick<Rejection, "url" | "message" | "code">;
}

/** The last answer, and how it was reached. */
export interface Authorized<A extends Answer> {
  readonly answer: A;
  /** What the answered request carried. */
  readonly authorization: Authorization;
  /** Identifies the answered request in observations. */
  readonly facts: RequestFacts;
  /** When the answered request was sent, on the monotonic clock, ms. */
  readonly sentAt: number;
  /** Set where the answer is a 401 after recovery: `auth_rejected` or `auth_refresh_failed`. */
  readonly error?: CulvertError;
}

/**
 * Sends a request with the credential of a scope. A 401 is followed by one step of recovery and another send, at most
 * four times in a scope. Each send is observed.
 *
 * @param send makes one attempt with the given headers; the second argument identifies it in observations
 * @throws CulvertError `auth_missing` and other `auth_*` from the authenticator; what `send` throws; the reason of the
 *   signal when it is aborted
 */
export async function withAuthorization<A extends Answer>(
  scope: RequestScope,
  request: AuthorizedRequest,
  send: (authorization: Authorization, facts: RequestFacts) => Promise<A>,
): Promise<Authorized<A>> {
  const { endpoint, onRecovery, rejection, signal, transport } = request;
  if (rejection !== undefined) {
    const result = await scope.recover(rejection, signal);
    if (result !== undefined) onRecovery?.({ rejection, result });
    if (result?.resend === false) throw result.error;
  }
  for (;;) {
    const authorization = await scope.authenticator.authorize(signal, endpoint);
    const { answer, facts, sentAt } = await observedSend(scope, request, authorization, send);
    if (answer.rejected === undefined) return { answer, authorization, facts, sentAt };
    const refused: Rejection = {
      endpoint,
      transport,
      evidence: serverEvidence(answer.headers),
      sent: authorization,
      ...answer.rejected,
    };
    const result = await scope.recover(refused, signal);
    if (result === undefined) return { answer, authorization, facts, sentAt };
    onRecovery?.({ rejection: refused, result });
    if (!result.resend) return { answer, authorization, facts, sentAt, error: result.error };
  }
}

/** Sends once and observes the request. */
async function observedSend<A extends Answer>(
  scope: RequestScope,
  { endpoint, model, transport }: AuthorizedRequest,
  authorization: Authorization,
  send: (authorization: Authorization, facts: RequestFacts) => Promise<A>,
): Promise<Pick<Authorized<A>, "answer" | "facts" | "sentAt">> {
  const { ids, observer, world } = scope;
  const startedAt = world.now();
  const sentAt = world.monotonic();
  const isObserved = observer !== SILENT;
  const facts: RequestFacts = {
    transport,
    endpoint,
    attempt: scope.nextAttempt(),
    startedAt,
    ...ids,
    ...(model === undefined ? {} : { model }),
    ...(isObserved ? { spanId: randomTraceId(8), ...scope.callerFacts(authorization) } : {}),
  };
  scope.lastFacts = facts;
  const observe = (
    outcome: Pick<RequestObservation, "status" | "error" | "denial" | "evidence" | "connectionReused">,
  ) =>
    observer.observe({
      kind: "request",
      ...facts,
      durationMs: world.monotonic() - sentAt,
      authHeaderAttached: Object.keys(authorization.headers).some((name) => /^authorization$/i.test(name)),
      ...outcome,
    });
  try {
    const answer = await send(authorization, facts);
    const { headers, reused, status } = answer;
    if (isObserved) {
      observe({
        status,
        ...(status >= 300 ? { error: `http ${status}` } : {}),
        evidence: serverEvidence(headers),
        ...(answer.denial === undefined ? {} : { denial: answer.denial }),
        ...(reused === undefined ? {} : { connectionReused: reused }),
      });
    }
    return { answer, facts, sentAt };
  } catch (thrown) {
    if (isObserved) observe({ error: asCulvertError(thrown).code, evidence: {} });
    throw thrown;
  }
}
