/**
 * The system's keyring: entries found by service and account, and how those of this program are called. Their names
 * are the codex client's (0.169.0), so that both programs find one login.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../../errors.ts";
import { fingerprint } from "../../fingerprint.ts";

/** The name of one entry. */
export interface KeyringEntry {
  readonly service: string;
  readonly account: string;
}

/** How long a call may take. */
export interface KeyringCall {
  /** Ends it, and the program that was asked. */
  readonly signal?: AbortSignal | undefined;
  /** Absent: as long as a person needs for a password, ms. */
  readonly limitMs?: number | undefined;
}

/** A keyring. Each call fails with `auth_storage`: the program that leads to it is missing, it is locked, … */
export interface Keyring {
  /** @returns the secret, `undefined` where there is none @throws CulvertError `auth_storage`; the signal's reason */
  readonly read: (entry: KeyringEntry, call?: KeyringCall) => Promise<string | undefined>;
  /**
   * Replaces the secret.
   *
   * @throws CulvertError `auth_storage`; `details.problem` is `too_large` for one that does not fit, and then the
   *   former one is still there
   */
  readonly write: (entry: KeyringEntry, secret: string, call?: KeyringCall) => Promise<void>;
  /** @returns whether there was one @throws CulvertError `auth_storage` */
  readonly remove: (entry: KeyringEntry, call?: KeyringCall) => Promise<boolean>;
  /** @throws CulvertError `auth_storage`, `details.problem` is `too_large`, for a secret that would not fit */
  readonly check: (entry: KeyringEntry, secret: string) => void;
}

/** The entry of the login itself. */
export async function loginEntry(codexHome: string): Promise<KeyringEntry> {
  return { service: "Codex Auth", account: `cli|${await homeKey(codexHome)}` };
}

/** The entry of the passphrase of `secrets/codex_auth.age`. */
export async function secretsEntry(codexHome: string): Promise<KeyringEntry> {
  return { service: "codex", account: `secrets|${await homeKey(codexHome)}` };
}

/** An entry in messages. */
export function describeEntry({ service, account }: KeyringEntry): string {
  return `the keyring (service "${service}", account "${account}")`;
}

/**
 * The error of a keyring that cannot be used.
 *
 * @param problem stable word for machines: `not_installed`, `no_service`, `locked`, `timeout`, `too_large`, …
 * @param message a whole sentence without its full stop
 */
export function keyringFailure(
  problem: string,
  message: string,
  options: {
    readonly hint?: string;
    readonly details?: Readonly<Record<string, DetailValue>>;
    readonly cause?: unknown;
  } = {},
): CulvertError {
  return new CulvertError("auth_storage", message, {
    hint: options.hint ?? USE_THE_FILE,
    details: { problem, ...options.details },
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** What always helps. */
export const USE_THE_FILE =
  'To keep the login in auth.json instead, set cli_auth_credentials_store = "file" in config.toml and sign in again.';

/** The first 16 hex digits of the SHA-256 of the home's path, without symbolic links where it exists. */
async function homeKey(codexHome: string): Promise<string> {
  let path = codexHome;
  try {
    path = await Deno.realPath(codexHome);
  } catch (error) {
    // A home that is not there yet goes by the name it was given.
    if (!(error instanceof Error)) throw error;
  }
  return (await fingerprint(path)).slice(0, 16);
}
