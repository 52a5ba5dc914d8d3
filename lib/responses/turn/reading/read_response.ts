/**
 * Reads an open response to its end.
 *
 * @module
 */
import { asCulvertError } from "../../../errors.ts";
import { type ObservedUsage, type RequestFacts, SILENT } from "../../../net/observer.ts";
import { serverEvidence } from "../../../net/server_evidence.ts";
import type { EventBatch, StreamItem, TokenUsage } from "../../events/events.ts";
import { networkFailure } from "../../failures/failure.ts";
import type { HttpFailure } from "../../failures/http_failures.ts";
import type { EventStream } from "../../transport/transport.ts";
import type { AttemptOptions } from "../attempt.ts";
import type { ResponseReader, StreamEnd } from "./response_reader.ts";
import { heldBackWarning, withProgress } from "./stream_timing.ts";
import type { TurnProgress } from "../turn_progress.ts";

/** What is read. */
export interface ReadOptions extends AttemptOptions {
  readonly stream: EventStream;
  readonly reader: ResponseReader;
  /** Identifies the request in the observation of its response. */
  readonly facts: RequestFacts;
  /** Events that are yielded before those of the response. */
  readonly before: EventBatch;
  /** When the request was sent, on the monotonic clock, ms. */
  readonly sentAt: number;
}

/**
 * Yields the events of a response and releases its stream.
 *
 * @returns nothing where the response completed, else the failure
 * @throws the reason of the signal when it is aborted
 */
export async function* readResponse(
  options: ReadOptions,
): AsyncGenerator<EventBatch, HttpFailure | undefined> {
  const { parts, progress, reader, scope, sentAt, signal, stream } = options;
  const { head } = stream;
  progress.transport = head.transport;
  progress.requestId = serverEvidence(head.headers).requestId ?? null;
  progress.timings.headers = progress.elapsedMs;
  const observe = observeResponse(options);
  let end: StreamEnd | undefined;
  let events = 0;
  let firstEventAt: number | undefined;
  let lastEventAt = sentAt;
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
      try {
        const texts = await stream.next();
        events += texts?.length ?? 0;
        end = texts === null ? { kind: "failed", failure: reader.ended() } : reader.read(texts, batch);
      } catch (thrown) {
        end = { kind: "failed", failure: networkFailure(asCulvertError(thrown)) };
      }
      if (reader.events > eventsBefore) {
        stream.progressed();
        lastEventAt = scope.world.monotonic();
        firstEventAt ??= lastEventAt;
        noteTimes(progress, reader);
      }
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
    observe(end, events, firstEventAt);
  }
}

function noteTimes({ elapsedMs, timings }: TurnProgress, reader: ResponseReader): void {
  if (timings.firstEvent === null && reader.hasEvents) timings.firstEvent = elapsedMs;
  if (timings.firstText === null && reader.hasText) timings.firstText = elapsedMs;
}

/** Returns a function that observes the end of a response and its duration since this call. */
function observeResponse(
  { facts, parts, scope, sentAt, signal, stream }: ReadOptions,
): (end: StreamEnd | undefined, events: number, firstEventAt: number | undefined) => void {
  const { observer, world } = scope;
  const begin = world.monotonic();
  return (end, events, firstEventAt) => {
    if (observer === SILENT) return;
    const isCancelled = end === undefined || signal.aborted;
    const failure = end?.kind === "failed" && !isCancelled ? end.failure : undefined;
    const error = failure?.refusal === undefined ? failure?.error.code : `http ${failure.refusal.status}`;
    const { modelServed, usage } = parts.facts;
    observer.observe({
      kind: "response",
      ...facts,
      outcome: end?.kind === "completed" ? "completed" : isCancelled ? "cancelled" : "failed",
      events,
      durationMs: world.monotonic() - begin,
      ...(error === undefined ? {} : { error }),
      ...(facts.transport === "websocket" ? { connectionReused: stream.head.reused } : {}),
      ...(firstEventAt === undefined ? {} : { timeToFirstEventMs: firstEventAt - sentAt }),
      ...(usage === null ? {} : { usage: observedUsage(usage) }),
      ...(modelServed === null ? {} : { modelServed }),
    });
  };
}

function observedUsage(usage: TokenUsage): ObservedUsage {
  return {
    inputTokens: usage.input_tokens,
    cachedInputTokens: usage.cached_input_tokens,
    outputTokens: usage.output_tokens,
    reasoningOutputTokens: usage.reasoning_output_tokens,
    totalTokens: usage.total_tokens,
  };
}
