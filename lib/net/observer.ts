/**
 * The one tap. Rooms tell an {@link Observer} what happened; evidence, verbose logging and, later, telemetry
 * listen. Nothing here may hold a token, a body, a query string or a header map.
 *
 * @module
 */

/** Four facts that a server leaves on a refusal; each empty-handed as `undefined`. */
export interface ServerEvidence {
  /** `x-request-id`, else `x-oai-request-id`. */
  readonly requestId?: string;
  /** `cf-ray`. */
  readonly cfRay?: string;
  /** `x-openai-authorization-error`. */
  readonly authError?: string;
  /** `error.code` of the base64 JSON in `x-error-json`. */
  readonly authErrorCode?: string;
}

/** One HTTP attempt or websocket handshake, finished. */
export interface RequestObservation {
  readonly kind: "request";
  readonly transport: "http" | "websocket";
  /** Fixed per route of the API, such as `/responses`; never a full URL. */
  readonly endpoint: string;
  /** 0-based. */
  readonly attempt: number;
  readonly durationMs: number;
  /** HTTP status, where one was received. */
  readonly status?: number;
  /** Short class of the failure (`timeout`, `http 401`), never a body. */
  readonly error?: string;
  /** Taken from the headers really sent. */
  readonly authHeaderAttached: boolean;
  readonly evidence: ServerEvidence;
  /** Set on a websocket request: whether the socket was there before. */
  readonly connectionReused?: boolean;
}

/** One 401 handled by the recovery machine. */
export interface RecoveryObservation {
  readonly kind: "recovery";
  readonly mode: "managed" | "external" | "none";
  readonly phase: string;
  readonly outcome:
    | "recovery_succeeded"
    | "recovery_failed_permanent"
    | "recovery_failed_transient"
    | "recovery_not_run";
  readonly reason?: string;
  readonly stateChanged?: boolean;
  readonly endpoint: string;
  readonly transport: "http" | "websocket";
  readonly evidence: ServerEvidence;
}

/** A line worth reading with `-v`: which route, which roots, what was retried. */
export interface NoteObservation {
  readonly kind: "note";
  readonly level: "info" | "debug";
  readonly message: string;
}

/** Anything a room tells. */
export type Observation = RequestObservation | RecoveryObservation | NoteObservation;

/** Receives observations. Must not throw and must not block. */
export type Observer = (observation: Observation) => void;

/** For callers that do not listen. */
export const SILENT: Observer = () => {};
