/**
 * `auth.json` on disk.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import { type AuthRecord, parseAuthRecord, recordText } from "../auth_record.ts";
import type { CredentialSource } from "../authenticator.ts";
import type { CredentialStore, RecordChange, Reservation, WriteSlot } from "../credential_store.ts";
import type { HeldLock, LockResult } from "../../files/file_lock.ts";
import { acquireFileLock } from "../../files/file_lock.ts";
import { lockHome, ownLockPath } from "./home_lock.ts";
import { type FileSlot, removeIfThere, WholeFile } from "../../files/whole_file.ts";

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

/** The credential file of one `CODEX_HOME`. */
export class AuthFile implements CredentialStore {
  readonly codexHome: string;
  readonly source: CredentialSource;
  readonly absence = "there is no auth.json";
  /** Absolute path, symbolic links not followed. */
  readonly path: string;
  readonly #file: WholeFile;
  readonly #world: World;

  /** @param options `codexHome` is absolute */
  constructor({ codexHome, world }: { readonly codexHome: string; readonly world: World }) {
    this.codexHome = codexHome;
    this.#world = world;
    this.path = absolutePath("auth.json", codexHome);
    this.source = { kind: "file", name: this.path };
    this.#file = new WholeFile(this.path, world, FILE_ERRORS);
  }

  /**
   * Reads the record. A file that is not complete is read again twice within 0.1 s.
   *
   * @returns `undefined` where there is no file
   * @throws CulvertError `auth_storage` for a file that cannot be read or parsed (`details.problem` is
   *   `unreadable`, `torn` or `foreign`)
   */
  async read(): Promise<AuthRecord | undefined> {
    for (const pause of [...REREAD_PAUSES_MS, undefined]) {
      const bytes = await this.#file.read();
      if (bytes === undefined) return undefined;
      const text = decodeText(bytes);
      const parsed = parseAuthRecord(text);
      if (parsed.kind === "record") return parsed.record;
      if (parsed.kind === "torn" && pause !== undefined) {
        await this.#world.sleep(pause);
        continue;
      }
      throw new CulvertError(
        "auth_storage",
        `Cannot use the credentials in ${this.path}: ${parsed.problem}`,
        {
          hint: "The file is unchanged. Move it away, then sign in again: culvert auth login",
          details: { path: this.path, problem: parsed.kind, is_empty: text.trim() === "" },
        },
      );
    }
    return undefined;
  }

  /** As {@link CredentialStore.reserve}. */
  async reserve({ expectedBytes }: Reservation = {}): Promise<WriteSlot> {
    const slot = await this.#file.reserve(expectedBytes);
    return {
      commit: (change) => this.#withCodexLocks(() => this.#commit(slot, change)),
      abandon: slot.abandon,
    };
  }

  /** Tells whether there is no file, and no symbolic link either. */
  async isEmpty(): Promise<boolean> {
    try {
      await Deno.lstat(this.path);
      return false;
    } catch (error) {
      // Any other failure is reported by the next operation.
      return error instanceof Deno.errors.NotFound;
    }
  }

  /** Removes the file and the lock files. */
  async remove(): Promise<boolean> {
    return await this.#withCodexLocks(async () => {
      const lockFiles = [...await this.#codexLockPaths(), ownLockPath(this.codexHome)];
      const wasThere = await this.#file.remove();
      for (const path of lockFiles) await removeLockFile(path);
      return wasThere;
    });
  }

  /** As {@link CredentialStore.lock}. */
  async lock(limitMs: number): Promise<LockResult> {
    return await lockHome(this.codexHome, this.#world, limitMs);
  }

  async #commit(slot: FileSlot, change: RecordChange): Promise<boolean> {
    let text: string | undefined;
    try {
      const raw = change(await replaceable(() => this.read()));
      text = raw === undefined ? undefined : recordText(raw);
    } catch (error) {
      await slot.abandon();
      throw error;
    }
    await (text === undefined ? slot.abandon() : slot.commit(text));
    return text !== undefined;
  }

  /** Returns the lock files of the codex client (0.171.0), in its order. The second stands beside the target. */
  async #codexLockPaths(): Promise<readonly string[]> {
    return [absolutePath("auth.lock", this.codexHome), `${await this.#file.target()}.lock`];
  }

  async #withCodexLocks<T>(work: () => Promise<T>): Promise<T> {
    const held: HeldLock[] = [];
    try {
      for (const path of await this.#codexLockPaths()) {
        const result = await acquireFileLock(path, this.#world, CODEX_LOCK_LIMIT_MS);
        if (result.kind === "held") held.push(result.lock);
      }
      return await work();
    } finally {
      held.reverse().forEach((lock) => lock.release());
    }
  }
}

/**
 * Reads a record that is about to be replaced. A place that is empty counts as one without a record.
 *
 * @throws what `read` throws otherwise
 */
export async function replaceable(
  read: () => Promise<AuthRecord | undefined>,
): Promise<AuthRecord | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof CulvertError && error.details["is_empty"] === true) return undefined;
    throw error;
  }
}

/** Decodes UTF-8, or UTF-16 with a byte-order mark, as editors and shells of Windows write it. */
function decodeText(bytes: Uint8Array<ArrayBuffer>): string {
  const mark = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  const encoding = mark === 0xfffe ? "utf-16le" : mark === 0xfeff ? "utf-16be" : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

async function removeLockFile(path: string): Promise<void> {
  try {
    if ((await Deno.lstat(path)).isFile) await removeIfThere(path);
  } catch (error) {
    // Missing, or in a directory that cannot be written: it holds no credential.
    if (!(error instanceof Error)) throw error;
  }
}
