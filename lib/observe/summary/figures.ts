/**
 * The figures of the runtime summary. Their names are in snake case, because they are also JSON of the command line.
 *
 * @module
 */
import type { ObservedRateLimit } from "../../net/turn_observation.ts";

/** A number of operations and the time that they took together. */
export interface CountAndTime {
  /** The number of operations. */
  count: number;
  /** The sum of their durations, ms. */
  duration_ms: number;
}

/** One window of a rate limit. */
export interface WindowFigures {
  /** 0 to 100, fractional. */
  readonly used_percent: number;
  /** Length of the window, minutes; null if the server did not report it. */
  readonly window_minutes: number | null;
  /** End of the window, seconds since 1970; null if the server did not report it. */
  readonly resets_at: number | null;
}

/** One family of rate limits. */
export interface RateLimitFigures {
  /** Name of the family. */
  readonly limit_id: string;
  /** The shorter window; null if there is none. */
  readonly primary: WindowFigures | null;
  /** The longer window; null if there is none. */
  readonly secondary: WindowFigures | null;
}

/** Sums of the token counts of the responses. */
export interface TokenFigures {
  /** Tokens read by the model, with cached tokens. */
  input: number;
  /** Input tokens that were read from the cache. */
  cached_input: number;
  /** Input tokens that were written to the cache. */
  cache_write_input: number;
  /** Tokens written by the model, with reasoning. */
  output: number;
  /** Output tokens of reasoning. */
  reasoning_output: number;
  /** Sum of input and output tokens. */
  total: number;
}

/** Timings that the server reported for its latest response; null if it did not report them. */
export interface ServerFigures {
  /** Time that the API added to the work of the model, ms. */
  overhead_ms: number | null;
  /** Work of the model, ms. */
  inference_ms: number | null;
  /** Time to the first token, as the API measured it, ms. */
  api_first_token_ms: number | null;
  /** Time to the first token, as the engine measured it, ms. */
  engine_first_token_ms: number | null;
  /** Mean time between two tokens, as the API measured it, ms. */
  api_token_gap_ms: number | null;
  /** Mean time between two tokens, as the engine measured it, ms. */
  engine_token_gap_ms: number | null;
}

/** The figures since the summary was created or last reset. */
export interface RuntimeFigures {
  /** Turns that ended. */
  turns: number;
  /** HTTP requests to the API, each retry counted; their time ends with the head of the answer. */
  requests: CountAndTime & {
    /** Requests that failed or were refused. */
    failed: number;
  };
  /** Server-sent events; their time is the time spent waiting for them. */
  events: CountAndTime;
  /** Websockets. */
  websocket: {
    /** Handshakes; where a request opened the connection, the time includes that request. */
    connects: CountAndTime;
    /** Requests over an open connection. */
    requests: CountAndTime;
    /** Text frames; their time is the wait for them. */
    events: CountAndTime;
  };
  /** Connections of websockets and byte streams. The HTTP client of the runtime does not report its connections. */
  connections: {
    /** Connections that a response used first. */
    opened: number;
    /** Responses over a reused connection. */
    reused: number;
  };
  /** Attempts that were repeated after a failure. */
  retries: number;
  /** Number of recovery steps after a 401. */
  recoveries: number;
  /** Number of changes from the websocket to SSE. */
  fallbacks: number;
  /** Time that this program and the reader of the events took between two reads of the stream, ms. */
  processing_ms: number;
  /** Latest turn: from its start to the first event, ms; null if none arrived. */
  time_to_first_event_ms: number | null;
  /** Latest turn: from its start to the first text, reasoning or output item, ms; null if none arrived. */
  time_to_first_output_ms: number | null;
  /** Token counts; null if no response reported any. */
  tokens: TokenFigures | null;
  /** The timings of the server; null if it sent none. */
  server: ServerFigures | null;
  /** The latest rate limits. */
  rate_limits: readonly RateLimitFigures[];
}

/** Returns figures in which nothing has happened. */
export function noFigures(): RuntimeFigures {
  const none = (): CountAndTime => ({ count: 0, duration_ms: 0 });
  return {
    turns: 0,
    requests: { ...none(), failed: 0 },
    events: none(),
    websocket: { connects: none(), requests: none(), events: none() },
    connections: { opened: 0, reused: 0 },
    retries: 0,
    recoveries: 0,
    fallbacks: 0,
    processing_ms: 0,
    time_to_first_event_ms: null,
    time_to_first_output_ms: null,
    tokens: null,
    server: null,
    rate_limits: [],
  };
}

/** Returns a family of rate limits under the names of the figures. */
export function rateLimitFigures({ limitId, primary, secondary }: ObservedRateLimit): RateLimitFigures {
  return { limit_id: limitId, primary: windowFigures(primary), secondary: windowFigures(secondary) };
}

function windowFigures(window: ObservedRateLimit["primary"]): WindowFigures | null {
  if (window === undefined) return null;
  const { resetsAt = null, usedPercent, windowMinutes = null } = window;
  return { used_percent: usedPercent, window_minutes: windowMinutes, resets_at: resetsAt };
}
