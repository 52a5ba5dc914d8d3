/**
 * The one event type. SSE, websocket, replay and capture all yield {@link ResponseEvent}: the API's own event
 * objects, unchanged, and between them the program's own, whose type begins with `culvert.`.
 *
 * @module
 */
import type { DetailValue, ErrorCode, ExitStatus } from "../errors.ts";

/** A JSON object as it came. */
export interface JsonObject {
  readonly [key: string]: unknown;
}

/** What the API says of a response in `response.created`, `response.completed` and their kin. */
export interface ResponseObject extends JsonObject {
  readonly id?: string;
  readonly model?: string;
}

/** A response was opened. */
export interface CreatedEvent extends JsonObject {
  readonly type: "response.created";
  readonly response: ResponseObject;
}

/** An item begins. Its own `type` is one of those in {@link "./items.ts"}, or a newer one. */
export interface OutputItemAddedEvent extends JsonObject {
  readonly type: "response.output_item.added";
  readonly item: JsonObject & { readonly type: string };
}

/** An item is complete. */
export interface OutputItemDoneEvent extends JsonObject {
  readonly type: "response.output_item.done";
  readonly item: JsonObject & { readonly type: string };
}

/** A piece of the answer's text. */
export interface OutputTextDeltaEvent extends JsonObject {
  readonly type: "response.output_text.delta";
  readonly delta: string;
}

/** A piece of a custom tool's input. At least one of the two ids is there. */
export interface ToolCallInputDeltaEvent extends JsonObject {
  readonly type: "response.custom_tool_call_input.delta";
  readonly delta: string;
  readonly item_id?: string;
  readonly call_id?: string;
}

/** A piece of a reasoning summary. */
export interface ReasoningSummaryDeltaEvent extends JsonObject {
  readonly type: "response.reasoning_summary_text.delta";
  readonly delta: string;
  readonly summary_index: number;
}

/** A reasoning summary, whole. */
export interface ReasoningSummaryDoneEvent extends JsonObject {
  readonly type: "response.reasoning_summary_text.done";
  readonly item_id: string;
  readonly text: string;
  readonly summary_index: number;
}

/** A new part of a reasoning summary begins. */
export interface ReasoningSummaryPartAddedEvent extends JsonObject {
  readonly type: "response.reasoning_summary_part.added";
  readonly summary_index: number;
}

/** A piece of raw reasoning. */
export interface ReasoningTextDeltaEvent extends JsonObject {
  readonly type: "response.reasoning_text.delta";
  readonly delta: string;
  readonly content_index: number;
}

/** The response is complete. */
export interface CompletedEvent extends JsonObject {
  readonly type: "response.completed";
  readonly response: ResponseObject & { readonly id: string };
}

/** The response failed. */
export interface FailedEvent extends JsonObject {
  readonly type: "response.failed";
  readonly response?: ResponseObject;
}

/** The response was cut short by the server. */
export interface IncompleteEvent extends JsonObject {
  readonly type: "response.incomplete";
  readonly response?: ResponseObject;
}

/** The server reports an error outside a response. */
export interface ErrorEvent extends JsonObject {
  readonly type: "error";
}

/** Side facts: verification, moderation, safety buffering, headers. */
export interface MetadataEvent extends JsonObject {
  readonly type: "response.metadata";
}

/** Rate limits pushed in the stream. */
export interface RateLimitsPushEvent extends JsonObject {
  readonly type: "codex.rate_limits";
}

/** Events of the API with a meaning here. */
export type ApiEvent =
  | CreatedEvent
  | OutputItemAddedEvent
  | OutputItemDoneEvent
  | OutputTextDeltaEvent
  | ToolCallInputDeltaEvent
  | ReasoningSummaryDeltaEvent
  | ReasoningSummaryDoneEvent
  | ReasoningSummaryPartAddedEvent
  | ReasoningTextDeltaEvent
  | CompletedEvent
  | FailedEvent
  | IncompleteEvent
  | ErrorEvent
  | MetadataEvent
  | RateLimitsPushEvent;

/**
 * Any other event of the API, and one of the above whose fields are not as they should be. Passed on, never
 * an error. (A union of literals cannot hold "any other string", hence the wrapper.)
 */
export interface OtherEvent {
  readonly type: "other";
  /** The event's own `type`. */
  readonly name: string;
  /** The event as it came. */
  readonly payload: JsonObject;
}

/** The wire a response came over. */
export type Wire = "sse" | "websocket";

/** A stream is open: the head of the response is in. */
export interface ConnectedEvent {
  readonly type: "culvert.connected";
  readonly transport: Wire;
  /** Scheme, host and path; no query, no credentials. */
  readonly url: string;
  /** As {@link "../net/route.ts".describeRoute} says it. */
  readonly route: string;
  readonly request_id: string | null;
  /** Whether an open websocket was used again. */
  readonly reused: boolean;
}

/** Something failed and is about to be tried again. */
export interface RetryEvent {
  readonly type: "culvert.retry";
  /** `request`: the stream was never opened. `stream`: it broke. */
  readonly level: "request" | "stream";
  /** 1-based count of this retry. */
  readonly attempt: number;
  readonly max: number;
  readonly delay_ms: number;
  readonly code: ErrorCode;
  readonly message: string;
  /**
   * Whether output was already handed on that is now void: the answer starts again from its beginning, and
   * what a reader gathered since the last `culvert.connected` must be thrown away.
   */
  readonly discards_output: boolean;
}

/** Something to know that stops nothing. */
export interface WarningEvent {
  readonly type: "culvert.warning";
  readonly code: string;
  readonly message: string;
}

/** A 401 was met, and what recovery did. */
export interface AuthEvent {
  readonly type: "culvert.auth";
  readonly mode: string;
  readonly phase: string;
  readonly outcome: string;
  readonly request_id: string | null;
}

/** One window of a rate limit. */
export interface RateLimitWindow {
  readonly used_percent: number;
  /** Minutes. */
  readonly window_minutes: number | null;
  /** Epoch seconds. */
  readonly resets_at: number | null;
}

/** One family of rate limits (transport §4.1). Every key is always there. */
export interface RateLimitSnapshot {
  readonly limit_id: string | null;
  readonly limit_name: string | null;
  readonly primary: RateLimitWindow | null;
  readonly secondary: RateLimitWindow | null;
  readonly credits: {
    readonly has_credits: boolean;
    readonly unlimited: boolean;
    readonly balance: string | null;
  } | null;
  readonly individual_limit: JsonObject | null;
  readonly spend_control_reached: boolean | null;
  readonly plan_type: string | null;
  readonly rate_limit_reached_type: string | null;
}

/** Rate limits, from headers or from the stream. */
export interface RateLimitsEvent {
  readonly type: "culvert.rate_limits";
  readonly snapshot: RateLimitSnapshot;
}

/** Which model the server says it used. */
export interface ServerModelEvent {
  readonly type: "culvert.server_model";
  readonly model: string;
}

/** The model asked for and the model that answers differ. Once a turn. */
export interface RerouteEvent {
  readonly type: "culvert.reroute";
  readonly from_model: string;
  readonly to_model: string;
  readonly reason: "high_risk_cyber_activity";
}

/** ETag of the model list, quotes included. */
export interface ModelsEtagEvent {
  readonly type: "culvert.models_etag";
  readonly etag: string;
}

/** The server counts past reasoning itself. */
export interface ReasoningIncludedEvent {
  readonly type: "culvert.reasoning_included";
}

/** The account is asked to verify itself for some use. Once a turn. */
export interface ModelVerificationsEvent {
  readonly type: "culvert.model_verifications";
  readonly verifications: readonly string[];
}

/** Moderation facts of the turn, verbatim. */
export interface ModerationEvent {
  readonly type: "culvert.moderation";
  readonly metadata: unknown;
}

/** The server holds output back for a safety check. */
export interface SafetyBufferingEvent {
  readonly type: "culvert.safety_buffering";
  readonly model: string;
  readonly use_cases: readonly string[];
  readonly reasons: readonly string[];
  readonly faster_model: string | null;
}

/** The websocket was given up for SSE, for the rest of the session. */
export interface FallbackEvent {
  readonly type: "culvert.fallback";
  readonly from: "websocket";
  readonly to: "sse";
  readonly reason: string;
  /** Whether the server itself asked for it (426), so that nobody need be told. */
  readonly quiet: boolean;
}

/** A warm-up request was made on a new websocket. */
export interface PrewarmEvent {
  readonly type: "culvert.prewarm";
  readonly response_id: string | null;
}

/** Tokens used. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly cache_write_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_output_tokens: number;
  readonly total_tokens: number;
}

/** The failure in a result. */
export interface ResultError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** Exactly one a turn, always the last. */
export interface ResultEvent {
  readonly type: "culvert.result";
  readonly status: "completed" | "incomplete" | "failed" | "interrupted";
  readonly exit_code: ExitStatus;
  readonly response_id: string | null;
  readonly request_id: string | null;
  /** Null where the turn failed before it was settled. */
  readonly model_requested: string | null;
  /** What the server says it used, from header or stream; null when it did not say. */
  readonly model_served: string | null;
  readonly transport: Wire | null;
  readonly usage: TokenUsage | null;
  /** The latest of each family. */
  readonly rate_limits: readonly RateLimitSnapshot[];
  readonly timings_ms: {
    /** From the start of the turn to the head of the successful response. */
    readonly headers: number | null;
    /** To the first event of the API. */
    readonly first_event: number | null;
    /** To the first piece of text. */
    readonly first_text: number | null;
    readonly total: number;
  };
  readonly error: ResultError | null;
}

/** The program's own events. */
export type CulvertEvent =
  | ConnectedEvent
  | RetryEvent
  | WarningEvent
  | AuthEvent
  | RateLimitsEvent
  | ServerModelEvent
  | RerouteEvent
  | ModelsEtagEvent
  | ReasoningIncludedEvent
  | ModelVerificationsEvent
  | ModerationEvent
  | SafetyBufferingEvent
  | FallbackEvent
  | PrewarmEvent
  | ResultEvent;

/** Anything a turn yields. */
export type ResponseEvent = ApiEvent | OtherEvent | CulvertEvent;

/** One event on its way, with the text it was parsed from where it came off a wire. */
export interface StreamItem {
  readonly event: ResponseEvent;
  /** The JSON exactly as received, so that it can be written on byte for byte. */
  readonly text?: string;
}

/** Events that arrived together. Handing on whole batches keeps 100,000 short deltas cheap. */
export type EventBatch = readonly StreamItem[];
