/**
 * The keyring of the system, and the entries of a login in it. The names are those of the codex client (0.171.0), so
 * that both programs find the same login.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../../errors.ts";
import { sha256Hex } from "../../../text/sha256.ts";

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

/** The entries of one home. */
export interface HomeEntries {
  readonly login: KeyringEntry;
  /** The passphrase of `secrets/codex_auth.age`. */
  readonly passphrase: KeyringEntry;
}

/** Returns the entries, named after the first 16 hexadecimal digits of the SHA-256 of the real path of the home. */
export async function homeEntries(codexHome: string): Promise<HomeEntries> {
  const path = await Deno.realPath(codexHome).catch(() => codexHome);
  const key = (await sha256Hex(path)).slice(0, 16);
  return {
    login: { service: "Codex Auth", account: `cli|${key}` },
    passphrase: { service: "codex", account: `secrets|${key}` },
  };
}

/** Returns the name of an entry for messages. */
export function describeEntry({ service, account }: KeyringEntry): string {
  return `the keyring (service "${service}", account "${account}")`;
}

/** Ends the hint of every failure. */
const USE_THE_FILE =
  'To keep the login in auth.json instead, set cli_auth_credentials_store = "file" in config.toml and sign in again.';

/** What to do, by `details.problem`. */
const HINTS: Readonly<Record<string, string>> = {
  not_installed:
    "Install secret-tool (Debian and Ubuntu: libsecret-tools; Fedora and Arch: libsecret); security is " +
    "part of macOS, in /usr/bin.",
  not_started: "Check that this process may start programs.",
  timeout: "The keyring may be waiting for its password. Unlock it, then try again.",
  locked:
    "Unlock the keyring (in a desktop session, with its password; on macOS: security unlock-keychain), allow " +
    "the access if the system asks, then try again.",
  no_service:
    "A desktop session provides one; without a desktop, run gnome-keyring-daemon on a D-Bus session bus.",
  no_passphrase: "Remove the file with culvert auth logout, then sign in again: culvert auth login",
  too_large:
    "Set secret_auth_storage = true under [features] in config.toml and sign in again: the login is then " +
    "kept in an encrypted file, and only its passphrase in the keyring.",
};

/**
 * Returns the error of a keyring that cannot be used.
 *
 * @param problem for machines: `not_installed`, `no_service`, `locked`, `timeout`, `too_large`, …
 * @param message a sentence without full stop
 */
export function keyringFailure(
  problem: string,
  message: string,
  details: Readonly<Record<string, DetailValue>> = {},
  cause?: unknown,
): CulvertError {
  return new CulvertError("auth_storage", message, {
    hint: [HINTS[problem] ?? [], USE_THE_FILE].flat().join(" "),
    details: { problem, ...details },
    ...(cause === undefined ? {} : { cause }),
  });
}

/**
 * Returns the error for one entry.
 *
 * @param verb completes "Cannot … the keyring": `read`, `write`, `remove from`
 * @param why completes the sentence
 */
export function entryFailure(
  problem: string,
  verb: string,
  entry: KeyringEntry,
  why: string,
  details?: Readonly<Record<string, DetailValue>>,
): CulvertError {
  return keyringFailure(problem, `Cannot ${verb} ${describeEntry(entry)}: ${why}`, details);
}
