/**
 * A credential that belongs to the program that embeds culvert: where it comes from, and how it is renewed.
 *
 * @module
 */

/** A credential of the embedding program. Secret. */
export type ExternalCredential =
  /** The access token of a ChatGPT account. */
  | {
    readonly kind: "tokens";
    readonly accessToken: string;
    /** Sent beside the token. Default: what the token says of itself, where it is a JWT. */
    readonly accountId?: string;
    /** Likewise. */
    readonly isFedramp?: boolean;
  }
  /** Headers as they are, and no other; each replaces one of the same name. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** Why a new credential is asked for. */
export interface ExternalRefresh {
  /** The server answered 401. */
  readonly reason: "unauthorized";
  /** Account of the credential that was refused. A credential of another one is not taken. */
  readonly previousAccountId?: string;
  /** Aborted when the turn is, or when the time is over. */
  readonly signal: AbortSignal;
}

/**
 * What an embedding program tells of its credential. What its functions throw becomes the `cause` of an error and
 * is not repeated in any message. Either function has 10 s; one that has not answered by then has failed for now.
 */
export interface ExternalAuth {
  /** Gives the credential in force. Called ahead of each request, so it should answer out of memory. */
  readonly resolve: (signal?: AbortSignal) => ExternalCredential | Promise<ExternalCredential>;
  /** Gives a new credential, once a turn, after a 401. Default: `resolve`. */
  readonly refresh?: (context: ExternalRefresh) => ExternalCredential | Promise<ExternalCredential>;
  /**
   * Whether what `resolve` or `refresh` threw will be so again. Default: it may pass. After a permanent failure of
   * `resolve` the former credential stays in use, and `resolve` is not called again until a 401.
   */
  readonly classifyError?: (error: unknown) => "permanent" | "transient";
}
