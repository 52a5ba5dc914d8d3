/**
 * What the simulated API is to do with one request. A scenario without fields is a plain good answer.
 *
 * @module
 */

/** A JSON object to be sent. */
export type Json = Readonly<Record<string, unknown>>;

/** An answer with another status than 200, before any event. */
export interface Refusal {
  /** Of HTTP, or of the refused upgrade. */
  readonly status: number;
  /** Beside the content type. */
  readonly headers?: Readonly<Record<string, string>>;
  /** An object is sent as JSON, a string as it is. */
  readonly body: Json | string;
}

/** How a stream ends. `afterDeltas` counts the text deltas that are sent before. */
export type Ending =
  | { readonly kind: "completed" }
  | {
    readonly kind: "failed";
    readonly code: string;
    readonly message: string;
    readonly afterDeltas?: number;
  }
  | { readonly kind: "incomplete"; readonly reason: string; readonly afterDeltas?: number }
  /** An `error` event (SSE) or error frame (websocket), sent as it is. The SSE stream then ends. */
  | { readonly kind: "error"; readonly frame: Json; readonly afterDeltas?: number }
  /** The connection is reset; in the middle of an event when asked for (SSE alone). */
  | { readonly kind: "cut"; readonly afterDeltas: number; readonly midEvent?: boolean }
  /** The stream ends normally, without a terminal event. On a websocket: close code 1000. */
  | { readonly kind: "eof"; readonly afterDeltas: number }
  /** Nothing more comes, and the connection stays open. */
  | { readonly kind: "stall"; readonly afterDeltas: number }
  /** Websocket: a close frame with this code. */
  | { readonly kind: "close"; readonly code: number; readonly reason: string; readonly afterDeltas: number }
  /** Websocket: a binary frame, which the protocol does not know. */
  | { readonly kind: "binary"; readonly afterDeltas: number };

/** What to do with one request. Fields combine. */
export interface Scenario {
  /** Answered instead of a stream. */
  readonly refusal?: Refusal;
  /** Text of the answer, cut into deltas at word ends, or the deltas themselves. */
  readonly text?: string | readonly string[];
  /** Sends that many deltas of two letters instead, quickly. */
  readonly manyDeltas?: number;
  /** A reasoning summary before the answer. */
  readonly reasoning?: string;
  /** Value of `openai-model`; `null`: no such header. Default: the model asked for. */
  readonly servedModel?: string | null;
  /** Extra headers of the answer; a `null` takes a usual one away. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** Events sent right after `response.in_progress`, as they are. */
  readonly extraEvents?: readonly Json[];
  /** Adds one delta of so many bytes. */
  readonly hugeDeltaBytes?: number;
  /** Output items sent whole before the message, such as function calls. */
  readonly items?: readonly Json[];
  /** Merged into the response object of the terminal event. */
  readonly response?: Json;
  /** Waits before the head of the answer, ms. */
  readonly headDelayMs?: number;
  /** Waits between deltas, ms; each event is then written by itself. */
  readonly gapMs?: number;
  /** Sends the bytes of an SSE body in pieces of so many bytes, cutting events and letters. */
  readonly pieceBytes?: number;
  /** Sends an SSE comment before every event, as keep-alive. */
  readonly comments?: boolean;
  /** Compresses an SSE body, as a middlebox may. */
  readonly compression?: "gzip" | "zstd";
  /** Default: completed. */
  readonly ending?: Ending;
}

/** What the simulated API does with a websocket upgrade. Default: 101. */
export type HandshakeScenario =
  | {
    readonly kind: "accept";
    readonly headers?: Readonly<Record<string, string>>;
    readonly delayMs?: number;
    /** Never reads the close handshake of the client. */
    readonly stallClose?: boolean;
    /** Declines permessage-deflate. */
    readonly declinesDeflate?: boolean;
  }
  | { readonly kind: "refuse"; readonly refusal: Refusal }
  /** No answer ever. */
  | { readonly kind: "ignore" }
  /** The connection is dropped without an answer. */
  | { readonly kind: "drop" };
