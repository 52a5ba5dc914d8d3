/**
 * Types for the forwarding of requests and upgrades.
 *
 * @module
 */
import type { ExchangeTap } from "../../exchange_tap.ts";
import type { SenderFlow } from "./request_body.ts";
import type { Origin, Upstream } from "./upstream.ts";

/** The request to the origin. */
export interface OutgoingRequest {
  readonly origin: Origin;
  /** Path and query. */
  readonly path: string;
  /** Fields for the origin; hop-by-hop fields are removed here. */
  readonly rawHeaders: readonly string[];
}

/** Changes of a middlebox to an exchange. */
export interface ForwardPolicy {
  /** Holds `text/event-stream` back until it is complete, as buffering middleboxes do. */
  readonly bufferEventStreams?: boolean;
  /** Time to wait before the request is forwarded, ms. */
  readonly delayMs?: number;
}

/** An answer of the proxy itself. */
export interface OwnReply {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** A response of the origin with status 401. */
export interface Refusal {
  readonly rawHeaders: readonly string[];
  /** At most 64 KiB. */
  readonly body: Uint8Array;
}

/** How requests are forwarded. */
export interface Forwarding {
  readonly upstream: Upstream;
  readonly tap: ExchangeTap;
  readonly policy?: ForwardPolicy;
  /** Used where the origin takes less than the client sends. Default: the socket of the client alone is paused. */
  readonly flow?: SenderFlow | undefined;
  /** Time allowed from the request to the head of the response, ms. Default: 15 minutes; for an upgrade one minute. */
  readonly headTimeoutMs?: number;
  /** Makes the answer for an origin that cannot be reached, or that breaks off before it has answered. */
  readonly failure: (error: unknown, origin: Origin) => OwnReply;
  /**
   * Called each time the origin answers 401. Returns the request to send instead, or `undefined` to pass the 401 on.
   * Without it, request bodies are not kept.
   */
  readonly renew?: (refusal: Refusal, signal: AbortSignal) => Promise<OutgoingRequest | undefined>;
}
