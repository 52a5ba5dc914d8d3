/**
 * Describes a turn, its stream and its input for observers.
 *
 * @module
 */
import type { EventRun, RequestFacts } from "../../net/observer.ts";
import type {
  InputSize,
  ObservedRateLimit,
  ObservedServerTimings,
  ObservedUsage,
  ObservedWindow,
  TurnObservation,
  TurnSpans,
} from "../../net/turn_observation.ts";
import type {
  EventBatch,
  RateLimitSnapshot,
  RateLimitWindow,
  ResultEvent,
  ServerTimingsEvent,
  TokenUsage,
} from "../events/events.ts";
import { isMessage, type MessageItem } from "../events/items.ts";
import type { TurnRequest } from "../request/request.ts";
import type { TurnParts } from "./run_turn.ts";
import type { TurnProgress } from "./turn_progress.ts";
import { defined } from "../../text/json.ts";

/** What {@link turnObservation} is made of. */
export interface TurnEnd {
  readonly request: TurnRequest;
  readonly parts: TurnParts;
  readonly progress: TurnProgress;
  readonly spans: TurnSpans | undefined;
  /** Wall clock at the start of the turn, ms since 1970. */
  readonly startedAt: number;
  /** The result; absent if the reader left before it. */
  readonly result: ResultEvent | undefined;
  /** Facts of the last request that was sent. */
  readonly last: RequestFacts | undefined;
}

/** Describes a turn that has ended. */
export function turnObservation(end: TurnEnd): TurnObservation {
  const { parts: { context, facts, observer, provider }, progress, request, result, spans } = end;
  const { timings } = progress;
  const usage = facts.usage;
  const texts = userTexts(request);
  return {
    kind: "turn",
    sessionId: context.identity.sessionId,
    turnId: context.turnId,
    startedAt: end.startedAt,
    durationMs: progress.elapsedMs,
    outcome: result?.status ?? "interrupted",
    provider: provider.id,
    model: request.model,
    rateLimits: facts.limits.snapshots().map(observedRateLimit),
    input: inputSize(texts, request),
    ...defined({
      spans,
      error: result === undefined ? "reader_gone" : result.error?.code,
      authMode: end.last?.authMode,
      modelServed: facts.modelServed ?? undefined,
      reasoningEffort: request.reasoningEffort,
      reasoningSummary: request.reasoningSummary,
      serviceTier: request.serviceTier,
      previousResponseId: request.previousResponseId,
      transport: progress.transport ?? undefined,
      responseId: facts.responseId,
      timeToFirstEventMs: timings.firstEvent ?? undefined,
      timeToFirstOutputMs: timings.firstOutput ?? undefined,
      timeToFirstTextMs: timings.firstText ?? undefined,
      usage: usage === null ? undefined : observedUsage(usage),
      prompt: observer?.wantsPrompts === true ? texts.join("\n") : undefined,
    }),
  };
}

/** Returns the token counts of a response in the form of observations. */
export function observedUsage(usage: TokenUsage): ObservedUsage {
  return {
    inputTokens: usage.input_tokens,
    cachedInputTokens: usage.cached_input_tokens,
    cacheWriteInputTokens: usage.cache_write_input_tokens,
    outputTokens: usage.output_tokens,
    reasoningOutputTokens: usage.reasoning_output_tokens,
    totalTokens: usage.total_tokens,
  };
}

/** Returns the timings of the server in the form of observations. */
export function observedServerTimings(event: ServerTimingsEvent): ObservedServerTimings {
  return defined({
    overheadMs: event.overhead_ms ?? undefined,
    inferenceMs: event.inference_ms ?? undefined,
    apiFirstTokenMs: event.api_first_token_ms ?? undefined,
    engineFirstTokenMs: event.engine_first_token_ms ?? undefined,
    apiTokenGapMs: event.api_token_gap_ms ?? undefined,
    engineTokenGapMs: event.engine_token_gap_ms ?? undefined,
  });
}

/** Returns the kinds of the events of the API in a batch, in the order of arrival. */
export function eventRuns(batch: EventBatch): readonly EventRun[] {
  const runs: { kind: string; count: number }[] = [];
  let run: { kind: string; count: number } | undefined;
  for (const { event, text } of batch) {
    if (text === undefined) continue;
    const kind = event.type === "other" ? event.name : event.type;
    if (run?.kind === kind) run.count++;
    else runs.push(run = { kind, count: 1 });
  }
  return runs;
}

function observedRateLimit(snapshot: RateLimitSnapshot): ObservedRateLimit {
  return {
    limitId: snapshot.limit_id ?? "codex",
    ...defined({ primary: observedWindow(snapshot.primary), secondary: observedWindow(snapshot.secondary) }),
  };
}

function observedWindow(window: RateLimitWindow | null): ObservedWindow | undefined {
  if (window === null) return undefined;
  return {
    usedPercent: window.used_percent,
    ...defined({
      windowMinutes: window.window_minutes ?? undefined,
      resetsAt: window.resets_at ?? undefined,
    }),
  };
}

/** Returns the texts of the latest message of the user. */
function userTexts(request: TurnRequest): readonly string[] {
  return userParts(request).flatMap((part) => part.type === "input_text" ? [part.text] : []);
}

function inputSize(texts: readonly string[], request: TurnRequest): InputSize {
  return {
    texts: texts.length,
    characters: texts.reduce((sum, text) => sum + text.length, 0),
    images: userParts(request).filter(({ type }) => type === "input_image").length,
  };
}

function userParts({ input }: TurnRequest): MessageItem["content"] {
  const messages = input.filter((item) => isMessage(item)).filter(({ role }) => role === "user");
  return messages.at(-1)?.content ?? [];
}
