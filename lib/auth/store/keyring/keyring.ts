/**
 * The keyring of the system, and the entries of a login in it. The names are those of the codex client (0.171.0), so
 * that both programs find the same login.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../../errors.ts";
import { fingerprint } from "../../fingerprint.ts";

/** The name of an entry. */
export interface KeyringEntry {
  readonly service: string;
  readonly account: string;
}

/** A keyring. Every call may wait for the user to enter a password, at most 60 s. */
export interface Keyring {
  /**
   * @returns the secret; `undefined` where there is no entry
   * @throws CulvertError `auth_storage`; the signal's reason
   */
  readonly read: (entry: KeyringEntry, signal?: AbortSignal) => Promise<string | undefined>;
  /**
   * Creates or replaces an entry.
   *
   * @throws CulvertError `auth_storage`; `details.problem` is `too_large` for a secret that does not fit, and the
   *   former one is unchanged
   */
  readonly write: (entry: KeyringEntry, secret: string) => Promise<void>;
  /** @returns whether there was an entry @throws CulvertError `auth_storage` */
  readonly remove: (entry: KeyringEntry) => Promise<boolean>;
  /** @throws CulvertError `auth_storage`, `details.problem` is `too_large`, for a secret that would not fit */
  readonly check: (entry: KeyringEntry, secret: string) => void;
}

/** Returns the entry of the login. */
export async function loginEntry(codexHome: string): Promise<KeyringEntry> {
  return { service: "Codex Auth", account: `cli|${await homeKey(codexHome)}` };
}

/** Returns the entry of the passphrase of `secrets/codex_auth.age`. */
export async function secretsEntry(codexHome: string): Promise<KeyringEntry> {
  return { service: "codex", account: `secrets|${await homeKey(codexHome)}` };
}

/** Returns the name of an entry for messages. */
export function describeEntry({ service, account }: KeyringEntry): string {
  return `the keyring (service "${service}", account "${account}")`;
}

/** Ends the hint of every failure. */
export const USE_THE_FILE =
  'To keep the login in auth.json instead, set cli_auth_credentials_store = "file" in config.toml and sign in again.';

const USE_ENCRYPTED_FILE =
  "Set secret_auth_storage = true under [features] in config.toml and sign in again: the login is then kept in " +
  "an encrypted file, and only its passphrase in the keyring.";

/** Optional parts of {@link keyringFailure}. */
interface FailureOptions {
  readonly hint?: string;
  readonly details?: Readonly<Record<string, DetailValue>>;
  readonly cause?: unknown;
}

/**
 * Returns the error of a keyring that cannot be used.
 *
 * @param problem for machines: `not_installed`, `no_service`, `locked`, `timeout`, `too_large`, …
 * @param message a sentence without full stop
 */
export function keyringFailure(problem: string, message: string, options: FailureOptions = {}): CulvertError {
  return new CulvertError("auth_storage", message, {
    hint: options.hint ?? USE_THE_FILE,
    details: { problem, ...options.details },
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/**
 * Returns the error for a secret that does not fit.
 *
 * @param limit completes the sentence, such as "secret-tool accepts no secret above 8191 bytes"
 */
export function tooLarge(entry: KeyringEntry, limit: string): CulvertError {
  const message = `Cannot write ${describeEntry(entry)}: ${limit}`;
  return keyringFailure("too_large", message, { hint: USE_ENCRYPTED_FILE });
}

/** Returns the first 16 hexadecimal digits of the SHA-256 of the home's real path, or of the path as given. */
async function homeKey(codexHome: string): Promise<string> {
  let path = codexHome;
  try {
    path = await Deno.realPath(codexHome);
  } catch (error) {
    // The home does not exist yet.
    if (!(error instanceof Error)) throw error;
  }
  return (await fingerprint(path)).slice(0, 16);
}
