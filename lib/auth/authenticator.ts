/**
 * The authentication of requests: headers to attach, and recovery after a 401.
 *
 * @module
 */
import type { CulvertError } from "../errors.ts";
import type { AgentIds, RecoveryObservation } from "../net/observer.ts";

/** Where a credential was found. */
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
  /** The variable, flag, absolute path, keyring entry or option; never a value. */
  readonly name: string;
}

/** The source where there is no credential. */
export const NO_SOURCE: CredentialSource = { kind: "none", name: "none" };

/** The kind of authentication. */
export type AuthMode =
  | "apikey"
  | "chatgpt"
  | "personalAccessToken"
  | "agentIdentity"
  | "headers"
  | "none";

/** The agent that signed a request. Both ids may be given to support. */
export type AgentFacts = Required<AgentIds>;

/** The authentication of one request. */
export interface Authorization {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** Replace headers of the same name. Secret: never logged. */
  readonly headers: Readonly<Record<string, string>>;
  /** The agent that signed. */
  readonly agent?: AgentFacts;
}

/** A 401: the status of a reply, of a refused upgrade, or of an error frame. */
export interface Rejection extends Pick<RecoveryObservation, "endpoint" | "transport" | "evidence"> {
  /** What the refused attempt carried. Recovery compares it with the credential in memory. */
  readonly sent: Authorization;
  /** Where it was sent. Only scheme and host are ever shown. */
  readonly url?: URL;
  /** `error.message` of the body, shown to the user; it never becomes evidence. */
  readonly message?: string;
  /** `error.code` of the body. */
  readonly code?: string;
}

/** The outcome of a recovery, as the evidence tags name it. */
export type RecoveryOutcome = RecoveryObservation["outcome"];

/** The result of a recovery. */
export type RecoveryResult =
  /** Send again at once; `authorize()` returns new headers. */
  | { readonly resend: true; readonly phase: string }
  /** Do not send again. */
  | {
    readonly resend: false;
    readonly outcome: Exclude<RecoveryOutcome, "recovery_succeeded">;
    readonly reason: string;
    /** To be thrown: `auth_rejected` or `auth_refresh_failed`, with all facts about the refusal. */
    readonly error: CulvertError;
  };

/** Recovery for one turn. Its steps are bounded by turn, not by call. */
export interface TurnRecovery {
  /**
   * Runs the next step after a 401.
   *
   * @throws the signal's reason
   */
  readonly recover: (rejection: Rejection, signal?: AbortSignal) => Promise<RecoveryResult>;
}

/** Authenticates requests. */
export interface Authenticator {
  /**
   * Returns the headers for one request.
   *
   * @param endpoint as in a {@link Rejection}; default `/responses`. For `/models` no agent signs: the codex
   *   client (0.171.0) sends the login itself there.
   * @throws CulvertError `auth_missing` where a credential is required and none is found; other `auth_*`; the
   *   signal's reason
   */
  readonly authorize: (signal?: AbortSignal, endpoint?: string) => Promise<Authorization>;
  /** Starts the recovery of one turn. */
  readonly startTurn: () => TurnRecovery;
}
