/**
 * One attempt of a turn: opens a response over the selected transport, and reads it or judges the refusal.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import type { Rejection } from "../../auth/authenticator.ts";
import type { RequestScope } from "../../auth/request_scope.ts";
import { type Authorized, type RecoveryStep, withAuthorization } from "../../auth/with_authorization.ts";
import { asCulvertError } from "../../errors.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { AuthEvent, EventBatch, StreamItem, TransportName } from "../events/events.ts";
import {
  type Failure,
  isBrokenConnection,
  networkFailure,
  type RefusalContext,
} from "../failures/failure.ts";
import type { HttpFailure, Refusal } from "../failures/http_failures.ts";
import type { TurnTrace } from "../request/inference_trace.ts";
import type { TurnRequest } from "../request/request.ts";
import type { FailedAttempt, Transport } from "../transport/transport.ts";
import type { ResponseReader } from "./reading/response_reader.ts";
import type { TurnParts } from "./run_turn.ts";
import { AttemptSender, contextOf, type OpenedAnswer } from "./send_attempt.ts";
import type { TurnProgress } from "./turn_progress.ts";

/** What an attempt is built from. */
export interface AttemptOptions {
  readonly request: TurnRequest;
  readonly parts: TurnParts;
  readonly progress: TurnProgress;
  readonly scope: RequestScope;
  readonly signal: AbortSignal;
  /** The 401 that the previous attempt met inside its response. */
  readonly rejection: Rejection | undefined;
  /** Absent if no inference trace is written. */
  readonly inference: TurnTrace | undefined;
}

/** How an attempt ended. */
export type AttemptEnd =
  | { readonly kind: "completed" }
  /** The request is sent again at once and spends no retry. */
  | { readonly kind: "resend"; readonly rejection?: Rejection }
  | (Omit<FailedAttempt, "brokenWebsockets"> & {
    readonly kind: "failed";
    readonly hasText: boolean;
    readonly hasOutput: boolean;
  });

/**
 * Makes one attempt and yields its events.
 *
 * @throws the reason of the signal when it is aborted
 */
export async function* runAttempt(options: AttemptOptions): AsyncGenerator<EventBatch, AttemptEnd> {
  const { parts, progress, signal } = options;
  signal.throwIfAborted();
  const transport = await raceAbort(parts.transports.select(), signal);
  const recoveries: RecoveryStep[] = [];
  const opened = await open(options, transport, recoveries);
  const authEvents = recoveries.map((step) => ({ event: authEvent(step, progress) }));
  // Where a response is open these events are yielded while it is read: a reader that leaves then releases it too.
  const events: StreamItem[] = [...parts.transports.pending().map((event) => ({ event })), ...authEvents];
  if (opened.kind === "failed") {
    if (events.length > 0) yield events;
    return requestFailed(transport.name, opened.failure, opened.url === undefined ? {} : { url: opened.url });
  }
  const { answer, authorization, error, facts, sentAt } = opened.authorized;
  const context = contextOf(parts, authorization, options.request);
  if (answer.opened.kind === "refused") {
    const { refusal } = answer.opened;
    // The body may be cut: an abort ends the wait for it.
    signal.throwIfAborted();
    progress.requestId = serverEvidence(refusal.headers).requestId ?? progress.requestId;
    const failure = await refusedBy(refusal, transport.name, context);
    yield [...events, ...limitEvents(parts, failure)];
    return requestFailed(
      transport.name,
      error === undefined ? failure : { error, retryable: false },
      {
        status: refusal.status,
        headers: refusal.headers,
        ...(refusal.url === undefined ? {} : { url: refusal.url }),
      },
    );
  }
  const { stream } = answer.opened;
  // What reads a response is loaded when there is one, so that the request is sent earlier.
  const [{ readResponse }, { ResponseReader }] = await Promise.all([
    import("./reading/read_response.ts"),
    import("./reading/response_reader.ts"),
  ]);
  const reader = new ResponseReader(parts.facts, stream.head, context);
  const { call } = answer;
  const failure = yield* readResponse({
    ...options,
    stream,
    reader,
    context,
    facts,
    sentAt,
    call,
    before: events,
  });
  if (failure === undefined) return { kind: "completed" };
  const { refusal } = failure;
  if (refusal?.status === 401) {
    progress.requestId = serverEvidence(refusal.headers).requestId ?? progress.requestId;
    if (options.scope.mayRecover && failure.isForeign !== true) {
      const { rejectionOf } = await import("../failures/rejection.ts");
      const rejection = rejectionOf(refusal, transport.name, authorization, context.secrets);
      return { kind: "resend", rejection };
    }
  }
  // A kept connection that had died unnoticed: no event means that the server has not answered this request.
  if (stream.head.reused && !reader.hasEvents && isBrokenConnection(failure.error)) return { kind: "resend" };
  return streamFailed(transport.name, failure, reader, refusal?.status);
}

/** Opens a response with the credential of the turn. Failures of the network are returned. */
async function open(
  { inference, parts, request, rejection, scope, signal }: AttemptOptions,
  transport: Transport,
  recoveries: RecoveryStep[],
): Promise<
  | { readonly kind: "answered"; readonly authorized: Authorized<OpenedAnswer> }
  | { readonly kind: "failed"; readonly failure: Failure; readonly url: URL | undefined }
> {
  const sender = new AttemptSender({ parts, request, scope, signal, transport, inference });
  const options = {
    endpoint: "/responses",
    transport: transport.name === "sse" ? "http" : "websocket",
    model: request.model,
    signal,
    onRecovery: (step: RecoveryStep) => void recoveries.push(step),
    ...(rejection === undefined ? {} : { rejection }),
  } as const;
  try {
    const authorized = await withAuthorization(scope, options, sender.send);
    return { kind: "answered", authorized };
  } catch (thrown) {
    if (signal.aborted) throw signal.reason;
    return { kind: "failed", failure: networkFailure(asCulvertError(thrown)), url: sender.url };
  }
}

/** Finds the failure that a refusal means. The code for it is loaded for a refusal only. */
async function refusedBy(
  refusal: Refusal,
  transport: TransportName,
  context: RefusalContext,
): Promise<HttpFailure> {
  return transport === "websocket"
    ? (await import("../failures/upgrade_failure.ts")).upgradeFailure(refusal, context, true)
    : (await import("../failures/http_failures.ts")).httpFailure(refusal, context);
}

function authEvent({ rejection, result }: RecoveryStep, progress: TurnProgress): AuthEvent {
  return {
    type: "culvert.auth",
    mode: rejection.sent?.mode ?? "none",
    phase: result.resend ? result.phase : result.reason,
    outcome: result.resend ? "recovery_succeeded" : result.outcome,
    request_id: rejection.evidence.requestId ?? progress.requestId,
  };
}

function limitEvents({ facts }: TurnParts, { snapshot }: HttpFailure): EventBatch {
  const known = snapshot === undefined ? undefined : facts.limits.record(snapshot);
  return known === undefined ? [] : [{ event: { type: "culvert.rate_limits", snapshot: known } }];
}

function requestFailed(
  transport: TransportName,
  failure: Failure,
  facts: Pick<FailedAttempt, "status" | "headers" | "url">,
): AttemptEnd {
  const nothing = { hasEvents: false, hasText: false, hasOutput: false };
  return { kind: "failed", transport, level: "request", failure, ...nothing, ...facts };
}

function streamFailed(
  transport: TransportName,
  failure: Failure,
  { hasEvents, hasOutput, hasText }: ResponseReader,
  status?: number,
): AttemptEnd {
  return {
    kind: "failed",
    transport,
    level: "stream",
    failure,
    hasEvents,
    hasOutput,
    hasText,
    ...(status === undefined ? {} : { status }),
  };
}
