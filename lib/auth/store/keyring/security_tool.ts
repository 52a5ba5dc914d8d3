/**
 * The keychain of macOS through `security`.
 *
 * @module
 */
import { entryFailure, type Keyring, type KeyringEntry } from "./keyring.ts";
import { type KeyringProgramInput, type KeyringWorld, runKeyringProgram } from "./keyring_program.ts";

/**
 * Longest command on its standard input with the line end, bytes. Of a longer one only the beginning is executed (the
 * buffer has 4096 bytes; `SecurityTool/security.c`).
 */
const LONGEST_COMMAND = 4094;
/** `errSecItemNotFound`, as an exit status. */
const NOT_FOUND = 44;
/** `errSecInteractionNotAllowed`, `errSecAuthFailed`, `errSecUserCanceled`. */
const DENIED: readonly number[] = [36, 51, 128];

/**
 * Returns the keyring.
 *
 * @param name of the program, or its path
 */
export function securityTool(world: KeyringWorld, name = "security"): Keyring {
  const run = (args: readonly string[], input?: KeyringProgramInput) =>
    runKeyringProgram(name, args, world, input);
  const check = (entry: KeyringEntry, secret: string) => {
    const command = new TextEncoder().encode(storeCommand(entry, secret));
    if (command.length <= LONGEST_COMMAND) return;
    const why = `security accepts no command above ${LONGEST_COMMAND} bytes`;
    throw entryFailure("too_large", "write", entry, why);
  };
  return {
    read: async (entry, signal) => {
      const end = await run(["find-generic-password", ...attributes(entry), "-w"], { signal });
      if (end.code === NOT_FOUND) return undefined;
      if (end.code !== 0) throw failure("read", entry, end.code);
      return decode(end.stdout.replace(/\n$/, ""));
    },
    write: async (entry, secret) => {
      check(entry, secret);
      const { code } = await run(["-i"], { stdin: storeCommand(entry, secret) });
      if (code !== 0) throw failure("write", entry, code);
    },
    remove: async (entry) => {
      const { code } = await run(["delete-generic-password", ...attributes(entry)]);
      if (code === NOT_FOUND) return false;
      if (code !== 0) throw failure("remove from", entry, code);
      return true;
    },
    check,
  };
}

function attributes({ service, account }: KeyringEntry): readonly string[] {
  return ["-s", service, "-a", account];
}

function storeCommand(entry: KeyringEntry, secret: string): string {
  return `add-generic-password -U ${[...attributes(entry), "-w", secret].map(quote).join(" ")}\n`;
}

/** Quotes a word of its command language: a backslash escapes within quotes of either kind. */
function quote(word: string): string {
  return `'${word.replace(/[\\']/g, "\\$&")}'`;
}

/** Decodes a secret that is not plain ASCII: it is printed in hexadecimal. */
function decode(printed: string): string {
  if (!/^(?:[0-9a-f]{2})+$/.test(printed)) return printed;
  return new TextDecoder().decode(Uint8Array.fromHex(printed));
}

function failure(verb: string, entry: KeyringEntry, status: number): Error {
  return DENIED.includes(status)
    ? entryFailure("locked", verb, entry, "the keychain is locked, or access was denied", { status })
    : entryFailure("failed", verb, entry, `security ended with ${status}`, { status });
}
