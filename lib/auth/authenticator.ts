/**
 * Who am I, as seen by whoever sends requests: headers to attach, and what to do after a 401.
 *
 * @module
 */
import type { ServerEvidence } from "../net/observer.ts";

/** Where a credential came from. */
export interface CredentialSource {
  readonly kind: "flag" | "env" | "file" | "provider_env" | "provider_token" | "command" | "none";
  /** The variable, flag or absolute path; never a value. */
  readonly name: string;
}

/** How the credential authenticates. */
export type AuthMode =
  | "apikey"
  | "chatgpt"
  | "personalAccessToken"
  | "agentIdentity"
  | "headers"
  | "none";

/** Headers for one request, resolved once for it. */
export interface Authorization {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** Replace same-named headers of the request. Secret: never logged. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A 401, as the sender met it. */
export interface Rejection {
  readonly endpoint: string;
  readonly transport: "http" | "websocket";
  readonly evidence: ServerEvidence;
}

/** What recovery came to. */
export type RecoveryResult =
  /** Send again, now; `authorize()` gives new headers. */
  | { readonly resend: true; readonly phase: string }
  /** Do not. `error` is what the user is told, evidence included. */
  | { readonly resend: false; readonly outcome: string; readonly reason: string };

/**
 * Recovery for one turn. Made anew at each turn, so that its steps are bounded per turn and not per call.
 */
export interface TurnRecovery {
  /** Runs the next step for a 401. */
  readonly recover: (rejection: Rejection, signal?: AbortSignal) => Promise<RecoveryResult>;
}

/** Gives headers and recovers from refusals. */
export interface Authenticator {
  /**
   * @throws CulvertError `auth_missing` where a credential is required and none is there; other `auth_*`
   */
  readonly authorize: (signal?: AbortSignal) => Promise<Authorization>;
  readonly startTurn: () => TurnRecovery;
}
