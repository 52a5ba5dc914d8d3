/**
 * A credential at work: it gives headers, and says how it can be renewed after a refusal.
 *
 * @module
 */
import type { AgentFacts, AuthMode, Authorization, CredentialSource } from "../authenticator.ts";

/** Why a token is renewed, as the codex client (0.171.0) tells the authority. */
export type RefreshReason = "unauthorized_recovery" | "proactive_expiry";

/** Why nothing can be done about a 401, in the words of the evidence. */
export type NotRunReason =
  | "not_chatgpt_auth"
  | "not_refreshable_auth"
  | "auth_manager_missing"
  | "missing_scope"
  | "recovery_exhausted";

/** What recovery does with a credential of its own. Both say whether there is another one now. */
export interface Renewable {
  /** Takes over what another process stored. */
  readonly reload: (signal?: AbortSignal) => Promise<boolean>;
  /** Asks the authority. */
  readonly renew: (reason: RefreshReason, signal?: AbortSignal) => Promise<boolean>;
}

/** How a credential recovers. */
export type Renewal =
  | {
    readonly mode: "managed";
    readonly login: Renewable;
    /** What is renewed where the refused request was signed by an agent, and no token was sent at all. */
    readonly agent?: (refused: AgentFacts) => Renewable;
  }
  /** Headers with a new credential, whatever is in memory. */
  | {
    readonly mode: "external";
    readonly renew: (signal?: AbortSignal) => Promise<Readonly<Record<string, string>>>;
  }
  | { readonly mode: "none"; readonly reason: NotRunReason };

/** What may be told about the credential in use. No secret. */
export interface CredentialFacts {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** ms since 1970. */
  readonly issuedAt?: number;
  /** ms since 1970. */
  readonly expiresAt?: number;
}

/** One credential in use. */
export interface ActiveCredential {
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  readonly renewal: Renewal;
  /** Headers for one request, and what they are; may renew first. */
  readonly authorize: (signal?: AbortSignal, endpoint?: string) => Promise<Authorization>;
  /** Headers as they are, without waiting; `undefined` when they are made anew for each request. */
  readonly presentHeaders: () => Readonly<Record<string, string>> | undefined;
  readonly facts: () => CredentialFacts;
}
