/**
 * `auth.json` on disk: read with patience, written so that at every moment the name leads to one whole version.
 *
 * @module
 */
import { absolutePath, parentPath } from "../absolute_path.ts";
import { CulvertError } from "../errors.ts";
import type { World } from "../world.ts";
import { type AuthRecord, parseAuthRecord, recordText } from "./auth_record.ts";

/** Steps of a write, in order; a test may stop the process at each. */
export type WriteStep =
  | "temporary_created"
  | "temporary_half_written"
  | "temporary_written"
  | "temporary_synced"
  | "renamed"
  | "folder_synced";

/** Where the file is, and what tests may hook in. */
export interface AuthFileOptions {
  /** `CODEX_HOME`, absolute. */
  readonly codexHome: string;
  readonly world: Pick<World, "now" | "sleep">;
  /** Called behind each step of a write. */
  readonly onStep?: (step: WriteStep) => void | Promise<void>;
}

/** A write that is certain to find its place: the temporary file is there already. */
export interface WriteSlot {
  /** @throws CulvertError `auth_storage` */
  readonly commit: (raw: Readonly<Record<string, unknown>>) => Promise<void>;
  /** Gives up the place. */
  readonly abandon: () => Promise<void>;
}

/** Pauses before reading again what may be half written by a client that truncates first, ms. */
const REREAD_PAUSES_MS = [15, 60] as const;
/** A temporary file of that age belongs to a process that died, ms. */
const ABANDONED_AFTER_MS = 600_000;
const TEMPORARY = /^\.auth\.json\..+\.tmp$/;

/** The credential file of one `CODEX_HOME`. */
export class AuthFile {
  /** Absolute path, symbolic links not followed. */
  readonly path: string;
  /** Absolute path of the lock file beside it. */
  readonly lockPath: string;
  readonly #home: string;
  readonly #world: Pick<World, "now" | "sleep">;
  readonly #onStep: (step: WriteStep) => void | Promise<void>;

  constructor(options: AuthFileOptions) {
    this.#home = options.codexHome;
    this.#world = options.world;
    this.path = absolutePath("auth.json", options.codexHome);
    this.lockPath = absolutePath("auth.json.lock", options.codexHome);
    this.#onStep = options.onStep ?? (() => {});
  }

  /**
   * Reads the record. A torn file is read again twice within 0.1 s: another client may be writing it.
   *
   * @returns `undefined` when there is no file
   * @throws CulvertError `auth_storage` when the file cannot be read or understood (`details.problem` is
   *   `unreadable`, `torn` or `foreign`)
   */
  async read(): Promise<AuthRecord | undefined> {
    for (const pause of [...REREAD_PAUSES_MS, undefined]) {
      const text = await this.#readText();
      if (text === undefined) return undefined;
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
          hint: "It was left as it is. Move it away, then sign in again with: culvert auth login",
          details: { path: this.path, problem: parsed.kind, is_empty: text.trim() === "" },
        },
      );
    }
    return undefined;
  }

  /**
   * Makes sure that a write will succeed, before something is spent that only a write can save.
   *
   * @throws CulvertError `auth_storage` when neither the folder nor the file can be written
   */
  async reserve(): Promise<WriteSlot> {
    const target = await this.#target();
    const temporary = absolutePath(`.auth.json.${crypto.randomUUID()}.tmp`, parentPath(target));
    let file: Deno.FsFile;
    try {
      await Deno.mkdir(this.#home, { recursive: true, mode: 0o700 });
      await this.#removeAbandoned(parentPath(target));
      file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    } catch (cause) {
      return await this.#slotInPlace(target, cause);
    }
    await this.#onStep("temporary_created");
    return {
      commit: async (raw) => {
        try {
          await this.#fill(file, raw);
          await this.#moveIntoPlace(temporary, target, raw);
        } catch (cause) {
          await removeIfThere(temporary);
          throw this.#unwritable(cause);
        }
      },
      abandon: async () => {
        file.close();
        await removeIfThere(temporary);
      },
    };
  }

  /** Writes a record in one go. @throws CulvertError `auth_storage` */
  async write(raw: Readonly<Record<string, unknown>>): Promise<void> {
    await (await this.reserve()).commit(raw);
  }

  /** Whether there is anything of that name, be it a link that leads nowhere or a file that cannot be read. */
  async exists(): Promise<boolean> {
    try {
      await Deno.lstat(this.path);
      return true;
    } catch (error) {
      // What cannot be looked at is for the caller's next step to report.
      return !(error instanceof Deno.errors.NotFound);
    }
  }

  /**
   * Removes the file.
   *
   * @returns whether there was one
   * @throws CulvertError `auth_storage`
   */
  async remove(): Promise<boolean> {
    try {
      await Deno.remove(this.path);
      return true;
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return false;
      throw new CulvertError("auth_storage", `Cannot remove ${this.path}: ${reason(cause)}`, {
        hint: "Check who owns the file and its folder.",
        details: { path: this.path },
        cause,
      });
    }
  }

  async #readText(): Promise<string | undefined> {
    try {
      return await Deno.readTextFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new CulvertError("auth_storage", `Cannot read ${this.path}: ${reason(cause)}`, {
        hint: "Check who owns the file and its folder, or name another folder in CODEX_HOME.",
        details: { path: this.path, problem: "unreadable" },
        cause,
      });
    }
  }

  /** Where the bytes really are: a symbolic link stays one, its target is replaced. */
  async #target(): Promise<string> {
    try {
      if (!(await Deno.lstat(this.path)).isSymlink) return this.path;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return this.path;
      throw this.#unwritable(error);
    }
    try {
      return await Deno.realPath(this.path);
    } catch (error) {
      // A link that leads nowhere yet.
      if (error instanceof Deno.errors.NotFound) {
        return absolutePath(await Deno.readLink(this.path), parentPath(this.path));
      }
      throw this.#unwritable(error);
    }
  }

  async #fill(file: Deno.FsFile, raw: Readonly<Record<string, unknown>>): Promise<void> {
    try {
      const bytes = new TextEncoder().encode(recordText(raw));
      const half = bytes.length >> 1;
      await writeAll(file, bytes.subarray(0, half));
      await this.#onStep("temporary_half_written");
      await writeAll(file, bytes.subarray(half));
      await this.#onStep("temporary_written");
      await file.sync();
      await this.#onStep("temporary_synced");
    } finally {
      file.close();
    }
  }

  async #moveIntoPlace(
    temporary: string,
    target: string,
    raw: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    try {
      await Deno.rename(temporary, target);
    } catch (error) {
      // A file that is a mount point of its own (containers) cannot be replaced, only rewritten.
      if (!isMountPoint(error)) throw error;
      await rewrite(target, raw);
      await removeIfThere(temporary);
      return;
    }
    await this.#onStep("renamed");
    await syncFolder(parentPath(target));
    await this.#onStep("folder_synced");
  }

  /** The folder takes no new file; the file itself may still be writable. */
  async #slotInPlace(target: string, cause: unknown): Promise<WriteSlot> {
    try {
      (await Deno.open(target, { write: true })).close();
    } catch {
      // The reason that counts is why the folder refused.
      throw this.#unwritable(cause);
    }
    return {
      commit: async (raw) => {
        try {
          await rewrite(target, raw);
        } catch (error) {
          throw this.#unwritable(error);
        }
      },
      abandon: async () => {},
    };
  }

  async #removeAbandoned(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(folder)) {
      if (!TEMPORARY.test(entry.name)) continue;
      const path = absolutePath(entry.name, folder);
      try {
        const { mtime } = await Deno.stat(path);
        if (mtime !== null && this.#world.now() - mtime.getTime() > ABANDONED_AFTER_MS) {
          await removeIfThere(path);
        }
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  #unwritable(cause: unknown): CulvertError {
    if (cause instanceof CulvertError) return cause;
    return new CulvertError("auth_storage", `Cannot write ${this.path}: ${reason(cause)}`, {
      hint: "Make the folder writable for you, or name another one in CODEX_HOME.",
      details: { path: this.path, problem: "unwritable" },
      cause,
    });
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

async function rewrite(target: string, raw: Readonly<Record<string, unknown>>): Promise<void> {
  const bytes = new TextEncoder().encode(recordText(raw));
  const file = await Deno.open(target, { write: true });
  try {
    await writeAll(file, bytes);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    file.close();
  }
  if (Deno.build.os !== "windows") await Deno.chmod(target, 0o600);
}

/** Makes the rename itself durable. Where a folder cannot be opened (Windows) the system sees to it. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const handle = await Deno.open(folder);
  try {
    await handle.sync();
  } finally {
    handle.close();
  }
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function isMountPoint(error: unknown): boolean {
  if (error instanceof Deno.errors.Busy) return true;
  return error instanceof Error && "code" in error && (error.code === "EBUSY" || error.code === "EXDEV");
}

function reason(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (cause instanceof Error && "code" in cause && typeof cause.code === "string") return cause.code;
  return cause instanceof Error ? cause.name : "unknown failure";
}
