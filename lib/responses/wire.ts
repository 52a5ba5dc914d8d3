/**
 * The seam between a turn and the wires: whoever carries a request yields the JSON texts of its events, and from there
 * on every wire takes the same path.
 *
 * @module
 */
import type { Authorization } from "../auth/authenticator.ts";
import type { Wire } from "./events.ts";
import type { Refusal } from "./http_failures.ts";
import type { RequestContext } from "./identity.ts";
import type { TurnRequest } from "./request.ts";

/** The head of a response that is under way. */
export interface ResponseHead {
  readonly wire: Wire;
  /** Scheme, host and path. */
  readonly url: string;
  /** In words. */
  readonly route: string;
  /** Of the HTTP reply, or of the upgrade that opened the websocket. */
  readonly headers: Headers;
  /** Whether the connection had carried a response before. */
  readonly reused: boolean;
}

/** A response under way, one piece after another. Pulled: nothing is read ahead of whoever asks. */
export interface WireStream {
  readonly head: ResponseHead;
  /**
   * Waits for the texts of the next events, at least one; `null` when the peer ended in good order.
   *
   * @throws CulvertError `idle_timeout`, `reset`, `message_too_large`, or what the signal was aborted with
   */
  readonly next: () => Promise<readonly string[] | null>;
  /** Lets go. `completed`: the terminal event of a success was read, so that the connection may be kept. */
  readonly release: (completed: boolean) => void;
}

/** One attempt to make. */
export interface Call {
  readonly request: TurnRequest;
  readonly context: RequestContext;
  readonly authorization: Authorization;
  /** The turn's sticky state, once it is known. */
  readonly turnState: string | undefined;
  readonly signal: AbortSignal;
}

/** What became of an attempt to open a response. A refusal is an answer, not an exception. */
export type Opened =
  | { readonly kind: "open"; readonly stream: WireStream }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** A way to carry a request. */
export interface Carrier {
  readonly wire: Wire;
  /** @throws CulvertError of the network, TLS and configuration codes */
  readonly open: (call: Call) => Promise<Opened>;
}
