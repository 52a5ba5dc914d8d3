/**
 * `auth.json` on disk.
 *
 * @module
 */
import { acquireFileLock, type LockResult } from "../../files/file_lock.ts";
import { removeIfThere, WholeFile } from "../../files/whole_file.ts";
import { decodeText } from "../../text/decode_text.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { jsonObject } from "../../text/json.ts";
import type { Backend } from "./backend.ts";
import { CredentialStore } from "./credential_store.ts";

/** This program's own lock on the login of a home, held while it is renewed or replaced. */
const OWN_LOCK = "culvert-auth.lock";
/** Pauses before a file is read again that another program may be writing in place, ms. */
const REREAD_PAUSES_MS = [15, 60] as const;
/**
 * How long to wait for each lock of the codex client (0.171.0), ms. That client holds them for moments. After that
 * the record is written without: the tokens in it exist nowhere else.
 */
const CODEX_LOCK_LIMIT_MS = 15_000;

/** How failures of the files of a login are reported. */
export const FILE_ERRORS = {
  code: "auth_storage",
  orElse: "or set CODEX_HOME to another directory",
} as const;

interface HomeParts {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  readonly world: World;
}

/** Returns the function that takes this program's lock on the login of a home, which must exist. */
export function homeLock({ codexHome, world }: HomeParts): (limitMs: number) => Promise<LockResult> {
  return (limitMs) => acquireFileLock(absolutePath(OWN_LOCK, codexHome), world, limitMs);
}

/** Returns the store of a login in `auth.json`. */
export function fileStore(parts: HomeParts): CredentialStore {
  return new CredentialStore({ codexHome: parts.codexHome, backend: authFile(parts), lock: homeLock(parts) });
}

/** Returns the credential file of a home. */
export function authFile({ codexHome, world }: HomeParts): Backend {
  const path = absolutePath("auth.json", codexHome);
  const file = new WholeFile(path, world, FILE_ERRORS);
  // The lock files of the codex client (0.171.0), in its order. The second stands beside the target.
  const codexLocks = async () => [absolutePath("auth.lock", codexHome), `${await file.target()}.lock`];
  const exclusively = async <T>(work: () => Promise<T>): Promise<T> => {
    using locks = new DisposableStack();
    for (const lock of await codexLocks()) {
      locks.use(await acquireFileLock(lock, world, CODEX_LOCK_LIMIT_MS));
    }
    return await work();
  };
  return {
    source: { kind: "file", name: path },
    absence: "there is no auth.json",
    read: async () => {
      for (const pause of REREAD_PAUSES_MS) {
        const text = await readText();
        if (text === undefined || jsonObject(text) !== undefined) return text;
        await world.sleep(pause);
      }
      return await readText();
    },
    reserve: async ({ expectedBytes }) => {
      const slot = await file.reserve(expectedBytes);
      // As the codex client formats it: two spaces, no final newline.
      return { ...slot, exclusively, write: (raw) => slot.commit(JSON.stringify(raw, null, 2)) };
    },
    removals: [() =>
      exclusively(async () => {
        const lockFiles = [...await codexLocks(), absolutePath(OWN_LOCK, codexHome)];
        const wasThere = await file.remove();
        for (const lockFile of lockFiles) await removeLockFile(lockFile);
        return wasThere;
      })],
  };

  async function readText(): Promise<string | undefined> {
    const bytes = await file.read();
    return bytes && decodeText(bytes);
  }
}

async function removeLockFile(path: string): Promise<void> {
  // One that is missing, or in a directory that cannot be written, is left: it holds no credential.
  const found = await Deno.lstat(path).catch(() => undefined);
  if (found?.isFile === true) await removeIfThere(path).catch(() => {});
}
