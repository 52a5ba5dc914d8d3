/**
 * A credential in use: how it authenticates requests and how it can be renewed after a refusal.
 *
 * @module
 */
import type { TokenClaims } from "../jwt_claims.ts";
import { singleFlight } from "../../async/single_flight.ts";
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
export type CredentialFacts = Pick<Authorization, "mode" | "source"> & TokenTimes;

/** When a token was issued and when it expires. */
export type TokenTimes = Pick<TokenClaims, "issuedAt" | "expiresAt">;

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
  readonly lifetime?: () => TokenTimes;
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
  };
}

/** What a supplier returned last. */
export interface Supplied {
  readonly mode: AuthMode;
  readonly headers: Readonly<Record<string, string>>;
}

/** Supplies a credential: a function of the embedding program, or a command. */
export interface Supplier<S extends Supplied> {
  /** Until a credential was supplied. */
  readonly mode: AuthMode;
  readonly source: CredentialSource;
  /** Returns the credential for one request. @param held the one that was supplied last */
  readonly current: (held: S | undefined, signal?: AbortSignal) => Promise<S>;
  /** Returns another credential after a refusal. */
  readonly renew: (held: S | undefined, signal: AbortSignal) => Promise<S>;
}

/** Returns the credential of a supplier. Refusals at the same time share one renewal. */
export function suppliedCredential<S extends Supplied>(supplier: Supplier<S>): ActiveCredential {
  let held: S | undefined;
  /** The result of a renewal. The next request carries it, since it may be for one use. */
  let renewed: S | undefined;
  const renew = singleFlight(async (signal) => {
    held = renewed = await supplier.renew(held, signal);
    return held.headers;
  });
  return {
    get mode() {
      return held?.mode ?? supplier.mode;
    },
    source: supplier.source,
    renewal: { mode: "external", renew },
    authorize: async (signal) => {
      // Taken before the wait, during which another turn may receive one.
      const kept = renewed;
      renewed = undefined;
      const { headers, mode } = kept ?? (held = await supplier.current(held, signal));
      return { headers, mode };
    },
    presentHeaders: () => held?.headers,
  };
}
