/**
 * The keychain of macOS by `security`.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import { describeEntry, type Keyring, type KeyringEntry, keyringFailure, USE_THE_FILE } from "./keyring.ts";
import { type ProgramEnd, type ProgramRun, runKeyringProgram } from "./keyring_program.ts";

const INSTALL = "It is part of macOS, in /usr/bin.";
/**
 * The longest command on stdin, its line end included, bytes. Of a longer one the beginning is executed (the buffer
 * holds 4096 with its end; see `SecurityTool/security.c`).
 */
const LONGEST_COMMAND = 4094;
/** `errSecItemNotFound`, as an exit status. */
const NOT_FOUND = 44;
/** `errSecInteractionNotAllowed`, `errSecAuthFailed`, `errSecUserCanceled`. */
const DENIED: readonly number[] = [36, 51, 128];

/**
 * Makes a keyring.
 *
 * @param world for the time limit
 * @param name of the program, or its path
 */
export function securityTool(world: Pick<World, "sleep">, name = "security"): Keyring {
  const run = (args: readonly string[], how?: ProgramRun) =>
    runKeyringProgram({ name, install: INSTALL }, args, world, how);
  const keyring: Keyring = {
    read: async (entry, call) => {
      const end = await run(["find-generic-password", ...named(entry), "-w"], call);
      if (end.code === NOT_FOUND) return undefined;
      if (end.code !== 0) throw failed("read", entry, end);
      return plain(end.stdout.replace(/\n$/, ""));
    },
    write: async (entry, secret, call) => {
      keyring.check(entry, secret);
      const end = await run(["-i"], { ...call, stdin: storeCommand(entry, secret) });
      if (end.code !== 0) throw failed("write", entry, end);
    },
    remove: async (entry, call) => {
      const end = await run(["delete-generic-password", ...named(entry)], call);
      if (end.code === NOT_FOUND) return false;
      if (end.code !== 0) throw failed("remove from", entry, end);
      return true;
    },
    check: (entry, secret) => {
      const command = new TextEncoder().encode(storeCommand(entry, secret));
      if (command.length > LONGEST_COMMAND) throw tooLarge(entry);
    },
  };
  return keyring;
}

function named({ service, account }: KeyringEntry): readonly string[] {
  return ["-s", service, "-a", account];
}

function storeCommand(entry: KeyringEntry, secret: string): string {
  return `add-generic-password -U ${[...named(entry), "-w", secret].map(quoted).join(" ")}\n`;
}

/** As a word of its command line: the backslash escapes within quotes of either kind. */
function quoted(word: string): string {
  return `'${word.replace(/[\\']/g, "\\$&")}'`;
}

/** What is not plain ASCII is printed as hex. */
function plain(printed: string): string {
  if (!/^(?:[0-9a-f]{2})+$/.test(printed)) return printed;
  const bytes = printed.match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => parseInt(byte, 16)));
}

function failed(verb: string, entry: KeyringEntry, { code }: ProgramEnd): Error {
  if (DENIED.includes(code)) {
    return keyringFailure(
      "locked",
      `Cannot ${verb} ${describeEntry(entry)}: the keychain is locked, or access was denied`,
      {
        hint: `Unlock it with: security unlock-keychain. When macOS asks, allow the access. ${USE_THE_FILE}`,
        details: { status: code },
      },
    );
  }
  return keyringFailure("failed", `Cannot ${verb} ${describeEntry(entry)}: security ended with ${code}`, {
    details: { status: code },
  });
}

function tooLarge(entry: KeyringEntry): Error {
  return keyringFailure(
    "too_large",
    `Cannot write ${describeEntry(entry)}: security takes no command above ${LONGEST_COMMAND} bytes`,
    {
      hint:
        "Set secret_auth_storage = true under [features] in config.toml and sign in again: the login is then " +
        "kept in an encrypted file, and only its passphrase in the keyring.",
    },
  );
}
