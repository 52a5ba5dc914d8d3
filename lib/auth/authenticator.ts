/**
 * Who am I, as seen by whoever sends requests: headers to attach, and what to do after a 401.
 *
 * @module
 */
import type { CulvertError } from "../errors.ts";
import type { ServerEvidence } from "../net/observer.ts";

/** Where a credential came from. */
export interface CredentialSource {
  readonly kind:
    | "flag"
    | "env"
    | "file"
    | "keyring"
    | "memory"
    | "provider_env"
    | "provider_token"
    | "command"
    | "host"
    | "none";
  /** The variable, flag, absolute path, entry of the keyring or option; never a value. */
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

/** The agent that signed a request. No secret: both ids may be told to support. */
export interface AgentFacts {
  /** `agent_runtime_id`. */
  readonly agentId: string;
  readonly taskId: string;
}

/** Headers for one request, resolved once for it. */
export interface Authorization {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** Replace same-named headers of the request. Secret: never logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** Who signed, where an agent did. */
  readonly agent?: AgentFacts;
}

/** A 401, as the sender met it: the status of a reply, of a refused upgrade, or of an error frame. */
export interface Rejection {
  /** Fixed per route of the API, such as `/responses`. */
  readonly endpoint: string;
  readonly transport: "http" | "websocket";
  readonly evidence: ServerEvidence;
  /**
   * What the refused attempt carried. With it, a credential that somebody else renewed in the meantime is seen
   * without a step of recovery.
   */
  readonly sent?: Authorization;
  /** Where it was sent. Only scheme and host are ever shown. */
  readonly url?: URL;
  /** `error.message` of the body, for the user's eyes; it never becomes evidence. */
  readonly message?: string;
  /** `error.code` of the body. */
  readonly code?: string;
}

/** How recovery ended, in the words of the evidence. */
export type RecoveryOutcome =
  | "recovery_succeeded"
  | "recovery_failed_permanent"
  | "recovery_failed_transient"
  | "recovery_not_run";

/** What recovery came to. */
export type RecoveryResult =
  /** Send again, now; `authorize()` gives new headers. */
  | { readonly resend: true; readonly phase: string }
  /** Do not. */
  | {
    readonly resend: false;
    readonly outcome: Exclude<RecoveryOutcome, "recovery_succeeded">;
    readonly reason: string;
    /** What to throw: `auth_rejected` or `auth_refresh_failed`, with all that is known of the refusal. */
    readonly error: CulvertError;
  };

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
   * @param endpoint as in a {@link Rejection}; default `/responses`. An agent of a ChatGPT login signs no
   *   request for `/models`, where the codex client (0.169.0) sends the login itself.
   * @throws CulvertError `auth_missing` where a credential is required and none is there; other `auth_*`
   */
  readonly authorize: (signal?: AbortSignal, endpoint?: string) => Promise<Authorization>;
  readonly startTurn: () => TurnRecovery;
}
