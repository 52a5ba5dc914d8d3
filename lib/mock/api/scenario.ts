/**
 * A scenario defines how the simulated API answers one request. A scenario without fields is a complete
 * answer.
 *
 * @module
 */

/** A JSON object to send. */
export type Json = Readonly<Record<string, unknown>>;

/** An answer with another status than 200, before any event. */
export interface Refusal {
  /** Status of the HTTP reply, or of the refused upgrade. */
  readonly status: number;
  /** Headers in addition to the content type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body. An object is sent as JSON, a string unchanged. */
  readonly body: Json | string;
}

/** The end of a stream. `afterDeltas` is the number of text deltas that are sent before it. */
export type Ending =
  | { readonly kind: "completed" }
  | {
    readonly kind: "failed";
    readonly code: string;
    readonly message: string;
    readonly afterDeltas?: number;
  }
  | { readonly kind: "incomplete"; readonly reason: string; readonly afterDeltas?: number }
  /** An `error` event (SSE) or error frame (websocket), sent unchanged. The SSE stream then ends. */
  | { readonly kind: "error"; readonly frame: Json; readonly afterDeltas?: number }
  /** The connection is reset, optionally in the middle of an event (only SSE). */
  | { readonly kind: "cut"; readonly afterDeltas: number; readonly midEvent?: boolean }
  /** The stream ends normally, without a terminal event. On a websocket: close code 1000. */
  | { readonly kind: "eof"; readonly afterDeltas: number }
  /** No more data is sent, and the connection stays open. */
  | { readonly kind: "stall"; readonly afterDeltas: number }
  /** Websocket: a close frame with this code. */
  | { readonly kind: "close"; readonly code: number; readonly reason: string; readonly afterDeltas: number }
  /** Websocket: a binary frame, which the protocol does not define. */
  | { readonly kind: "binary"; readonly afterDeltas: number };

/** The answer to one request. Fields can be combined. */
export interface Scenario {
  /** Sent instead of a stream. */
  readonly refusal?: Refusal;
  /** Text of the answer, split into deltas between words, or the deltas themselves. */
  readonly text?: string | readonly string[];
  /** Number of deltas of two letters that are sent quickly instead. */
  readonly manyDeltas?: number;
  /** A reasoning summary before the answer. */
  readonly reasoning?: string;
  /** Value of `openai-model`; `null`: no such header. Default: the requested model. */
  readonly servedModel?: string | null;
  /** Extra headers of the answer; `null` removes a default one. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Events sent unchanged directly after `response.in_progress`. */
  readonly extraEvents?: readonly Json[];
  /** Size of one additional delta, bytes. */
  readonly hugeDeltaBytes?: number;
  /** Complete output items sent before the message, such as function calls. */
  readonly items?: readonly Json[];
  /** Merged into the response object of the terminal event. */
  readonly response?: Json;
  /** Pause before the head of the answer, ms. */
  readonly headDelayMs?: number;
  /** Pause between deltas, ms; each event is then written separately. */
  readonly gapMs?: number;
  /** Size of the chunks of an SSE body, bytes; they split events and characters. */
  readonly pieceBytes?: number;
  /** Whether an SSE comment is sent before every event, as keep-alive. */
  readonly comments?: boolean;
  /** The compression of an SSE body, as added by a middlebox. */
  readonly compression?: "gzip" | "zstd";
  /** Default: the response is completed. */
  readonly ending?: Ending;
}

/** The answer to a websocket upgrade. Default: 101. */
export type HandshakeScenario =
  | {
    readonly kind: "accept";
    readonly headers?: Readonly<Record<string, string>>;
    readonly delayMs?: number;
    /** Whether the close handshake of the client is never read. */
    readonly stallClose?: boolean;
    /** Whether permessage-deflate is declined. */
    readonly declinesDeflate?: boolean;
  }
  | { readonly kind: "refuse"; readonly refusal: Refusal }
  /** The upgrade is never answered. */
  | { readonly kind: "ignore" }
  /** The connection is dropped without an answer. */
  | { readonly kind: "drop" };
