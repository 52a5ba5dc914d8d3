/**
 * Observations of whole turns, and the trace context of their requests.
 *
 * @module
 */

/** The headers of W3C Trace Context. */
export interface TraceHeaders {
  /** Version, trace id, span id and flags. */
  readonly traceparent: string;
  /** Entries of tracing systems. */
  readonly tracestate?: string;
}

/** The spans of one turn, and the trace context of its requests. */
export interface TurnSpans {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** Span of the turn, 16 hexadecimal digits. */
  readonly spanId: string;
  /** Span of the model call, a child of the turn's and the parent of the requests'. */
  readonly callSpanId: string;
  /** The caller's span, if it has one. */
  readonly parentSpanId?: string;
  /** Whether the spans are exported. */
  readonly isSampled: boolean;
  /**
   * Returns the headers of a request of the turn.
   *
   * @param spanId the span of the request
   * @returns `undefined` if trace context is not propagated
   */
  readonly headersFor: (spanId: string) => TraceHeaders | undefined;
}

/** Token counts of a response; see `TokenUsage` of the result event. */
export interface ObservedUsage {
  /** Tokens read by the model, cached tokens included. */
  readonly inputTokens: number;
  /** Input tokens that were read from the cache. */
  readonly cachedInputTokens: number;
  /** Tokens written by the model, reasoning included. */
  readonly outputTokens: number;
  /** Output tokens that were used for reasoning. */
  readonly reasoningOutputTokens: number;
  /** Sum of input and output tokens. */
  readonly totalTokens: number;
  /** Input tokens that were written to the cache. */
  readonly cacheWriteInputTokens: number;
}

/**
 * Timings that the server reported for one response over a websocket; each is absent if it was not reported.
 */
export interface ObservedServerTimings {
  /** Time that the API spent outside of the model, ms. */
  readonly overheadMs?: number;
  /** Total time of the model, ms. */
  readonly inferenceMs?: number;
  /** Time to the first token, as the API measured it, ms. */
  readonly apiFirstTokenMs?: number;
  /** Time to the first token, as the engine measured it, ms. */
  readonly engineFirstTokenMs?: number;
  /** Mean time between two tokens, as the API measured it, ms, fractional. */
  readonly apiTokenGapMs?: number;
  /** Mean time between two tokens, as the engine measured it, ms, fractional. */
  readonly engineTokenGapMs?: number;
}

/** An attempt failed, and another one follows. */
export interface RetryObservation {
  /** The discriminant of the union. */
  readonly kind: "retry";
  /** `request`: no response was opened. `stream`: the response broke. */
  readonly level: "request" | "stream";
  /** Code of the error. */
  readonly error: string;
  /** Wait before the next attempt, ms. */
  readonly delayMs: number;
  /** The session of the turn. */
  readonly sessionId?: string;
  /** The turn. */
  readonly turnId?: string;
}

/** The session changed from the websocket to SSE for the rest of its turns. */
export interface FallbackObservation {
  /** The discriminant of the union. */
  readonly kind: "fallback";
  /** The session of the turn. */
  readonly sessionId?: string;
  /** The turn. */
  readonly turnId?: string;
}

/** One window of a rate limit. */
export interface ObservedWindow {
  /** 0 to 100, fractional. */
  readonly usedPercent: number;
  /** Length of the window, minutes. */
  readonly windowMinutes?: number;
  /** End of the window, seconds since 1970. */
  readonly resetsAt?: number;
}

/** One family of rate limits. */
export interface ObservedRateLimit {
  /** Name of the family. */
  readonly limitId: string;
  /** The shorter window. */
  readonly primary?: ObservedWindow;
  /** The longer window. */
  readonly secondary?: ObservedWindow;
}

/** The number of parts in the input of a turn. */
export interface InputSize {
  /** Text parts of the latest message of the user. */
  readonly texts: number;
  /** Characters of these texts. */
  readonly characters: number;
  /** Image parts of that message. */
  readonly images: number;
}

/** One turn, observed once when it ends. */
export interface TurnObservation {
  /** The discriminant of the union. */
  readonly kind: "turn";
  /** The session. */
  readonly sessionId: string;
  /** The turn. */
  readonly turnId: string;
  /** Ids of the spans of the turn, if the observer traces. */
  readonly spans?: TurnSpans;
  /** Wall clock at the start, ms since 1970. */
  readonly startedAt: number;
  /** Time from the start to the end, ms. */
  readonly durationMs: number;
  /** How the turn ended. */
  readonly outcome: "completed" | "incomplete" | "failed" | "interrupted";
  /** Code of the error, if the turn did not complete. */
  readonly error?: string;
  /** The kind of credential of the last request. */
  readonly authMode?: "ApiKey" | "Chatgpt";
  /** Id of the provider in the configuration. */
  readonly provider: string;
  /** The requested model. */
  readonly model: string;
  /** The model that answered, if the server reported it. */
  readonly modelServed?: string;
  /** The requested reasoning effort. */
  readonly reasoningEffort?: string;
  /** The requested reasoning summary. */
  readonly reasoningSummary?: string;
  /** The requested service tier. */
  readonly serviceTier?: string;
  /** The stored response that the request continued. */
  readonly previousResponseId?: string;
  /** Transport of the last response; absent if none was opened. */
  readonly transport?: "sse" | "websocket";
  /** Id of the last response. */
  readonly responseId?: string;
  /** Time from the start of the turn to the first event, ms. */
  readonly timeToFirstEventMs?: number;
  /** Time from the start of the turn to the first text, reasoning or output item, ms. */
  readonly timeToFirstOutputMs?: number;
  /** Time from the start of the turn to the first text of the answer, ms. */
  readonly timeToFirstTextMs?: number;
  /** Token counts of the last response. */
  readonly usage?: ObservedUsage;
  /** The latest rate limits that the session knows. */
  readonly rateLimits: readonly ObservedRateLimit[];
  /** The size of the prompt. */
  readonly input: InputSize;
  /** The text of the prompt; only for an observer with {@link Observer.wantsPrompts}. */
  readonly prompt?: string;
}
