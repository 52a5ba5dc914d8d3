/**
 * The keyring of Linux (GNOME Keyring, KWallet, KeePassXC) by `secret-tool`.
 *
 * Attributes are those of the `keyring` library 3.6.3 that the codex client (0.169.0) uses. An entry with others
 * would be a second one of the same name, which that library calls ambiguous. The client keeps no copy in the
 * kernel's keyring.
 *
 * @module
 */
import type { World } from "../../../world/world.ts";
import {
  describeEntry,
  type Keyring,
  type KeyringCall,
  type KeyringEntry,
  keyringFailure,
  USE_THE_FILE,
} from "./keyring.ts";
import {
  type KeyringProgram,
  type ProgramEnd,
  type ProgramRun,
  runKeyringProgram,
} from "./keyring_program.ts";

const PROGRAM: KeyringProgram = {
  name: "secret-tool",
  install: "Install it (Debian and Ubuntu: libsecret-tools; Fedora and Arch: libsecret).",
};
/** What it reads of a secret, bytes: it stores the beginning of a longer one and says that all is well (0.20.5). */
const LONGEST_SECRET = 8191;
/** From here on, an exit status says that a program was ended by a signal, or could not be executed at all. */
const KILLED = 126;

/** Makes a keyring. @param world for the time limit */
export function secretTool(world: Pick<World, "sleep">): Keyring {
  const run = (args: readonly string[], how?: ProgramRun) => runKeyringProgram(PROGRAM, args, world, how);
  const exists = async (entry: KeyringEntry, call?: KeyringCall): Promise<boolean> => {
    const end = await run(["search", "--all", ...named(entry)], call);
    // A locked entry is listed too, without its secret.
    if (/^\[\//m.test(end.stdout) || /^attribute\./m.test(end.stdout + end.stderr)) return true;
    if (isFailure(end)) throw failed("look into", entry, end);
    return false;
  };
  const keyring: Keyring = {
    read: async (entry, call) => {
      const end = await run(["lookup", ...named(entry)], call);
      if (end.code === 0) return end.stdout;
      if (isFailure(end)) throw failed("read", entry, end);
      // What is locked and stays so is passed over in silence, like what is not there.
      if (await exists(entry, call)) throw locked("read", entry);
      return undefined;
    },
    write: async (entry, secret, call) => {
      keyring.check(entry, secret);
      const label = `--label=${entry.service} ${entry.account}`;
      const end = await run(["store", label, ...named(entry), ...ORIGIN], { ...call, stdin: secret });
      if (end.code !== 0) throw failed("write", entry, end);
    },
    remove: async (entry, call) => {
      if (!await exists(entry, call)) return false;
      const end = await run(["clear", ...named(entry)], call);
      if (await exists(entry, call)) {
        throw isFailure(end) ? failed("remove from", entry, end) : locked("remove from", entry);
      }
      return true;
    },
    check: (entry, secret) => {
      if (new TextEncoder().encode(secret).length > LONGEST_SECRET) throw tooLarge(entry);
    },
  };
  return keyring;
}

const ORIGIN = ["target", "default", "application", "rust-keyring"] as const;

function named({ service, account }: KeyringEntry): readonly string[] {
  return ["service", service, "username", account];
}

/** What it says is wrong. Beneath it, libraries write warnings of their own to the same place. */
function complaint({ stderr }: ProgramEnd): string | undefined {
  return stderr.split("\n").find((line) => line.startsWith("secret-tool: "))?.slice("secret-tool: ".length);
}

/** Whether it could not do its work. What it finds nothing for, it leaves with 1 and in silence. */
function isFailure(end: ProgramEnd): boolean {
  return end.code >= KILLED || complaint(end) !== undefined;
}

function failed(verb: string, entry: KeyringEntry, end: ProgramEnd): Error {
  const said = complaint(end) ?? `secret-tool ended with ${end.code}`;
  if (/locked/i.test(said)) return locked(verb, entry);
  if (/D-Bus|DBus|Could not connect|ServiceUnknown|not provided by any|NoReply/i.test(said)) {
    return keyringFailure(
      "no_service",
      `Cannot ${verb} ${describeEntry(entry)}: no keyring can be reached in this session`,
      {
        hint: "There is one where a desktop session runs, or gnome-keyring-daemon on a D-Bus session bus. " +
          USE_THE_FILE,
        details: { said },
      },
    );
  }
  return keyringFailure("failed", `Cannot ${verb} ${describeEntry(entry)}: ${said}`, { details: { said } });
}

function locked(verb: string, entry: KeyringEntry): Error {
  return keyringFailure(
    "locked",
    `Cannot ${verb} ${describeEntry(entry)}: it is locked, and was not unlocked when asked`,
    { hint: `Unlock the keyring (in a desktop session, by its password), then try again. ${USE_THE_FILE}` },
  );
}

function tooLarge(entry: KeyringEntry): Error {
  return keyringFailure(
    "too_large",
    `Cannot write ${describeEntry(entry)}: secret-tool takes no secret above ${LONGEST_SECRET} bytes`,
    {
      hint:
        "Set secret_auth_storage = true under [features] in config.toml and sign in again: the login is then " +
        "kept in an encrypted file, and only its passphrase in the keyring.",
    },
  );
}
