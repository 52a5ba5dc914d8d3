/**
 * The interface between a turn and its transports. A transport sends a request and returns the JSON texts of
 * its events; the code above it is the same for every transport.
 *
 * @module
 */
import type { Authorization } from "../../auth/authenticator.ts";
import type { CulvertEvent, JsonObject, TransportName } from "../events/events.ts";
import type { Failure } from "../failures/failure.ts";
import type { Refusal } from "../failures/http_failures.ts";
import type { RequestContext } from "../request/identity.ts";
import type { RequestRecorder } from "../request/inference_trace.ts";
import type { TurnRequest } from "../request/request.ts";

/** Largest event accepted by default, in UTF-16 units: large enough for a few images in base64. */
export const MAX_EVENT_LENGTH = 64 * 1024 * 1024;

/** The head of an open response. */
export interface ResponseHead {
  readonly transport: TransportName;
  /** Scheme, host and path. */
  readonly url: string;
  /** The route in words. */
  readonly route: string;
  /** The headers of the HTTP reply, or of the upgrade that opened the websocket. */
  readonly headers: Headers;
  /** Whether the connection was used for an earlier response. */
  readonly reused: boolean;
}

/** A complete response. */
export interface CompletedResponse {
  readonly id: string;
  /** Its output items, in order. */
  readonly items: readonly JsonObject[];
  /** Whether it began with `response.created`. */
  readonly announced: boolean;
}

/** An open response, which is read incrementally. Nothing is read in advance. */
export interface EventStream {
  readonly head: ResponseHead;
  /**
   * Waits for the texts of the next events, at least one; `null` when the peer ended the stream normally.
   *
   * @throws CulvertError `idle_timeout`, `reset`, `message_too_large`, or the signal's reason
   */
  readonly next: () => Promise<readonly string[] | null>;
  /** After the end: the start of a text that arrived in place of events, such as a web page. Absent: there was none. */
  readonly otherText?: string | undefined;
  /** Called if an event was among the texts: restarts the idle time. */
  readonly progressed: () => void;
  /**
   * Releases the response; a second call does nothing.
   *
   * @param completed the complete response, after a success: the connection may be stored and continued.
   * Absent: it is dropped immediately
   */
  readonly release: (completed?: CompletedResponse) => void;
}

/** One attempt to make. */
export interface Call {
  readonly request: TurnRequest;
  readonly context: RequestContext;
  readonly authorization: Authorization;
  /** The turn's sticky state, once it is known. */
  readonly turnState: string | undefined;
  readonly signal: AbortSignal;
  /** Absent if no inference trace is written. */
  readonly recorder?: RequestRecorder;
}

/** The result of opening a response. A refusal is a result, not an exception. */
export type Opened =
  | { readonly kind: "open"; readonly stream: EventStream }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Sends requests and opens their responses. */
export interface Transport {
  readonly name: TransportName;
  /** @throws CulvertError of the network, TLS and configuration codes */
  readonly open: (call: Call) => Promise<Opened>;
}

/** The facts of a failed attempt that the choice of the transport depends on. */
export interface FailedAttempt {
  readonly transport: TransportName;
  readonly failure: Failure;
  /** The status that refused the request or the upgrade; absent if none did. */
  readonly status?: number;
  /** The headers of the reply with that status. */
  readonly headers?: Headers;
  /** The target of the request, if it is known. */
  readonly url?: URL;
  /** `request`: no response was opened. `stream`: one was, and broke or failed. */
  readonly level: "request" | "stream";
  /** Whether an event of the API had arrived. */
  readonly hasEvents: boolean;
  /** The number of websockets that were cut in this turn after events had arrived, this one included. */
  readonly brokenWebsockets: number;
}

/** The reaction to a failed attempt in addition to the retry. */
export interface TransportChange {
  readonly event: CulvertEvent;
  /** Whether the next attempt uses no retry: the transport failed, not the server. */
  readonly free: boolean;
  /** The reason why the host does not support websockets, if it is to be stored for later processes. */
  readonly remembered?: string;
}

/** Chooses the transport of each attempt of a turn. */
export interface TransportSelector {
  /** Returns the transport of the next attempt; waits for a prewarm request that is in progress. */
  readonly select: () => Promise<Transport>;
  /** Returns the events that happened outside of a turn and were not yielded yet. */
  readonly pending: () => readonly CulvertEvent[];
  /** Called for each failed attempt. */
  readonly reconsider: (attempt: FailedAttempt) => TransportChange | undefined;
}
