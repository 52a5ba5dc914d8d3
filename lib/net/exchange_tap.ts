/**
 * What a relay, and the dialer, report about the exchanges that pass through them. Inference traces and captures implement
 * {@link ExchangeTap}; observations (`lib/net/observer.ts`) never hold bodies.
 *
 * @module
 */

import type { ErrorCode } from "../errors.ts";

/** Which way bytes go: from the client to the server, or back. */
export type Direction = "request" | "response";

/** The head of a request or of a response, as it stood on the wire. */
export interface ExchangeHead {
  readonly direction: Direction;
  /** Monotonic time, ms. */
  readonly at: number;
  /** Names and values in turn, in their order and letter case on the wire; repeated fields stay apart. */
  readonly rawHeaders: readonly string[];
  /** Of a request: its method. */
  readonly method?: string;
  /** Of a request: the absolute URL that it was relayed to. */
  readonly url?: string;
  /** Of a response: its status and reason phrase. */
  readonly status?: number;
  readonly reason?: string;
  /** Of a response: its body is reported after decoding, whatever `content-encoding` says. */
  readonly isDecoded?: boolean;
}

/** How one direction of an exchange ended. */
export interface ExchangeEnd {
  readonly direction: Direction;
  /** Monotonic time, ms. */
  readonly at: number;
  /** `aborted`: the receiving side went away; `failed`: the sending side broke off. */
  readonly outcome: "complete" | "aborted" | "failed";
  /** Why, where it did not complete. Holds no secret. */
  readonly error?: string;
  /** Code of a failure to connect, where it is known. */
  readonly code?: ErrorCode;
  /** Trailer fields, names and values in turn. */
  readonly rawTrailers?: readonly string[];
}

/** Receives what passes in one exchange. Must not throw and must not block. */
export interface ExchangeTap {
  /** A head passed: first the request's, then those of interim responses and of the response. */
  readonly head: (head: ExchangeHead) => void;
  /** Body bytes passed, as they stood on the wire but for chunked framing. The array must not be changed. */
  readonly bytes: (direction: Direction, data: Uint8Array, at: number) => void;
  /** The response was a 101: from here on `bytes` are those of the upgraded connection. */
  readonly upgrade: (head: ExchangeHead) => void;
  /** One direction ended; called once for each direction that began. */
  readonly end: (end: ExchangeEnd) => void;
}

/** Facts that name an exchange. */
export interface ExchangeIds {
  /** Unique within the process, in the order of arrival. */
  readonly exchangeId: number;
  /**
   * The client's connection; exchanges over one keep-alive connection share it. The HTTP client of the runtime does not
   * tell which connection it uses: each of its exchanges has a number of its own.
   */
  readonly connectionId: number;
}

/** Makes the tap of an exchange when its request head has arrived. */
export type TapFactory = (ids: ExchangeIds) => ExchangeTap;
