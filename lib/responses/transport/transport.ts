/**
 * The interface between a turn and its transports. A transport sends a request and returns the JSON texts of its events;
 * everything above is the same for every transport.
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

/** The head of a response that is under way. */
export interface ResponseHead {
  readonly transport: TransportName;
  /** Scheme, host and path. */
  readonly url: string;
  /** In words. */
  readonly route: string;
  /** Of the HTTP reply, or of the upgrade that opened the websocket. */
  readonly headers: Headers;
  /** Whether the connection had carried a response before. */
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

/** An open response, read piece by piece. Nothing is read before it is asked for. */
export interface EventStream {
  readonly head: ResponseHead;
  /**
   * Waits for the texts of the next events, at least one; `null` when the peer ended in good order.
   *
   * @throws CulvertError `idle_timeout`, `reset`, `message_too_large`, or what the signal was aborted with
   */
  readonly next: () => Promise<readonly string[] | null>;
  /** Tells that an event was among the texts: the time without one starts again. */
  readonly progressed: () => void;
  /**
   * Lets go; a second call does nothing.
   *
   * @param completed what was read, after a success: the connection may be kept and continued. Absent: it is
   *   dropped at once
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
  /** Absent where no inference trace is written. */
  readonly recorder?: RequestRecorder;
}

/** The result of opening a response. A refusal is a result, not an exception. */
export type Opened =
  | { readonly kind: "open"; readonly stream: EventStream }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A way to carry a request. */
export interface Transport {
  readonly name: TransportName;
  /** @throws CulvertError of the network, TLS and configuration codes */
  readonly open: (call: Call) => Promise<Opened>;
}

/** A failed attempt, as far as the choice of the transport depends on it. */
export interface FailedAttempt {
  readonly transport: TransportName;
  readonly failure: Failure;
  /** The status that refused the request or the upgrade; absent where none did. */
  readonly status?: number;
  /** The headers that came with that status. */
  readonly headers?: Headers;
  /** Where the request was sent, where that is known. */
  readonly url?: URL;
  /** `request`: no response was opened. `stream`: one was, and broke or failed. */
  readonly level: "request" | "stream";
  /** Whether any event of the API had come. */
  readonly hasEvents: boolean;
  /** How many websockets broke in this turn after events had come, this one included. */
  readonly brokenWebsockets: number;
}

/** What is done about a failed attempt beside retrying it. */
export interface TransportChange {
  readonly event: CulvertEvent;
  /** Whether the next attempt spends no retry: the transport failed, not the server. */
  readonly free: boolean;
  /** Why the host carries no websocket, where that is worth remembering for later processes. */
  readonly remembered?: string;
}

/** Chooses the transport of each attempt of a turn. */
export interface TransportSelector {
  /** For the next attempt; waits for a prewarm request that is under way. */
  readonly select: () => Promise<Transport>;
  /** Returns the events that happened outside of a turn and were not yielded yet. */
  readonly pending: () => readonly CulvertEvent[];
  /** Told of each attempt that failed. */
  readonly reconsider: (attempt: FailedAttempt) => TransportChange | undefined;
}
