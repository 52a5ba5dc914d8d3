/**
 * A credential in use: how it authenticates requests and how it can be renewed after a refusal.
 *
 * @module
 */
import type { AgentFacts, AuthMode, Authorization, CredentialSource } from "../authenticator.ts";

/** Why a token is renewed, as the codex client (0.171.0) tells the authority. */
export type RefreshReason = "unauthorized_recovery" | "proactive_expiry";

/** Why recovery runs no step, as the evidence tags name it. */
export type NotRunReason =
  | "not_chatgpt_auth"
  | "not_refreshable_auth"
  | "auth_manager_missing"
  | "missing_scope"
  | "recovery_exhausted";

/** The steps of a managed recovery. Both return whether the credential in memory is another one now. */
export interface Renewable {
  /** Takes over what another process stored. */
  readonly reload: (signal?: AbortSignal) => Promise<boolean>;
  /** Asks the authority for a new one. */
  readonly renew: (reason: RefreshReason, signal?: AbortSignal) => Promise<boolean>;
}

/** How a credential is renewed. */
export type Renewal =
  | {
    readonly mode: "managed";
    readonly login: Renewable;
    /** Renews the agent that signed the refused request, which carried no token. */
    readonly agent?: (refused: AgentFacts) => Renewable;
  }
  | {
    readonly mode: "external";
    /** Returns headers with a new credential. */
    readonly renew: (signal?: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  }
  | { readonly mode: "none"; readonly reason: NotRunReason };

/** What may be reported about the credential in use. Contains no secret. */
export interface CredentialFacts {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** ms since 1970. */
  readonly issuedAt?: number;
  /** ms since 1970. */
  readonly expiresAt?: number;
}

/** A credential in use. */
export interface ActiveCredential {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  readonly renewal: Renewal;
  /**
   * Authenticates one request. May renew the credential first.
   *
   * @returns the headers, and what differs from the credential
   * @throws the signal's reason
   */
  readonly authorize: (
    signal?: AbortSignal,
    endpoint?: string,
  ) => Promise<Partial<Authorization> & Pick<Authorization, "headers">>;
  /** Returns the headers as they are now. Default: each request has its own. */
  readonly presentHeaders?: () => Readonly<Record<string, string>> | undefined;
  /** Returns when the token was issued and when it expires. Default: not known. */
  readonly lifetime?: () => Pick<CredentialFacts, "issuedAt" | "expiresAt">;
}

/** Returns a credential that cannot be renewed, or none at all. */
export function fixedCredential(
  mode: "none" | "apikey" | "personalAccessToken",
  source: CredentialSource,
  headers: Readonly<Record<string, string>>,
  reason: NotRunReason,
): ActiveCredential {
  return {
    mode,
    source,
    renewal: { mode: "none", reason },
    authorize: () => Promise.resolve({ headers }),
    presentHeaders: () => headers,
  };
}
