/**
 * The interface of a credential that belongs to the program that embeds culvert.
 *
 * @module
 */

/** A credential of the embedding program. Secret. */
export type ExternalCredential =
  /** The access token of a ChatGPT account. */
  | {
    readonly kind: "tokens";
    readonly accessToken: string;
    /** Sent beside the token. Default: the claim of the token, if it is a JWT. */
    readonly accountId?: string;
    /** Default: the claim of the token, if it is a JWT. */
    readonly isFedramp?: boolean;
  }
  /** Exactly these headers; each replaces one of the same name. */
  | { readonly kind: "headers"; readonly headers: Readonly<Record<string, string>> };

/** The reason for which a new credential is requested. */
export interface ExternalRefresh {
  /** The server answered 401. */
  readonly reason: "unauthorized";
  /** Account of the refused credential. A credential of another account is refused. */
  readonly previousAccountId?: string;
  /** Aborted with the turn, and after 10 s. */
  readonly signal: AbortSignal;
}

/**
 * The credential of an embedding program. An error that its functions throw becomes the `cause` of an error and is repeated in
 * no message. Each call of a function has 10 s.
 */
export interface ExternalAuth {
  /** Returns the credential in force. Called before each request, so it should answer from memory. */
  readonly resolve: (signal?: AbortSignal) => ExternalCredential | Promise<ExternalCredential>;
  /** Returns a new credential after a 401, once per turn. Default: `resolve`. */
  readonly refresh?: (context: ExternalRefresh) => ExternalCredential | Promise<ExternalCredential>;
  /**
   * Returns whether a failure of `resolve` or `refresh` is permanent. Default: `transient`. After a permanent failure
   * of `resolve` the previous credential is used, and `resolve` is not called again until a 401.
   */
  readonly classifyError?: (error: unknown) => "permanent" | "transient";
}
