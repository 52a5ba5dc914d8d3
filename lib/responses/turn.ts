/**
 * One turn: a request, its retries and recoveries, and everything that comes back, as one sequence of events with
 * exactly one `culvert.result` at its end.
 *
 * @module
 */
import type { Authenticator, Rejection, TurnRecovery } from "../auth/authenticator.ts";
import type { Provider } from "../config/provider.ts";
import { asCulvertError, CulvertError } from "../errors.ts";
import { type Observer, SILENT } from "../net/observer.ts";
import { serverEvidence } from "../net/server_evidence.ts";
import type { World } from "../world.ts";
import type { EventBatch, ResponseEvent, RetryEvent, StreamItem, Wire } from "./events.ts";
import { type Failure, networkFailure } from "./failure.ts";
import { httpFailure, type Refusal, type RefusalContext } from "./http_failures.ts";
import type { RequestContext } from "./identity.ts";
import { ResponseReader } from "./reader.ts";
import type { TurnRequest } from "./request.ts";
import { interruption, type Timings, turnResult } from "./result.ts";
import { RetryBudget } from "./retry_budget.ts";
import { errorInBody, secretsOf, shownText } from "./server_text.ts";
import { observeAttempt } from "./attempt_observation.ts";
import type { TurnFacts } from "./turn_facts.ts";
import type { Call, Carrier, WireStream } from "./wire.ts";

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
  /** The carrier for the next attempt. Asked anew for each, so that a session may change its mind. */
  readonly carrier: () => Carrier;
}

/** What a caller may say about a turn. */
export interface TurnOptions {
  /** Ends the turn: its last event then says `interrupted`, or what the signal's reason says. */
  readonly signal?: AbortSignal;
  /**
   * Whether a stream that breaks after text of the answer came may be started over. Default true: the
   * `culvert.retry` event then says `discards_output`, and the reader throws away what it has. A reader that cannot,
   * because the text is already on a terminal or down a pipe, sets false: the turn ends with the failure instead,
   * for half an answer followed by a whole one is worse than an honest error.
   */
  readonly restartAfterText?: boolean;
}

/** How an attempt ended. */
type Ending =
  | { readonly kind: "completed" }
  | { readonly kind: "again" }
  | {
    readonly kind: "failed";
    readonly level: RetryEvent["level"];
    readonly failure: Failure;
    readonly hasText: boolean;
    readonly hasOutput: boolean;
  };

/**
 * A turn. Nothing happens until it is read; it can be read once, event by event or in batches. Pulled all the way: a
 * reader that stops reading stops the socket. Leaving the loop cancels the request. Once reading has begun nothing is
 * thrown: whatever happens is told by the last event.
 */
export class Turn implements AsyncIterable<ResponseEvent> {
  readonly #request: TurnRequest;
  readonly #parts: TurnParts;
  readonly #options: TurnOptions;
  readonly #left = new AbortController();
  readonly #signal: AbortSignal;
  readonly #budget: RetryBudget;
  readonly #recovery: TurnRecovery;
  readonly #timings: Timings = { headers: null, firstEvent: null, firstText: null };
  #started = false;
  #begin = 0;
  #attempt = 0;
  #recoveries = 0;
  #wire: Wire | null = null;
  #requestId: string | null = null;

  /** Use a client or a session to make one. */
  constructor(request: TurnRequest, parts: TurnParts, options: TurnOptions = {}) {
    this.#request = request;
    this.#parts = parts;
    this.#options = options;
    const { signal } = options;
    this.#signal = signal === undefined ? this.#left.signal : AbortSignal.any([signal, this.#left.signal]);
    this.#budget = new RetryBudget(parts.provider, parts.world.random);
    this.#recovery = parts.authenticator.startTurn();
  }

  /**
   * The events in batches, as they arrived: the cheap way to read a fast stream.
   *
   * @throws CulvertError `usage` when the turn was read before
   */
  batches(): AsyncIterableIterator<EventBatch> {
    if (this.#started) {
      throw new CulvertError("usage", "A turn was read twice; its events are there only once");
    }
    this.#started = true;
    const batches = this.#run();
    const left = this.#left;
    return {
      next: () => batches.next(),
      return: () => {
        // Aborted first: the generator may be waiting for the network, and would not hear of it otherwise.
        left.abort(new CulvertError("reader_gone", "The reader of the turn left"));
        return batches.return(undefined);
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  /** The events one by one. */
  [Symbol.asyncIterator](): AsyncIterableIterator<ResponseEvent> {
    const batches = this.batches();
    let batch: EventBatch = [];
    let index = 0;
    return {
      next: async () => {
        for (;;) {
          const item = batch[index++];
          if (item !== undefined) return { done: false, value: item.event };
          const { done, value } = await batches.next();
          if (done === true) return { done: true, value: undefined };
          batch = value;
          index = 0;
        }
      },
      return: async () => {
        await batches.return?.();
        return { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    };
  }

  async *#run(): AsyncGenerator<EventBatch, undefined> {
    this.#begin = this.#parts.world.monotonic();
    let error: CulvertError | undefined;
    try {
      error = yield* this.#attempts();
    } catch (thrown) {
      error = this.#signal.aborted ? interruption(this.#signal.reason) : asCulvertError(thrown);
    }
    yield this.#last(error);
  }

  async *#attempts(): AsyncGenerator<EventBatch, CulvertError | undefined> {
    for (;;) {
      const ending = yield* this.#attemptOnce();
      if (ending.kind === "completed") return undefined;
      if (ending.kind === "again") continue;
      const { failure, level, hasText, hasOutput } = ending;
      if (hasText && this.#options.restartAfterText === false) return withPartialOutput(failure.error);
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
      await this.#parts.world.sleep(retry.delayMs, this.#signal);
    }
  }

  async *#attemptOnce(): AsyncGenerator<EventBatch, Ending> {
    const { authenticator, context, facts, provider, world } = this.#parts;
    this.#signal.throwIfAborted();
    const carrier = this.#parts.carrier();
    const authorization = await authenticator.authorize(this.#signal);
    const call: Call = {
      request: this.#request,
      context,
      authorization,
      turnState: facts.state.value,
      signal: this.#signal,
    };
    const refusalContext: RefusalContext = {
      now: world.now(),
      secrets: [...secretsOf(authorization.headers), ...secretsOf(provider.headers)],
    };
    const observe = observeAttempt(this.#parts.observer ?? SILENT, world, {
      wire: carrier.wire,
      attempt: this.#attempt++,
      authorization,
    });
    let opened;
    try {
      opened = await carrier.open(call);
    } catch (thrown) {
      if (this.#signal.aborted) throw this.#signal.reason;
      const error = asCulvertError(thrown);
      observe({ error: error.code });
      return requestFailed(networkFailure(error));
    }
    if (opened.kind === "refused") {
      const { refusal } = opened;
      observe({ status: refusal.status, headers: refusal.headers });
      return yield* this.#refused(refusal, call, carrier.wire, refusalContext);
    }
    observe({ status: 200, headers: opened.stream.head.headers, reused: opened.stream.head.reused });
    return yield* this.#stream(opened.stream, refusalContext);
  }

  async *#refused(
    refusal: Refusal,
    call: Call,
    wire: Wire,
    context: RefusalContext,
  ): AsyncGenerator<EventBatch, Ending> {
    this.#requestId = serverEvidence(refusal.headers).requestId ?? null;
    const failure = httpFailure(refusal, context);
    if (failure.snapshot !== undefined) {
      const snapshot = this.#parts.facts.limits.record(failure.snapshot);
      if (snapshot !== undefined) yield [{ event: { type: "culvert.rate_limits", snapshot } }];
    }
    if (refusal.status !== 401 || this.#recoveries >= MAX_RECOVERIES) return requestFailed(failure);
    this.#recoveries++;
    const recovered = await this.#recovery.recover(rejectionOf(refusal, call, wire, context), this.#signal);
    yield [{
      event: {
        type: "culvert.auth",
        mode: call.authorization.mode,
        phase: recovered.resend ? recovered.phase : recovered.reason,
        outcome: recovered.resend ? "recovery_succeeded" : recovered.outcome,
        request_id: this.#requestId,
      },
    }];
    return recovered.resend ? { kind: "again" } : requestFailed({ error: recovered.error, retryable: false });
  }

  async *#stream(stream: WireStream, context: RefusalContext): AsyncGenerator<EventBatch, Ending> {
    const { head } = stream;
    const reader = new ResponseReader(this.#parts.facts, head, context);
    this.#wire = head.wire;
    this.#requestId = serverEvidence(head.headers).requestId ?? null;
    this.#timings.headers = this.#elapsed();
    let completed = false;
    try {
      yield [{
        event: {
          type: "culvert.connected",
          transport: head.wire,
          url: head.url,
          route: head.route,
          request_id: this.#requestId,
          reused: head.reused,
        },
      }, ...reader.begin()];
      for (;;) {
        const texts = await stream.next();
        if (texts === null) return streamFailed(reader.ended(), reader);
        const batch: StreamItem[] = [];
        const end = reader.read(texts, batch);
        this.#clock(reader);
        completed = end?.kind === "completed";
        if (end !== undefined) stream.release(completed);
        if (batch.length > 0) yield batch;
        if (end?.kind === "completed") return end;
        if (end !== undefined) return streamFailed(end.failure, reader);
      }
    } catch (thrown) {
      if (this.#signal.aborted) throw this.#signal.reason;
      return streamFailed(networkFailure(asCulvertError(thrown)), reader);
    } finally {
      stream.release(completed);
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

  #last(error: CulvertError | undefined): EventBatch {
    const { facts } = this.#parts;
    const items: StreamItem[] = [];
    if (facts.skipped > 0) {
      items.push({
        event: {
          type: "culvert.warning",
          code: "events_skipped",
          message: `${facts.skipped} of the stream's events could not be read and were left out`,
        },
      });
    }
    items.push({
      event: turnResult({
        error,
        modelRequested: this.#request.model,
        facts,
        wire: this.#wire,
        requestId: this.#requestId,
        timings: this.#timings,
        total: this.#elapsed(),
      }),
    });
    return items;
  }
}

function rejectionOf(refusal: Refusal, call: Call, wire: Wire, { secrets }: RefusalContext): Rejection {
  const { message, code } = errorInBody(refusal.body) ?? {};
  return {
    endpoint: "/responses",
    transport: wire === "sse" ? "http" : "websocket",
    evidence: serverEvidence(refusal.headers),
    sent: call.authorization,
    ...(refusal.url === undefined ? {} : { url: refusal.url }),
    ...(typeof message === "string" ? { message: shownText(message, secrets) } : {}),
    ...(typeof code === "string" ? { code } : {}),
  };
}

function requestFailed(failure: Failure): Ending {
  return { kind: "failed", level: "request", failure, hasText: false, hasOutput: false };
}

function streamFailed(failure: Failure, reader: ResponseReader): Ending {
  return { kind: "failed", level: "stream", failure, hasText: reader.hasText, hasOutput: reader.hasOutput };
}

function withPartialOutput(error: CulvertError): CulvertError {
  return new CulvertError(error.code, error.message, {
    hint: "Part of the answer was already written, so it was not started over. Run it again" +
      (error.hint === undefined ? "." : `. ${error.hint}`),
    details: { ...error.details, partial_output: true },
    cause: error,
  });
}
