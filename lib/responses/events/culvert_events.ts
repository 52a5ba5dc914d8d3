/**
 * The events of culvert, which are yielded between the events of the API. Their `type` begins with `culvert.`; field
 * names are in snake case, like those of the API, because the command line prints the events as JSON lines.
 *
 * @module
 */
import type { DetailValue, ErrorCode, ExitStatus } from "../../errors.ts";
import type { JsonObject } from "./api_events.ts";
import type { CustomToolCallOutputItem, FunctionCallOutputItem } from "./items.ts";

/** The transport of a response. */
export type TransportName = "sse" | "websocket";

/** A response is open: its head has arrived. */
export interface ConnectedEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.connected";
  /** The transport of the response. */
  readonly transport: TransportName;
  /** Scheme, host and path; no query, no credentials. */
  readonly url: string;
  /** `direct (…)`, or the proxy and the source of its address; without its credentials. */
  readonly route: string;
  /** The id of the request from the server, for its support; null if the server sent none. */
  readonly request_id: string | null;
  /** Whether an open websocket was used again. */
  readonly reused: boolean;
}

/** An attempt failed and is retried. */
export interface RetryEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.retry";
  /** `request`: the stream was not opened. `stream`: the stream was cut. */
  readonly level: "request" | "stream";
  /** 1-based count of this retry. */
  readonly attempt: number;
  /** Maximum number of retries at this level. */
  readonly max: number;
  /** Delay before the retry, ms. */
  readonly delay_ms: number;
  /** The code of the error. */
  readonly code: ErrorCode;
  /** The message of the error. */
  readonly message: string;
  /**
   * Whether output that was already yielded is void: the answer starts again from its beginning, and a reader must
   * discard what it collected since the last `culvert.connected`.
   */
  readonly discards_output: boolean;
}

/** A warning. The turn continues. */
export interface WarningEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.warning";
  /** Stable name in snake case. */
  readonly code: string;
  /** One sentence for users. */
  readonly message: string;
}

/** A 401 was received, with the result of the recovery. */
export interface AuthEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.auth";
  /** How the refused credential authenticates: `apikey`, `chatgpt`, …. */
  readonly mode: string;
  /** The step of the recovery, or the reason why there was none. */
  readonly phase: string;
  /** `recovery_succeeded`: the request is sent again. Any other: the turn ends with the 401. */
  readonly outcome: string;
  /** The id of the refused request from the server; null if the server sent none. */
  readonly request_id: string | null;
}

/** One window of a rate limit. */
export interface RateLimitWindow {
  /** 0 to 100, fractional. */
  readonly used_percent: number;
  /** Length of the window, minutes. */
  readonly window_minutes: number | null;
  /** End of the window, seconds since 1970. */
  readonly resets_at: number | null;
}

/** One family of rate limits. All keys are always set. */
export interface RateLimitSnapshot {
  /** The id of the family: `codex`, or the family of one model. */
  readonly limit_id: string | null;
  /** The name of the family for users. */
  readonly limit_name: string | null;
  /** The shorter window. */
  readonly primary: RateLimitWindow | null;
  /** The longer window. */
  readonly secondary: RateLimitWindow | null;
  /** Credits in addition to the plan. */
  readonly credits: {
    /** Whether the account has credits. */
    readonly has_credits: boolean;
    /** Whether the credits are unlimited. */
    readonly unlimited: boolean;
    /** The remaining credits, in the format of the server. */
    readonly balance: string | null;
  } | null;
  /** A limit of this user only, as it was received. */
  readonly individual_limit: JsonObject | null;
  /** Whether a spending limit was reached. */
  readonly spend_control_reached: boolean | null;
  /** The plan of the account, such as `plus`. */
  readonly plan_type: string | null;
  /** The limit that was reached; null if none was. */
  readonly rate_limit_reached_type: string | null;
}

/** Rate limits, from headers or from the stream. */
export interface RateLimitsEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.rate_limits";
  /** The current values of the family. */
  readonly snapshot: RateLimitSnapshot;
}

/** The model that the server reports. */
export interface ServerModelEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.server_model";
  /** The name of the model. */
  readonly model: string;
}

/** The requested model and the model that answers differ. Once per turn. */
export interface RerouteEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.reroute";
  /** The requested model. */
  readonly from_model: string;
  /** The model that answers. */
  readonly to_model: string;
  /** The only known reason. */
  readonly reason: "high_risk_cyber_activity";
}

/** The ETag of the model list changed, so the list should be fetched again. Once per session for each value. */
export interface ModelsEtagEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.models_etag";
  /** The value of the header, with its quotes. */
  readonly etag: string;
}

/** The server counts the reasoning of earlier turns itself. */
export interface ReasoningIncludedEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.reasoning_included";
}

/** The account must be verified for some uses. Once per turn. */
export interface ModelVerificationsEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.model_verifications";
  /** The required verifications, in the words of the server. */
  readonly verifications: readonly string[];
}

/** Moderation data of the turn. */
export interface ModerationEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.moderation";
  /** The data as it was received. */
  readonly metadata: unknown;
}

/** The server delays the output for a safety check. */
export interface SafetyBufferingEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.safety_buffering";
  /** The model that is checked. */
  readonly model: string;
  /** The checked uses, in the words of the server. */
  readonly use_cases: readonly string[];
  /** The reasons, in the words of the server. */
  readonly reasons: readonly string[];
  /** A model whose output is not delayed; null if the server names none. */
  readonly faster_model: string | null;
}

/** The session changed from the websocket to SSE, for the rest of its turns. */
export interface FallbackEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.fallback";
  /** The transport before. */
  readonly from: "websocket";
  /** The transport from now on. */
  readonly to: "sse";
  /** The reason, for users. */
  readonly reason: string;
  /** Whether the change needs no message: the server requested it (426), or an earlier process found the reason. */
  readonly quiet: boolean;
  /** What to do so that websockets work; null if nothing is known. */
  readonly hint: string | null;
}

/** A prewarm request was made on a new websocket. */
export interface PrewarmEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.prewarm";
  /** The id of the response to the prewarm request; null if the server sent none. */
  readonly response_id: string | null;
}

/** The timings of the response from the server, if the session requested them. Null: not reported. */
export interface ServerTimingsEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.server_timings";
  /** Time of the API in addition to the model and the tools of the client, ms. */
  readonly overhead_ms: number | null;
  /** Total time of the model, ms. */
  readonly inference_ms: number | null;
  /** Time to the first token, measured by the API, ms. */
  readonly api_first_token_ms: number | null;
  /** Time to the first token, measured by the engine, ms. */
  readonly engine_first_token_ms: number | null;
  /** Time between two tokens, measured by the API, ms. */
  readonly api_token_gap_ms: number | null;
  /** Time between two tokens, measured by the engine, ms. */
  readonly engine_token_gap_ms: number | null;
}

/** A tool that the model called has run, and its output is sent to the model with the next request of the turn. */
export interface ToolOutputEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.tool_output";
  /** Name of the tool. */
  readonly name: string;
  /** Duration of the run, ms. */
  readonly duration_ms: number;
  /** The reason of a failure, which the output also contains; null on success. */
  readonly error: string | null;
  /** The output item that is sent. */
  readonly item: FunctionCallOutputItem | CustomToolCallOutputItem;
}

/** Token counts. */
export interface TokenUsage {
  /** Tokens read by the model, with cached tokens. */
  readonly input_tokens: number;
  /** Input tokens that were read from the cache. */
  readonly cached_input_tokens: number;
  /** Input tokens that were written to the cache. */
  readonly cache_write_input_tokens: number;
  /** Tokens written by the model, with reasoning. */
  readonly output_tokens: number;
  /** Output tokens that were used for reasoning. */
  readonly reasoning_output_tokens: number;
  /** Sum of input and output tokens. */
  readonly total_tokens: number;
}

/** The error in a result. */
export interface ResultError {
  /** The code of the error. */
  readonly code: ErrorCode;
  /** What was attempted and what went wrong. */
  readonly message: string;
  /** What to do next; null if nothing is known. */
  readonly hint: string | null;
  /** Facts for programs. */
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** The result of a turn: exactly one, and always the last event. */
export interface ResultEvent {
  /** The discriminant of the union. */
  readonly type: "culvert.result";
  /** How the turn ended; `error` has the reason unless it is `completed`. */
  readonly status: "completed" | "incomplete" | "failed" | "interrupted";
  /** The exit code of the command line. */
  readonly exit_code: ExitStatus;
  /** The id of the latest response; null if no response began. */
  readonly response_id: string | null;
  /** The id of the latest request from the server, for its support. */
  readonly request_id: string | null;
  /** The requested model; null if the turn failed before the model was known. */
  readonly model_requested: string | null;
  /** The model that the server reported in a header or in the stream; null if it reported none. */
  readonly model_served: string | null;
  /** The transport of the latest response; null if no response began. */
  readonly transport: TransportName | null;
  /** The token counts; null if the server reported none. */
  readonly usage: TokenUsage | null;
  /** The latest values of each family. */
  readonly rate_limits: readonly RateLimitSnapshot[];
  /** Times, ms; null if the turn did not get that far. */
  readonly timings_ms: {
    /** From the start of the turn to the head of the successful response. */
    readonly headers: number | null;
    /** From the start of the turn to the first event of the API. */
    readonly first_event: number | null;
    /** From the start of the turn to the first text. */
    readonly first_text: number | null;
    /** From the start to the end of the turn. */
    readonly total: number;
  };
  /** The error; null if the turn completed. */
  readonly error: ResultError | null;
}

/** The events of culvert. */
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
  | ServerTimingsEvent
  | ToolOutputEvent
  | ResultEvent;
