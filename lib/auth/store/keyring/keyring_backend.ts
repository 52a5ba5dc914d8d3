/**
 * A login in the keyring of the system, as one entry.
 *
 * @module
 */
import { handleFailure } from "../../../errors.ts";
import type { Warning } from "../../../warning.ts";
import type { Backend } from "../backend.ts";
import { replaceable } from "../credential_store.ts";
import { describeEntry, entryFailure, type HomeEntries, type Keyring, type KeyringEntry } from "./keyring.ts";

/** By how much renewed tokens may be longer than the present ones, bytes. */
const GROWTH = 256;

/** What a login in the keyring is found with. */
export interface KeyringParts {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  readonly keyring: Keyring;
  readonly entries: HomeEntries;
}

/** Returns the entry of the login of a home. */
export function keyringBackend({ codexHome, entries: { login: entry }, keyring }: KeyringParts): Backend {
  const source = { kind: "keyring", name: describeEntry(entry) } as const;
  return {
    source,
    absence:
      'the keyring holds no login (cli_auth_credentials_store = "keyring" in config.toml: auth.json is not used)',
    read: (signal) => keyring.read(entry, signal),
    reserve: async ({ signal, expectedBytes = 0 }) => {
      // For the lock file. A failure is reported by the lock.
      await Deno.mkdir(codexHome, { recursive: true, mode: 0o700 }).catch(() => {});
      // Unlocks the keyring where that needs the user.
      const present = await keyring.read(entry, signal) ?? "";
      const isPresent = replaceable(present, source) !== undefined;
      keyring.check(entry, isPresent ? present + " ".repeat(GROWTH) : "");
      keyring.check(entry, " ".repeat(expectedBytes));
      return {
        write: (raw) => writeAndCompare(keyring, entry, JSON.stringify(raw)),
        [Symbol.asyncDispose]: async () => {},
      };
    },
    removals: [() => keyring.remove(entry)],
  };
}

/**
 * Returns a place that leaves no login in `auth.json`.
 *
 * @param warn receives why a file could not be removed
 */
export function withoutFile(
  kept: Backend,
  file: Backend,
  warn: (warning: Warning) => void,
): Backend {
  /** Removes the file, unless it cannot be parsed. */
  const removeFile = async () => {
    const text = await file.read();
    if (text === undefined) return;
    replaceable(text, file.source);
    for (const remove of file.removals) await remove();
  };
  const tryToRemoveFile = () =>
    handleFailure(
      removeFile(),
      ({ message }) =>
        warn({ code: "auth_file_left", message: `${message}; an earlier login in it can still be read` }),
    );
  return {
    ...kept,
    reserve: async (reservation) => {
      const slot = await kept.reserve(reservation);
      return { ...slot, write: (raw) => slot.write(raw).then(tryToRemoveFile) };
    },
    removals: [...kept.removals, ...file.removals],
  };
}

/** Writes a secret and verifies that the keyring returns it. @throws CulvertError `auth_storage` */
export async function writeAndCompare(keyring: Keyring, entry: KeyringEntry, secret: string): Promise<void> {
  await keyring.write(entry, secret);
  if (await keyring.read(entry) === secret) return;
  throw entryFailure("not_kept", "write", entry, "it returned a value other than the stored one");
}
