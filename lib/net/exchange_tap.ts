/**
 * The interface through which relays and the dialer report their exchanges. Inference traces and captures
 * implement {@link ExchangeTap}; observations (`lib/net/observer.ts`) never contain bodies.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";

/** The direction of bytes: `request` from the client to the server, `response` back. */
export type Direction = "request" | "response";

/** The head of a request or of a response, as it was on the wire. */
export interface ExchangeHead {
  readonly direction: Direction;
  /** Monotonic time, ms. */
  readonly at: number;
  /**
   * Alternating names and values, in their order and letter case on the wire; repeated fields are separate.
   */
  readonly rawHeaders: readonly string[];
  /** Method of a request. */
  readonly method?: string;
  /** Absolute URL that a request was relayed to. */
  readonly url?: string;
  /** Status and reason phrase of a response. */
  readonly status?: number;
  readonly reason?: string;
  /** Whether the body of a response is reported after decoding, in spite of its `content-encoding`. */
  readonly isDecoded?: boolean;
}

/** How one direction of an exchange ended. */
export interface ExchangeEnd {
  readonly direction: Direction;
  /** Monotonic time, ms. */
  readonly at: number;
  /** `aborted`: the receiving side left; `failed`: the sending side was cut. */
  readonly outcome: "complete" | "aborted" | "failed";
  /** The reason, if the direction did not complete. Contains no secret. */
  readonly error?: string;
  /** Code of a failure to connect, if it is known. */
  readonly code?: ErrorCode;
  /** Trailer fields, as alternating names and values. */
  readonly rawTrailers?: readonly string[];
}

/** Receives the parts of one exchange. Must not throw and must not block. */
export interface ExchangeTap {
  /** Receives a head: first the request's, then those of interim responses and of the response. */
  readonly head: (head: ExchangeHead) => void;
  /** Receives body bytes as they were on the wire, without chunked framing. The array must not be changed. */
  readonly bytes: (direction: Direction, data: Uint8Array, at: number) => void;
  /** Called after a 101: from here on `bytes` receives those of the upgraded connection. */
  readonly upgrade: (head: ExchangeHead) => void;
  /** Called once for each direction that has started, when it ends. */
  readonly end: (end: ExchangeEnd) => void;
}

/** The facts that identify an exchange. */
export interface ExchangeIds {
  /** Unique within the process, in the order of arrival. */
  readonly exchangeId: number;
  /**
   * The client's connection; exchanges over one keep-alive connection share it. The runtime's HTTP client
   * does not report its connections: each of its exchanges has a separate number.
   */
  readonly connectionId: number;
}

/** Creates the tap of an exchange when its request head has arrived. */
export type TapFactory = (ids: ExchangeIds) => ExchangeTap;
