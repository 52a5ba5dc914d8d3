/**
 * A file that is written so that at every moment its name leads to one whole version.
 *
 * @module
 */
import { absolutePath, parentPath } from "../../world/absolute_path.ts";
import { CulvertError } from "../../errors.ts";
import type { World } from "../../world/world.ts";

/** Steps of a write, in order; a test may stop the process at each. */
export type WriteStep =
  | "temporary_created"
  | "temporary_half_written"
  | "temporary_written"
  | "temporary_synced"
  | "renamed"
  | "folder_synced";

/** Which file, and what tests may hook in. */
export interface WholeFileOptions {
  /** Absolute. Symbolic links are kept, their targets replaced. */
  readonly path: string;
  readonly world: Pick<World, "now">;
  /** Called behind each step of a write. */
  readonly onStep?: ((step: WriteStep) => void | Promise<void>) | undefined;
}

/** A write that is certain to find its place: the temporary file is there already. */
export interface FileSlot {
  /** @throws CulvertError `auth_storage` */
  readonly commit: (text: string | Uint8Array) => Promise<void>;
  /** Gives up the place. */
  readonly abandon: () => Promise<void>;
}

/** A temporary file of that age belongs to a process that died, ms. */
const ABANDONED_AFTER_MS = 600_000;

/** One file, mode 0600. */
export class WholeFile {
  /** Absolute path, symbolic links not followed. */
  readonly path: string;
  readonly #name: string;
  readonly #world: Pick<World, "now">;
  readonly #onStep: (step: WriteStep) => void | Promise<void>;

  constructor(options: WholeFileOptions) {
    this.path = options.path;
    this.#name = options.path.slice(parentPath(options.path).length).replace(/^[/\\]+/, "");
    this.#world = options.world;
    this.#onStep = options.onStep ?? (() => {});
  }

  /**
   * Reads it.
   *
   * @returns `undefined` when there is no file
   * @throws CulvertError `auth_storage`, `details.problem` is `unreadable`
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await Deno.readFile(this.path);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new CulvertError("auth_storage", `Cannot read ${this.path}: ${reason(cause)}`, {
        hint: "Check who owns the file and its folder, or name another folder in CODEX_HOME.",
        details: { path: this.path, problem: "unreadable" },
        cause,
      });
    }
  }

  /**
   * Makes sure that a write will succeed. The folder is made where it is missing.
   *
   * @throws CulvertError `auth_storage` when neither the folder nor the file can be written
   */
  async reserve(): Promise<FileSlot> {
    const target = await this.#target();
    const temporary = absolutePath(`.${this.#name}.${crypto.randomUUID()}.tmp`, parentPath(target));
    let file: Deno.FsFile;
    try {
      await Deno.mkdir(parentPath(this.path), { recursive: true, mode: 0o700 });
      await this.#removeAbandoned(parentPath(target));
      file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    } catch (cause) {
      return await this.#slotInPlace(target, cause);
    }
    await this.#onStep("temporary_created");
    return {
      commit: async (text) => {
        const bytes = bytesOf(text);
        try {
          await this.#fill(file, bytes);
          await this.#moveIntoPlace(temporary, target, bytes);
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

  async #fill(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
    try {
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

  async #moveIntoPlace(temporary: string, target: string, bytes: Uint8Array): Promise<void> {
    try {
      await Deno.rename(temporary, target);
    } catch (error) {
      // A file that is a mount point of its own (containers) cannot be replaced, only rewritten.
      if (!isMountPoint(error)) throw error;
      await rewrite(target, bytes);
      await removeIfThere(temporary);
      return;
    }
    await this.#onStep("renamed");
    await syncFolder(parentPath(target));
    await this.#onStep("folder_synced");
  }

  /** The folder takes no new file; the file itself may still be writable. */
  async #slotInPlace(target: string, cause: unknown): Promise<FileSlot> {
    try {
      (await Deno.open(target, { write: true })).close();
    } catch {
      // The reason that counts is why the folder refused.
      throw this.#unwritable(cause);
    }
    return {
      commit: async (text) => {
        try {
          await rewrite(target, bytesOf(text));
        } catch (error) {
          throw this.#unwritable(error);
        }
      },
      abandon: async () => {},
    };
  }

  async #removeAbandoned(folder: string): Promise<void> {
    for await (const entry of Deno.readDir(folder)) {
      if (!entry.name.startsWith(`.${this.#name}.`) || !entry.name.endsWith(".tmp")) continue;
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

function bytesOf(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

async function rewrite(target: string, bytes: Uint8Array): Promise<void> {
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
