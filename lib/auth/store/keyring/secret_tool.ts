/**
 * The keyring of Linux (GNOME Keyring, KWallet, KeePassXC) through `secret-tool`.
 *
 * The attributes are those of the `keyring` library 3.6.3 that the codex client (0.171.0) uses. An entry with other
 * attributes would be a second one of the same name, which that library refuses as ambiguous.
 *
 * @module
 */
import { entryFailure, type Keyring, type KeyringEntry } from "./keyring.ts";
import {
  type KeyringProgramEnd,
  type KeyringProgramInput,
  type KeyringWorld,
  runKeyringProgram,
} from "./keyring_program.ts";

/** Largest secret it reads, bytes: of a longer one it stores the beginning and reports success (0.20.5). */
const LONGEST_SECRET = 8191;
/** Exit statuses from here on are those of a shell: not executable, not found, ended by a signal. */
const NOT_RUN = 126;
const ORIGIN = ["target", "default", "application", "rust-keyring"] as const;

/** Returns the keyring. */
export function secretTool(world: KeyringWorld): Keyring {
  const run = (args: readonly string[], input?: KeyringProgramInput) =>
    runKeyringProgram("secret-tool", args, world, input);
  const exists = async (entry: KeyringEntry, signal?: AbortSignal): Promise<boolean> => {
    const end = await run(["search", "--all", ...attributes(entry)], { signal });
    // A locked entry is listed too, without its secret.
    if (/^\[\//m.test(end.stdout) || /^attribute\./m.test(end.stdout + end.stderr)) return true;
    if (isFailure(end)) throw failure("search", entry, end);
    return false;
  };
  const check = (entry: KeyringEntry, secret: string) => {
    if (new TextEncoder().encode(secret).length <= LONGEST_SECRET) return;
    const why = `secret-tool accepts no secret above ${LONGEST_SECRET} bytes`;
    throw entryFailure("too_large", "write", entry, why);
  };
  return {
    read: async (entry, signal) => {
      const end = await run(["lookup", ...attributes(entry)], { signal });
      if (end.code === 0) return end.stdout;
      if (isFailure(end)) throw failure("read", entry, end);
      // A locked entry is reported like a missing one.
      if (await exists(entry, signal)) throw locked("read", entry);
      return undefined;
    },
    write: async (entry, secret) => {
      check(entry, secret);
      const label = `--label=${entry.service} ${entry.account}`;
      const end = await run(["store", label, ...attributes(entry), ...ORIGIN], { stdin: secret });
      if (end.code !== 0) throw failure("write", entry, end);
    },
    remove: async (entry) => {
      if (!await exists(entry)) return false;
      const end = await run(["clear", ...attributes(entry)]);
      if (!await exists(entry)) return true;
      throw isFailure(end) ? failure("remove from", entry, end) : locked("remove from", entry);
    },
    check,
  };
}

function attributes({ service, account }: KeyringEntry): readonly string[] {
  return ["service", service, "username", account];
}

/** Returns the message of the program itself; libraries write warnings to the same stream. */
function messageOf({ stderr }: KeyringProgramEnd): string | undefined {
  return stderr.split("\n").find((line) => line.startsWith("secret-tool: "))?.slice("secret-tool: ".length);
}

/** Tells a failure from "nothing found", which is status 1 without a message. */
function isFailure(end: KeyringProgramEnd): boolean {
  return end.code >= NOT_RUN || messageOf(end) !== undefined;
}

function failure(verb: string, entry: KeyringEntry, end: KeyringProgramEnd): Error {
  const said = messageOf(end) ?? `secret-tool ended with ${end.code}`;
  if (/locked/i.test(said)) return locked(verb, entry);
  return /D-Bus|DBus|Could not connect|ServiceUnknown|not provided by any|NoReply/i.test(said)
    ? entryFailure("no_service", verb, entry, "no keyring service is available in this session", { said })
    : entryFailure("failed", verb, entry, said, { said });
}

function locked(verb: string, entry: KeyringEntry): Error {
  return entryFailure("locked", verb, entry, "it is locked, and the user did not unlock it");
}
