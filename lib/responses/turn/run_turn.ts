/**
 * Runs a turn: makes attempts until one completes, fails finally, or the retry budget is spent.
 *
 * @module
 */
import { RequestScope } from "../../auth/request_scope.ts";
import type { Authenticator, Rejection } from "../../auth/authenticator.ts";
import { deadline } from "../../async/deadline.ts";
import type { Provider } from "../../config/provider.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import { type Observer, SILENT } from "../../net/observer.ts";
import type { TurnSpans } from "../../net/turn_observation.ts";
import type { World } from "../../world/world.ts";
import type { EventBatch, ResultEvent, StreamItem } from "../events/events.ts";
import { type Failure, isBrokenConnection } from "../failures/failure.ts";
import { refusalError } from "../failures/refusal.ts";
import type { RequestContext } from "../request/identity.ts";
import type { InferenceTrace, TracedTurnEnd, TurnTrace } from "../request/inference_trace.ts";
import type { TurnRequest } from "../request/request.ts";
import { traceIds } from "../request/trace_context.ts";
import type { TransportSelector } from "../transport/transport.ts";
import { runAttempt } from "./attempt.ts";
import { interruption, turnResult } from "./result.ts";
import { RetryBudget } from "./retry_budget.ts";
import { toolCallOf } from "./tools/tool_call.ts";
import type { TurnFacts } from "./turn_facts.ts";
import { turnObservation } from "./turn_observation.ts";
import { TurnProgress } from "./turn_progress.ts";

/** What a turn is built from. */
export interface TurnParts {
  readonly provider: Provider;
  readonly authenticator: Authenticator;
  readonly world: World;
  readonly observer?: Observer;
  readonly context: RequestContext;
  readonly facts: TurnFacts;
  readonly transports: TransportSelector;
  /** Longest `Retry-After` that is waited out, ms. Default 60,000. */
  readonly maxRetryAfterMs?: number;
  /** See `SessionOptions`. */
  readonly wordError?: (error: CulvertError) => CulvertError;
  /** Absent if no inference trace is written. */
  readonly inferenceTrace?: InferenceTrace;
}

/** How a turn runs. */
export interface RunOptions {
  /** Aborts the turn. */
  readonly signal: AbortSignal;
  /** See `TurnOptions`. */
  readonly restartAfterText: boolean;
  /** See `TurnOptions`. */
  readonly timeoutMs?: number;
}

/** Runs a turn. The last batch ends with its `culvert.result`; nothing is thrown. */
export async function* runTurn(
  request: TurnRequest,
  parts: TurnParts,
  options: RunOptions,
): AsyncGenerator<EventBatch, undefined> {
  const { timeoutMs } = options;
  using limit = timeoutMs === undefined ? undefined : deadline(timeoutMs, parts.world, options.signal);
  const signal = limit?.signal ?? options.signal;
  const { context, observer = SILENT, world } = parts;
  const progress = new TurnProgress(world);
  const spans = observer.startTrace?.(context.trace);
  const scope = scopeOf(parts, spans);
  const startedAt = world.now();
  const { turnId } = context;
  const inference = parts.inferenceTrace?.turn({ turnId, request, providerName: parts.provider.name });
  let result: ResultEvent | undefined;
  try {
    let error: CulvertError | undefined;
    try {
      error = yield* runAttempts({ request, parts, scope, progress, inference }, { ...options, signal });
    } catch (thrown) {
      error = signal.aborted ? interruption(signal.reason) : asCulvertError(thrown);
    }
    const batch = lastBatch(request, parts, progress, error);
    result = batch.result;
    // Observed before the result is yielded: its reader finds the figures of the turn complete.
    if (observer !== SILENT) observeTurn();
    inference?.end(tracedEnd(result, error, parts.facts));
    yield batch.items;
  } finally {
    if (result === undefined && observer !== SILENT) observeTurn();
    if (result === undefined) inference?.end(tracedEnd(result, undefined, parts.facts));
  }

  function observeTurn(): void {
    observer.observe(
      turnObservation({ request, parts, progress, spans, startedAt, result, last: scope.lastFacts }),
    );
  }
}

/** The scope of the requests of a turn. */
function scopeOf(
  { authenticator, context, observer = SILENT, provider, world }: TurnParts,
  spans: TurnSpans | undefined,
): RequestScope {
  const trace = spans === undefined
    ? traceIds(context.trace)
    : { traceId: spans.traceId, parentSpanId: spans.callSpanId };
  const ids = { sessionId: context.identity.sessionId, turnId: context.turnId, ...trace };
  return new RequestScope({ authenticator, observer, provider, world, ids, ...(spans && { spans }) });
}

/** Describes the end of a turn for its trace. */
function tracedEnd(
  result: ResultEvent | undefined,
  error: CulvertError | undefined,
  { items }: TurnFacts,
): TracedTurnEnd {
  const status = result?.status ?? "interrupted";
  if (status === "interrupted") return { status: "cancelled", isContinued: false };
  if (status !== "completed") return { status: "failed", error, isContinued: false };
  return { status, isContinued: items.some((item) => toolCallOf(item) !== undefined) };
}

/** What the attempts of a turn share. */
interface Attempts {
  readonly request: TurnRequest;
  readonly parts: TurnParts;
  readonly scope: RequestScope;
  readonly progress: TurnProgress;
  readonly inference: TurnTrace | undefined;
}

/** Makes attempts. Returns the error that the turn ends with, or nothing if it completed. */
async function* runAttempts(
  { inference, parts, progress, request, scope }: Attempts,
  options: RunOptions,
): AsyncGenerator<EventBatch, CulvertError | undefined> {
  const { context, facts, provider, transports, world } = parts;
  const { observer } = scope;
  const ids = { sessionId: context.identity.sessionId, turnId: context.turnId };
  const budget = new RetryBudget(provider, world.random, parts.maxRetryAfterMs);
  let brokenWebsockets = 0;
  let rejection: Rejection | undefined;
  for (;;) {
    const { signal } = options;
    const end = yield* runAttempt({ request, parts, progress, scope, signal, rejection, inference });
    if (end.kind === "completed") {
      return facts.refusal === undefined ? undefined : refusalError(facts.refusal);
    }
    rejection = end.kind === "resend" ? end.rejection : undefined;
    if (end.kind === "resend") continue;
    const { failure, hasEvents, hasOutput, hasText, level, transport } = end;
    if (hasText && !options.restartAfterText) return withPartialOutput(failure);
    if (transport === "websocket" && hasEvents && isBrokenConnection(failure.error)) brokenWebsockets++;
    const change = transports.reconsider({ ...end, brokenWebsockets });
    if (change?.event.type === "culvert.fallback") observer.observe({ kind: "fallback", ...ids });
    if (change !== undefined) yield [{ event: change.event }];
    if (change?.free === true) continue;
    const retry = budget.grant(level, failure);
    if (retry === undefined) return failure.error;
    observer.observe({ kind: "retry", level, error: failure.error.code, delayMs: retry.delayMs, ...ids });
    yield [{
      event: {
        type: "culvert.retry",
        level,
        attempt: retry.attempt,
        max: retry.max,
        delay_ms: retry.delayMs,
        code: failure.error.code,
        message: failure.error.message,
        discards_output: hasOutput,
      },
    }];
    await world.sleep(retry.delayMs, options.signal);
  }
}

/** The batch that ends a turn: warnings about the whole turn, and the result. */
function lastBatch(
  request: TurnRequest,
  { facts, wordError }: TurnParts,
  progress: TurnProgress,
  failure: CulvertError | undefined,
): { readonly items: EventBatch; readonly result: ResultEvent } {
  const error = failure === undefined || wordError === undefined ? failure : wordError(failure);
  const items: StreamItem[] = facts.warnings.map((event) => ({ event }));
  if (facts.skipped > 0) {
    const message = `${facts.skipped} of the stream's events could not be read and were omitted`;
    items.push({ event: { type: "culvert.warning", code: "events_skipped", message } });
  }
  const result = turnResult({ error, modelRequested: request.model, facts, progress });
  return { items: [...items, { event: result }], result };
}

/** The error of a turn that cannot be started over because part of its answer was already written. */
function withPartialOutput({ error, retryable }: Failure): CulvertError {
  const hint = retryable
    ? `Part of the answer was already written, so the request was not sent again. Run it again${
      error.hint === undefined ? "." : `. ${error.hint}`
    }`
    : error.hint;
  return new CulvertError(error.code, error.message, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...error.details, partial_output: true },
    cause: error,
  });
}
