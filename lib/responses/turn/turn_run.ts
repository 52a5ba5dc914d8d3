/**
 * What happens in a turn: attempt after attempt, until one completes or nothing is left to try.
 *
 * @module
 */
import type { Authenticator, Authorization, TurnRecovery } from "../../auth/authenticator.ts";
import type { Provider } from "../../config/provider.ts";
import { asCulvertError, CulvertError } from "../../errors.ts";
import { type Observer, SILENT } from "../../net/observer.ts";
import { serverEvidence } from "../../net/server_evidence.ts";
import type { World } from "../../world/world.ts";
import { observeAttempt, observeResponse } from "./attempt_observation.ts";
import type { EventBatch, StreamItem, TransportName } from "../events/events.ts";
import { type Failure, isBrokenConnection, networkFailure } from "../failures/failure.ts";
import {
  type HttpFailure,
  httpFailure,
  type Refusal,
  type RefusalContext,
} from "../failures/http_failures.ts";
import type { RequestContext } from "../request/identity.ts";
import type { ResponseReader, StreamEnd } from "./reader.ts";
import { rejectionOf } from "../failures/rejection.ts";
import type { TurnRequest } from "../request/request.ts";
import { interruption, type Timings, turnResult } from "./result.ts";
import { refusalError } from "../failures/refusal.ts";
import { RetryBudget } from "./retry_budget.ts";
import { secretsOf } from "../failures/server_text.ts";
import type { TurnFacts } from "./turn_facts.ts";
import type {
  Call,
  EventStream,
  FailedAttempt,
  Opened,
  Transport,
  TransportSelector,
} from "../transport/transport.ts";

/** The most 401s that a turn answers with another attempt; recovery itself ends sooner. */
const MAX_RECOVERIES = 4;

/** What a turn stands on. */
export interface TurnParts {
  readonly provider: Provider;
  readonly authenticator: Authenticator;
  readonly world: World;
  readonly observer?: Observer;
  readonly context: RequestContext;
  readonly facts: TurnFacts;
  readonly transport: TransportSelector;
}

/** How a turn runs. */
export interface RunOptions {
  readonly signal: AbortSignal;
  readonly restartAfterText: boolean;
  readonly mergeTextDeltas: boolean;
}

/**
 * The batches of one response, one at each call; `undefined` when there are no more. Handed out as a function,
 * because a batch that had to climb through the generators of a turn would pay for each of them.
 */
export type Pump = () => Promise<EventBatch | undefined>;

/** What a running turn yields: a batch, or a pump to be emptied before the turn is asked again. */
export type Step = EventBatch | Pump;

/** Runs a turn. The last batch ends with its result; nothing is thrown. */
export async function* runTurn(
  request: TurnRequest,
  parts: TurnParts,
  options: RunOptions,
): AsyncGenerator<Step, undefined> {
  const run = new TurnRun(request, parts, options);
  let error: CulvertError | undefined;
  try {
    error = yield* run.attempts();
  } catch (thrown) {
    error = options.signal.aborted ? interruption(options.signal.reason) : asCulvertError(thrown);
  }
  yield run.last(error);
}

/** How an attempt ended. */
type Ending =
  | { readonly kind: "completed" }
  /** Something was mended: the next attempt spends no retry. */
  | { readonly kind: "again" }
  | (Omit<FailedAttempt, "broken"> & {
    readonly kind: "failed";
    readonly hasText: boolean;
    readonly hasOutput: boolean;
  });

/** What stays the same within one attempt. */
interface Attempt {
  readonly transport: TransportName;
  readonly authorization: Authorization;
  readonly context: RefusalContext;
}

/** How far the reading of a response has come. */
interface Reading {
  end: StreamEnd | undefined;
  /** Events that came over the wire. */
  events: number;
}

class TurnRun {
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  readonly #options: RunOptions;
  readonly #budget: RetryBudget;
  readonly #recovery: TurnRecovery;
  readonly #begin: number;
  readonly #timings: Timings = { headers: null, firstEvent: null, firstText: null };
  #count = 0;
  #recoveries = 0;
  #broken = 0;
  #transport: TransportName | null = null;
  #requestId: string | null = null;

  constructor(request: TurnRequest, parts: TurnParts, options: RunOptions) {
    this.#request = request;
    this.#parts = parts;
    this.#options = options;
    this.#budget = new RetryBudget(parts.provider, parts.world.random);
    this.#recovery = parts.authenticator.startTurn();
    this.#begin = parts.world.monotonic();
  }

  /** Makes attempts. Returns the error that stands in the end, if one does. */
  async *attempts(): AsyncGenerator<Step, CulvertError | undefined> {
    const { transport, world } = this.#parts;
    for (;;) {
      const ending = yield* this.#attempt();
      if (ending.kind === "completed") {
        const { refusal } = this.#parts.facts;
        return refusal === undefined ? undefined : refusalError(refusal);
      }
      if (ending.kind === "again") continue;
      const { failure, level, hasText, hasOutput } = ending;
      if (hasText && !this.#options.restartAfterText) return withPartialOutput(failure.error);
      if (ending.transport === "websocket" && ending.hasEvents && isBrokenConnection(failure.error)) {
        this.#broken++;
      }
      const change = transport.reconsider({ ...ending, broken: this.#broken });
      if (change !== undefined) yield [{ event: change.event }];
      if (change?.free === true) continue;
      const retry = this.#budget.grant(level, failure);
      if (retry === undefined) return failure.error;
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
      await world.sleep(retry.delayMs, this.#options.signal);
    }
  }

  async *#attempt(): AsyncGenerator<Step, Ending> {
    const { authenticator, context, facts, observer = SILENT, provider, transport: selector, world } =
      this.#parts;
    const { mergeTextDeltas, signal } = this.#options;
    signal.throwIfAborted();
    const { name: transport, open } = await selector.select();
    const authorization = await authenticator.authorize(signal);
    const secrets = [...secretsOf(authorization.headers), ...secretsOf(provider.headers)];
    const judging: RefusalContext = { now: world.now(), secrets, providerName: provider.name };
    const attempt: Attempt = { transport, authorization, context: judging };
    const observe = observeAttempt(observer, world, {
      transport,
      attempt: this.#count++,
      authorization,
      provider,
    });
    const call: Call = {
      request: this.#request,
      context,
      authorization,
      turnState: facts.state.value,
      signal,
      mergeTextDeltas,
    };
    // What reads the answer is loaded while the server thinks about it.
    const [opened, { ResponseReader }] = await Promise.all([this.#open(open, call), import("./reader.ts")]);
    const pending: EventBatch = selector.pending().map((event) => ({ event }));
    // Told within the stream, where there is one: a reader who leaves there leaves the stream too.
    if (opened.kind !== "open" && pending.length > 0) yield pending;
    switch (opened.kind) {
      case "failed":
        observe({ error: opened.failure.error.code });
        return requestFailed(transport, opened.failure);
      case "refused":
        observe({ status: opened.refusal.status, headers: opened.refusal.headers });
        return yield* this.#refused(opened.refusal, attempt);
      case "open": {
        const { headers, reused } = opened.stream.head;
        observe({ status: transport === "sse" ? 200 : 101, headers, reused });
        const reader = new ResponseReader(this.#parts.facts, opened.stream.head, attempt.context);
        return yield* this.#stream(opened.stream, reader, attempt, pending);
      }
    }
  }

  async #open(
    open: Transport["open"],
    call: Call,
  ): Promise<Opened | { readonly kind: "failed"; readonly failure: Failure }> {
    try {
      return await open(call);
    } catch (thrown) {
      if (call.signal.aborted) throw call.signal.reason;
      return { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
    }
  }

  async *#refused(refusal: Refusal, attempt: Attempt): AsyncGenerator<Step, Ending> {
    this.#requestId = serverEvidence(refusal.headers).requestId ?? this.#requestId;
    const failure = httpFailure(refusal, attempt.context);
    if (failure.snapshot !== undefined) {
      const snapshot = this.#parts.facts.limits.record(failure.snapshot);
      if (snapshot !== undefined) yield [{ event: { type: "culvert.rate_limits", snapshot } }];
    }
    const failed = requestFailed(attempt.transport, failure, refusal.status);
    const isOver = failure.isForeign === true || this.#recoveries >= MAX_RECOVERIES;
    if (refusal.status !== 401 || isOver) return failed;
    this.#recoveries++;
    const rejection = rejectionOf(refusal, attempt.transport, attempt.authorization, attempt.context.secrets);
    const recovered = await this.#recovery.recover(rejection, this.#options.signal);
    yield [{
      event: {
        type: "culvert.auth",
        mode: attempt.authorization.mode,
        phase: recovered.resend ? recovered.phase : recovered.reason,
        outcome: recovered.resend ? "recovery_succeeded" : recovered.outcome,
        request_id: this.#requestId,
      },
    }];
    if (recovered.resend) return { kind: "again" };
    return requestFailed(attempt.transport, { error: recovered.error, retryable: false }, refusal.status);
  }

  async *#stream(
    stream: EventStream,
    reader: ResponseReader,
    attempt: Attempt,
    pending: EventBatch,
  ): AsyncGenerator<Step, Ending> {
    const { head } = stream;
    this.#transport = head.transport;
    this.#requestId = serverEvidence(head.headers).requestId ?? null;
    this.#timings.headers = this.#elapsed();
    const { observer = SILENT, provider, world } = this.#parts;
    const { authorization } = attempt;
    const { reused, transport } = head;
    const observe = observeResponse(observer, world, { transport, reused, authorization, provider });
    const reading: Reading = { end: undefined, events: 0 };
    try {
      yield [...pending, {
        event: {
          type: "culvert.connected",
          transport: head.transport,
          url: head.url,
          route: head.route,
          request_id: this.#requestId,
          reused: head.reused,
        },
      }, ...reader.begin()];
      yield () => this.#pump(stream, reader, reading);
      if (reading.end?.kind === "completed") return reading.end;
      this.#options.signal.throwIfAborted();
      const failure: HttpFailure = reading.end?.failure ?? reader.ended();
      const { refusal } = failure;
      if (refusal?.status === 401) return yield* this.#refused(refusal, attempt);
      // A kept connection that had died unnoticed: the request never was the server's, so it is simply sent again.
      if (head.reused && !reader.hasEvents && isBrokenConnection(failure.error)) return { kind: "again" };
      return streamFailed(head.transport, failure, reader, refusal?.status);
    } finally {
      stream.release();
      const isLeft = reading.end === undefined || this.#options.signal.aborted;
      const outcome = reading.end?.kind === "completed" ? "completed" : isLeft ? "cancelled" : "failed";
      const { failure } = reading.end?.kind === "failed" ? reading.end : {};
      const error = failure?.refusal?.status ?? failure?.error.code;
      observe({
        outcome,
        events: reading.events,
        ...(error === undefined || isLeft ? {} : { error }),
      });
    }
  }

  /** Reads on until there is a batch or the end; what is thrown on the way is an end too. */
  async #pump(
    stream: EventStream,
    reader: ResponseReader,
    reading: Reading,
  ): Promise<EventBatch | undefined> {
    if (reading.end !== undefined) return undefined;
    try {
      for (;;) {
        const texts = await stream.next();
        if (texts === null) {
          reading.end = { kind: "failed", failure: reader.ended() };
          return undefined;
        }
        reading.events += texts.length;
        const batch: StreamItem[] = [];
        const end = reader.read(texts, batch);
        this.#clock(reader);
        reading.end = end;
        // Before the end is told: whoever hears of it finds the connection kept, or gone.
        if (end !== undefined) stream.release(end.kind === "completed" ? end.response : undefined);
        if (batch.length > 0) return batch;
        if (end !== undefined) return undefined;
      }
    } catch (thrown) {
      reading.end = { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
      return undefined;
    }
  }

  #clock(reader: ResponseReader): void {
    const timings = this.#timings;
    if (timings.firstEvent === null && reader.hasEvents) timings.firstEvent = this.#elapsed();
    if (timings.firstText === null && reader.hasText) timings.firstText = this.#elapsed();
  }

  #elapsed(): number {
    return this.#parts.world.monotonic() - this.#begin;
  }

  /** The last batch. */
  last(error: CulvertError | undefined): EventBatch {
    const { facts } = this.#parts;
    const items: StreamItem[] = [];
    if (facts.skipped > 0) {
      const message = `${facts.skipped} of the stream's events could not be read and were left out`;
      items.push({ event: { type: "culvert.warning", code: "events_skipped", message } });
    }
    items.push({
      event: turnResult({
        error,
        modelRequested: this.#request.model,
        facts,
        transport: this.#transport,
        requestId: this.#requestId,
        timings: this.#timings,
        total: this.#elapsed(),
      }),
    });
    return items;
  }
}

function requestFailed(transport: TransportName, failure: Failure, status?: number): Ending {
  const nothing = { hasEvents: false, hasText: false, hasOutput: false };
  return {
    kind: "failed",
    transport,
    level: "request",
    failure,
    ...nothing,
    ...(status === undefined ? {} : { status }),
  };
}

function streamFailed(
  transport: TransportName,
  failure: Failure,
  reader: ResponseReader,
  status?: number,
): Ending {
  const { hasEvents, hasText, hasOutput } = reader;
  const facts = { hasEvents, hasText, hasOutput };
  return {
    kind: "failed",
    transport,
    level: "stream",
    failure,
    ...facts,
    ...(status === undefined ? {} : { status }),
  };
}

function withPartialOutput(error: CulvertError): CulvertError {
  return new CulvertError(error.code, error.message, {
    hint: "Part of the answer was already written, so it was not started over. Run it again" +
      (error.hint === undefined ? "." : `. ${error.hint}`),
    details: { ...error.details, partial_output: true },
    cause: error,
  });
}
