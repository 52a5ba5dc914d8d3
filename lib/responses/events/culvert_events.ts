/**
 * The program's own events, which are yielded between those of the API. Their `type` begins with `culvert.`; field
 * names are in snake case, like the API's, because they are also the JSON lines of the command line.
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
  /** Discriminates. */
  readonly type: "culvert.connected";
  /** The transport of the response. */
  readonly transport: TransportName;
  /** Scheme, host and path; no query, no credentials. */
  readonly url: string;
  /** `direct (…)`, or the proxy and where it was configured; without its credentials. */
  readonly route: string;
  /** The server's id of the request, for its support; null where it gave none. */
  readonly request_id: string | null;
  /** Whether an open websocket was used again. */
  readonly reused: boolean;
}

/** An attempt failed, and another one follows. */
export interface RetryEvent {
  /** Discriminates. */
  readonly type: "culvert.retry";
  /** `request`: the stream was never opened. `stream`: it broke. */
  readonly level: "request" | "stream";
  /** 1-based count of this retry. */
  readonly attempt: number;
  /** How many retries there may be at this level. */
  readonly max: number;
  /** Waited before it, ms. */
  readonly delay_ms: number;
  /** What failed. */
  readonly code: ErrorCode;
  /** The same for people. */
  readonly message: string;
  /**
   * Whether output that was already yielded is void: the answer starts again from its beginning, and a reader must
   * discard what it collected since the last `culvert.connected`.
   */
  readonly discards_output: boolean;
}

/** A warning. The turn continues. */
export interface WarningEvent {
  /** Discriminates. */
  readonly type: "culvert.warning";
  /** Stable name in snake case. */
  readonly code: string;
  /** One sentence for people. */
  readonly message: string;
}

/** A 401 was met, and what recovery did. */
export interface AuthEvent {
  /** Discriminates. */
  readonly type: "culvert.auth";
  /** How the refused credential authenticates: `apikey`, `chatgpt`, …. */
  readonly mode: string;
  /** The step of recovery that was taken, or why none was. */
  readonly phase: string;
  /** `recovery_succeeded`: the request is sent again. Any other: the turn ends with the 401. */
  readonly outcome: string;
  /** The server's id of the refused request; null where it gave none. */
  readonly request_id: string | null;
}

/** One window of a rate limit. */
export interface RateLimitWindow {
  /** 0 to 100, fractional. */
  readonly used_percent: number;
  /** Minutes. */
  readonly window_minutes: number | null;
  /** Epoch seconds. */
  readonly resets_at: number | null;
}

/** One family of rate limits. Every key is always there. */
export interface RateLimitSnapshot {
  /** Which family: `codex`, or one of a model of its own. */
  readonly limit_id: string | null;
  /** Its name for people. */
  readonly limit_name: string | null;
  /** The shorter window. */
  readonly primary: RateLimitWindow | null;
  /** The longer window. */
  readonly secondary: RateLimitWindow | null;
  /** Credits beyond the plan. */
  readonly credits: {
    /** Whether there are any. */
    readonly has_credits: boolean;
    /** Whether they never end. */
    readonly unlimited: boolean;
    /** What is left, as the server writes it. */
    readonly balance: string | null;
  } | null;
  /** A limit of this user alone, as it was received. */
  readonly individual_limit: JsonObject | null;
  /** Whether a cap on spending was met. */
  readonly spend_control_reached: boolean | null;
  /** The account's plan, such as `plus`. */
  readonly plan_type: string | null;
  /** Which limit was met, where one was. */
  readonly rate_limit_reached_type: string | null;
}

/** Rate limits, from headers or from the stream. */
export interface RateLimitsEvent {
  /** Discriminates. */
  readonly type: "culvert.rate_limits";
  /** The family as it is now. */
  readonly snapshot: RateLimitSnapshot;
}

/** Which model the server says it used. */
export interface ServerModelEvent {
  /** Discriminates. */
  readonly type: "culvert.server_model";
  /** Its name. */
  readonly model: string;
}

/** The model asked for and the model that answers differ. Once a turn. */
export interface RerouteEvent {
  /** Discriminates. */
  readonly type: "culvert.reroute";
  /** Asked for. */
  readonly from_model: string;
  /** Answers. */
  readonly to_model: string;
  /** The only reason that servers are known to have. */
  readonly reason: "high_risk_cyber_activity";
}

/** ETag of the model list, quotes included. Once a session for each that differs: then fetch the list again. */
export interface ModelsEtagEvent {
  /** Discriminates. */
  readonly type: "culvert.models_etag";
  /** As the header has it. */
  readonly etag: string;
}

/** The server counts past reasoning itself. */
export interface ReasoningIncludedEvent {
  /** Discriminates. */
  readonly type: "culvert.reasoning_included";
}

/** The account is asked to verify itself for some use. Once a turn. */
export interface ModelVerificationsEvent {
  /** Discriminates. */
  readonly type: "culvert.model_verifications";
  /** What is asked for, in the server's words. */
  readonly verifications: readonly string[];
}

/** Moderation facts of the turn, verbatim. */
export interface ModerationEvent {
  /** Discriminates. */
  readonly type: "culvert.moderation";
  /** As it came. */
  readonly metadata: unknown;
}

/** The server holds output back for a safety check. */
export interface SafetyBufferingEvent {
  /** Discriminates. */
  readonly type: "culvert.safety_buffering";
  /** The model that is checked. */
  readonly model: string;
  /** What for, in the server's words. */
  readonly use_cases: readonly string[];
  /** Why, in the server's words. */
  readonly reasons: readonly string[];
  /** A model that would not be held back; null where none is named. */
  readonly faster_model: string | null;
}

/** The session changed from the websocket to SSE, for the rest of its turns. */
export interface FallbackEvent {
  /** Discriminates. */
  readonly type: "culvert.fallback";
  /** The transport before. */
  readonly from: "websocket";
  /** The transport from now on. */
  readonly to: "sse";
  /** Why, for people. */
  readonly reason: string;
  /** Whether the change needs no notice: the server asked for it (426), or an earlier process found it necessary. */
  readonly quiet: boolean;
  /** What to ask of whom so that websockets work; null where nothing is known. */
  readonly hint: string | null;
}

/** A prewarm request was made on a new websocket. */
export interface PrewarmEvent {
  /** Discriminates. */
  readonly type: "culvert.prewarm";
  /** The prewarm request's own response; null where the server named none. */
  readonly response_id: string | null;
}

/** The server's own timings of the response, where the session asked for them. Null: not reported. */
export interface ServerTimingsEvent {
  /** Discriminates. */
  readonly type: "culvert.server_timings";
  /** What the API added to the work of the model and of the client's tools, ms. */
  readonly overhead_ms: number | null;
  /** The work of the model in all, ms. */
  readonly inference_ms: number | null;
  /** To the first token, as the API saw it, ms. */
  readonly api_first_token_ms: number | null;
  /** To the first token, as the engine saw it, ms. */
  readonly engine_first_token_ms: number | null;
  /** Between two tokens, as the API saw it, ms. */
  readonly api_token_gap_ms: number | null;
  /** Between two tokens, as the engine saw it, ms. */
  readonly engine_token_gap_ms: number | null;
}

/** A tool that the model called has run, and its output goes to the model with the next request of the turn. */
export interface ToolOutputEvent {
  /** Discriminates. */
  readonly type: "culvert.tool_output";
  /** Name of the tool. */
  readonly name: string;
  /** How long it ran, ms. */
  readonly duration_ms: number;
  /** Why it failed, which the output tells the model as well; null where it did not. */
  readonly error: string | null;
  /** The output, as it is sent. */
  readonly item: FunctionCallOutputItem | CustomToolCallOutputItem;
}

/** Tokens used. */
export interface TokenUsage {
  /** Read by the model, cached ones included. */
  readonly input_tokens: number;
  /** Of those, read from the cache. */
  readonly cached_input_tokens: number;
  /** Of those, written to the cache. */
  readonly cache_write_input_tokens: number;
  /** Written by the model, reasoning included. */
  readonly output_tokens: number;
  /** Of those, reasoning. */
  readonly reasoning_output_tokens: number;
  /** Input and output. */
  readonly total_tokens: number;
}

/** The failure in a result. */
export interface ResultError {
  /** Which of the closed list. */
  readonly code: ErrorCode;
  /** What was attempted and what went wrong. */
  readonly message: string;
  /** What to do next; null where nothing is known. */
  readonly hint: string | null;
  /** Facts for machines. */
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** Exactly one a turn, always the last. */
export interface ResultEvent {
  /** Discriminates. */
  readonly type: "culvert.result";
  /** How the turn ended; `error` says why where it is not `completed`. */
  readonly status: "completed" | "incomplete" | "failed" | "interrupted";
  /** What the command line exits with. */
  readonly exit_code: ExitStatus;
  /** Of the latest response; null where none was opened. */
  readonly response_id: string | null;
  /** The server's id of the latest request, for its support. */
  readonly request_id: string | null;
  /** Null where the turn failed before it was settled. */
  readonly model_requested: string | null;
  /** What the server says it used, from header or stream; null when it did not say. */
  readonly model_served: string | null;
  /** The transport of the latest response; null where none was opened. */
  readonly transport: TransportName | null;
  /** Null where the server did not count. */
  readonly usage: TokenUsage | null;
  /** The latest of each family. */
  readonly rate_limits: readonly RateLimitSnapshot[];
  /** ms; null where it never came to that. */
  readonly timings_ms: {
    /** From the start of the turn to the head of the successful response. */
    readonly headers: number | null;
    /** To the first event of the API. */
    readonly first_event: number | null;
    /** To the first piece of text. */
    readonly first_text: number | null;
    /** To the end. */
    readonly total: number;
  };
  /** Null when the turn completed. */
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
  | ServerTimingsEvent
  | ToolOutputEvent
  | ResultEvent;
