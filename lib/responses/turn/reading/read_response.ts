/**
 * Reads an open response to its end.
 *
 * @module
 */
import { asCulvertError } from "../../../errors.ts";
import { type RequestFacts, SILENT } from "../../../net/observer.ts";
import { serverEvidence } from "../../../net/server_evidence.ts";
import type { EventBatch, ServerTimingsEvent, StreamItem } from "../../events/events.ts";
import { networkFailure, type RefusalContext } from "../../failures/failure.ts";
import type { HttpFailure } from "../../failures/http_failures.ts";
import type { CallEnd, CallTrace } from "../../request/inference_trace.ts";
import type { EventStream } from "../../transport/transport.ts";
import type { AttemptOptions } from "../attempt.ts";
import type { ResponseReader, StreamEnd } from "./response_reader.ts";
import { heldBackWarning, withProgress } from "./stream_timing.ts";
import { eventRuns, observedServerTimings, observedUsage } from "../turn_observation.ts";
import type { TurnProgress } from "../turn_progress.ts";

/** What is read. */
export interface ReadOptions extends AttemptOptions {
  readonly stream: EventStream;
  readonly reader: ResponseReader;
  /** What failures are judged by. */
  readonly context: RefusalContext;
  /** Identifies the request in the observation of its response. */
  readonly facts: RequestFacts;
  /** Events that are yielded before those of the response. */
  readonly before: EventBatch;
  /** When the request was sent, on the monotonic clock, ms. */
  readonly sentAt: number;
  /** Absent if no inference trace is written. */
  readonly call: CallTrace | undefined;
}

/**
 * Yields the events of a response and releases its stream.
 *
 * @returns nothing if the response completed, else the failure
 * @throws the reason of the signal when it is aborted
 */
export async function* readResponse(
  options: ReadOptions,
): AsyncGenerator<EventBatch, HttpFailure | undefined> {
  const { call, parts, progress, reader, scope, sentAt, signal, stream } = options;
  const { head } = stream;
  progress.transport = head.transport;
  progress.requestId = serverEvidence(head.headers).requestId ?? null;
  progress.timings.headers = progress.elapsedMs;
  const { monotonic } = scope.world;
  const observed = new ObservedResponse(options);
  let end: StreamEnd | undefined;
  let firstEventAt: number | undefined;
  let lastEventAt = sentAt;
  call?.reading({
    // The head of a websocket is that of its upgrade, and not of this response.
    ...(head.transport === "sse"
      ? { isReused: undefined, httpStatus: 200, upstreamRequestId: progress.requestId ?? undefined }
      : { isReused: head.reused, httpStatus: undefined, upstreamRequestId: undefined }),
    items: () => reader.items,
  });
  try {
    yield [...options.before, {
      event: {
        type: "culvert.connected",
        transport: head.transport,
        url: head.url,
        route: head.route,
        request_id: progress.requestId,
        reused: head.reused,
      },
    }, ...reader.begin()];
    while (end === undefined) {
      const batch: StreamItem[] = [];
      const eventsBefore = reader.events;
      const waitsSince = monotonic();
      try {
        const texts = await stream.next();
        observed.arrived(texts?.length ?? 0, monotonic() - waitsSince);
        end = texts === null ? { kind: "failed", failure: await endOf(options) } : reader.read(texts, batch);
      } catch (thrown) {
        observed.arrived(0, monotonic() - waitsSince);
        end = { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
      }
      if (reader.events > eventsBefore) {
        stream.progressed();
        lastEventAt = monotonic();
        firstEventAt ??= lastEventAt;
        noteTimes(progress, reader);
      }
      observed.read(batch, end);
      call?.read(batch);
      if (end !== undefined && !signal.aborted) call?.end(callEnd(end, parts));
      // Released before the last batch is yielded: its reader finds the connection kept, or closed.
      if (end !== undefined) stream.release(end.kind === "completed" ? end.response : undefined);
      if (batch.length > 0) yield batch;
    }
    if (end.kind === "completed") {
      const arrivals = { sentAt, firstEventAt: firstEventAt ?? sentAt, lastEventAt, events: reader.events };
      const warning = head.transport === "sse" ? heldBackWarning(arrivals) : undefined;
      if (warning !== undefined) parts.facts.warnings.push(warning);
      return undefined;
    }
    signal.throwIfAborted();
    const { failure } = end;
    const elapsedMs = scope.world.monotonic() - sentAt;
    return { ...failure, error: withProgress(failure.error, reader.events, elapsedMs) };
  } finally {
    stream.release();
    observed.ended(end, firstEventAt);
    call?.end({ kind: "cancelled" });
  }
}

/** Returns the failure of a stream that ended in good order without a terminal event, perhaps with another text. */
async function endOf({ context, reader, stream }: ReadOptions): Promise<HttpFailure> {
  const { head: { headers, url }, otherText } = stream;
  if (otherText === undefined) return reader.ended();
  const { httpFailure } = await import("../../failures/http_failures.ts");
  const refusal = { status: 200, headers, body: otherText, url: new URL(url), attempted: `POST ${url}` };
  const failure = httpFailure(refusal, context);
  // A gateway may report a temporary failure in place of the stream that it has announced.
  const isAnnounced = !/\bjson\b/i.test(headers.get("content-type") ?? "");
  return { ...failure, retryable: isAnnounced && failure.error.code === "response_failed" };
}

/** Describes the end of a response for its trace. */
function callEnd(end: StreamEnd, { facts }: ReadOptions["parts"]): CallEnd {
  if (end.kind === "failed") {
    const { error, refusal } = end.failure;
    return { kind: "failed", error: error.message, httpStatus: refusal?.status };
  }
  return { kind: "completed", responseId: end.response.id || undefined, usage: facts.usage };
}

function noteTimes({ elapsedMs, timings }: TurnProgress, reader: ResponseReader): void {
  if (timings.firstEvent === null && reader.hasEvents) timings.firstEvent = elapsedMs;
  if (timings.firstText === null && reader.hasText) timings.firstText = elapsedMs;
  if (timings.firstOutput === null && reader.hasOutput) timings.firstOutput = elapsedMs;
}

/** Collects what is observed of one response. Does nothing without an observer. */
class ObservedResponse {
  readonly #options: ReadOptions;
  readonly #begin: number;
  readonly #isObserved: boolean;
  readonly #wantsEvents: boolean;
  #events = 0;
  #waitMs = 0;
  #latestWaitMs = 0;
  #firstOutputAt: number | undefined;
  #timings: ServerTimingsEvent | undefined;
  #textDeltas = 0;

  constructor(options: ReadOptions) {
    const { observer, world } = options.scope;
    this.#options = options;
    this.#begin = world.monotonic();
    this.#isObserved = observer !== SILENT;
    this.#wantsEvents = observer.wantsEvents === true;
  }

  /** Takes the number of texts that arrived together, and the wait for them, ms. */
  arrived(texts: number, waitMs: number): void {
    this.#events += texts;
    this.#waitMs += waitMs;
    this.#latestWaitMs = waitMs;
  }

  /** Takes the events that were read from these texts. */
  read(batch: EventBatch, end: StreamEnd | undefined): void {
    if (!this.#isObserved) return;
    const { facts, reader, scope } = this.#options;
    if (reader.hasOutput) this.#firstOutputAt ??= scope.world.monotonic();
    if (facts.transport === "websocket") {
      for (const { event } of batch) if (event.type === "culvert.server_timings") this.#timings = event;
    }
    if (!this.#wantsEvents) return;
    const error = this.#errorOf(end);
    const textDeltas = reader.textDeltas - this.#textDeltas;
    this.#textDeltas = reader.textDeltas;
    // Most batches of a fast stream are text alone: these need no walk.
    const runs = textDeltas === batch.length && textDeltas > 0
      ? [{ kind: "response.output_text.delta", count: textDeltas }]
      : eventRuns(batch);
    if (runs.length === 0 && error === undefined) return;
    scope.observer.observe({
      kind: "events",
      request: facts,
      runs,
      waitMs: this.#latestWaitMs,
      ...(error === undefined ? {} : { error }),
    });
  }

  /** Observes the response. */
  ended(end: StreamEnd | undefined, firstEventAt: number | undefined): void {
    if (!this.#isObserved) return;
    const { facts, parts, scope: { observer, world }, sentAt, signal, stream } = this.#options;
    const isCancelled = end === undefined || signal.aborted;
    const error = this.#errorOf(end);
    const { modelServed, responseId, usage } = parts.facts;
    observer.observe({
      kind: "response",
      ...facts,
      outcome: end?.kind === "completed" ? "completed" : isCancelled ? "cancelled" : "failed",
      events: this.#events,
      durationMs: world.monotonic() - this.#begin,
      waitMs: this.#waitMs,
      ...(error === undefined ? {} : { error }),
      ...(facts.transport === "websocket" ? { connectionReused: stream.head.reused } : {}),
      ...(firstEventAt === undefined ? {} : { timeToFirstEventMs: firstEventAt - sentAt }),
      ...(this.#firstOutputAt === undefined ? {} : { timeToFirstOutputMs: this.#firstOutputAt - sentAt }),
      ...(usage === null ? {} : { usage: observedUsage(usage) }),
      ...(modelServed === null ? {} : { modelServed }),
      ...(responseId === undefined ? {} : { responseId }),
      ...(this.#timings === undefined ? {} : { serverTimings: observedServerTimings(this.#timings) }),
    });
  }

  /** The status or the code of a failure; `undefined` if the response was cancelled. */
  #errorOf(end: StreamEnd | undefined): string | undefined {
    if (end?.kind !== "failed" || this.#options.signal.aborted) return undefined;
    const { error, refusal } = end.failure;
    return refusal === undefined ? error.code : `http ${refusal.status}`;
  }
}
