/**
 * A file that is replaced atomically: its path refers to one complete version at every moment.
 *
 * @module
 */
import { absolutePath, parentPath } from "../world/absolute_path.ts";
import { CulvertError, type ErrorCode } from "../errors.ts";
import type { World } from "../world/world.ts";
import { fileProblem, readRegularFile } from "./read_file.ts";

/** Largest file that is read, bytes. */
const LIMIT_BYTES = 1024 * 1024;
/** Minimum space that is reserved, bytes. */
const LEAST_RESERVED_BYTES = 16 * 1024;
/** Age from which a temporary file counts as left by a process that died, ms. */
const ABANDONED_AFTER_MS = 600_000;

/** A write whose space is reserved. Disposing of it releases the space where nothing was written. */
export interface FileSlot extends AsyncDisposable {
  /** Writes the file. Called at most once. @throws CulvertError of the given code */
  readonly commit: (content: string | Uint8Array<ArrayBuffer>) => Promise<void>;
}

/** The common parts of the errors about a file. */
interface FileErrors {
  readonly code: ErrorCode;
  /** Ends the hint, such as "or set CODEX_HOME to another directory". */
  readonly orElse: string;
}

/** One file of mode 0600. A symbolic link is kept; its target is replaced. */
export class WholeFile {
  /** Absolute path, symbolic links not followed. */
  readonly path: string;
  readonly #name: string;
  readonly #world: Pick<World, "now">;
  readonly #errors: FileErrors;

  /** @param path absolute */
  constructor(path: string, world: Pick<World, "now">, errors: FileErrors) {
    this.path = path;
    this.#name = path.slice(parentPath(path).length).replace(/^[/\\]+/, "");
    this.#world = world;
    this.#errors = errors;
  }

  /**
   * Reads the file.
   *
   * @returns `undefined` if there is none
   * @throws CulvertError of the given code, `details.problem` is `unreadable`: also for a file that is not a
   * regular one, and for more than 1 MiB
   */
  async read(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      return await readRegularFile(this.path, LIMIT_BYTES);
    } catch (cause) {
      if (cause instanceof Deno.errors.NotFound) return undefined;
      throw new CulvertError(this.#errors.code, `Cannot read ${this.path}: ${fileProblem(cause)}`, {
        hint:
          "Check the type and the owner of the file and of its directory, or set CODEX_HOME to another directory.",
        details: { path: this.path, problem: "unreadable" },
        cause,
      });
    }
  }

  /**
   * Makes sure that a write will succeed: creates the directory, and a temporary file of the expected size.
   *
   * @param expectedBytes default: 16 KiB, or slightly more than the current size
   * @throws CulvertError of the given code, `details.problem` is `unwritable`
   */
  async reserve(expectedBytes = 0): Promise<FileSlot> {
    const target = await this.target();
    const temporary = absolutePath(`.${this.#name}.${crypto.randomUUID()}.tmp`, parentPath(target));
    let file: Deno.FsFile;
    try {
      await Deno.mkdir(parentPath(this.path), { recursive: true, mode: 0o700 });
      await this.#removeAbandoned(parentPath(target));
      file = await Deno.open(temporary, { write: true, createNew: true, mode: 0o600 });
    } catch (cause) {
      return await this.#slotInPlace(target, cause);
    }
    let isOpen = true;
    const release = async () => {
      if (!isOpen) return;
      isOpen = false;
      file.close();
      // Where that is not possible now, a later write removes it.
      await removeIfThere(temporary).catch(() => {});
    };
    try {
      await allocate(file, Math.max(expectedBytes, LEAST_RESERVED_BYTES, await sizeOf(target) + 1024));
    } catch (cause) {
      await release();
      throw this.#unwritable(cause);
    }
    return {
      commit: async (content) => {
        isOpen = false;
        const bytes = bytesOf(content);
        try {
          await fill(file, bytes);
          await moveIntoPlace(temporary, target, bytes);
        } catch (cause) {
          await removeIfThere(temporary);
          throw this.#unwritable(cause);
        }
      },
      [Symbol.asyncDispose]: release,
    };
  }

  /**
   * Removes the file.
   *
   * @returns whether there was one
   * @throws CulvertError of the given code
   */
  async remove(): Promise<boolean> {
    try {
      return await removeIfThere(this.path);
    } catch (cause) {
      throw new CulvertError(this.#errors.code, `Cannot remove ${this.path}: ${fileProblem(cause)}`, {
        hint: "Check the owner of the file and of its directory.",
        details: { path: this.path },
        cause,
      });
    }
  }

  /**
   * Returns the path with symbolic links followed, even if the target does not exist yet.
   *
   * @throws CulvertError of the given code
   */
  async target(): Promise<string> {
    try {
      if (!(await Deno.lstat(this.path)).isSymlink) return this.path;
      return await Deno.realPath(this.path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw this.#unwritable(error);
    }
    try {
      return absolutePath(await Deno.readLink(this.path), parentPath(this.path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return this.path;
      throw this.#unwritable(error);
    }
  }

  /** Writes in place if the directory accepts no new file but the existing file can be written. */
  async #slotInPlace(target: string, cause: unknown): Promise<FileSlot> {
    try {
      if (!(await Deno.stat(target)).isFile) throw cause;
      (await Deno.open(target, { write: true })).close();
    } catch {
      // The reason of the directory is reported.
      throw this.#unwritable(cause);
    }
    return {
      commit: async (content) => {
        try {
          await rewrite(target, bytesOf(content));
        } catch (error) {
          throw this.#unwritable(error);
        }
      },
      [Symbol.asyncDispose]: async () => {},
    };
  }

  async #removeAbandoned(directory: string): Promise<void> {
    for await (const { name } of Deno.readDir(directory)) {
      if (!name.startsWith(`.${this.#name}.`) || !name.endsWith(".tmp")) continue;
      const path = absolutePath(name, directory);
      try {
        const { mtime } = await Deno.lstat(path);
        const isOld = mtime !== null && this.#world.now() - mtime.getTime() > ABANDONED_AFTER_MS;
        if (isOld) await removeIfThere(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }

  #unwritable(cause: unknown): CulvertError {
    if (cause instanceof CulvertError) return cause;
    return new CulvertError(this.#errors.code, `Cannot write ${this.path}: ${fileProblem(cause)}`, {
      hint:
        "Check the permissions of the directory and the free space, or set CODEX_HOME to another directory.",
      details: { path: this.path, problem: "unwritable" },
      cause,
    });
  }
}

function bytesOf(content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  }
}

/** Reserves space on the disk. The bytes are random, so that a file system cannot compress them. */
async function allocate(file: Deno.FsFile, count: number): Promise<void> {
  const chunk = crypto.getRandomValues(new Uint8Array(16 * 1024));
  for (let left = count; left > 0; left -= chunk.length) {
    await writeAll(file, chunk.subarray(0, Math.min(left, chunk.length)));
  }
  await file.sync();
  await file.seek(0, Deno.SeekMode.Start);
}

/** Replaces the content of an open file and closes it. */
async function fill(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  try {
    await writeAll(file, bytes);
    await file.truncate(bytes.length);
    await file.sync();
  } finally {
    file.close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}

async function moveIntoPlace(
  temporary: string,
  target: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<void> {
  try {
    await Deno.rename(temporary, target);
  } catch (error) {
    // A file that is a mount point (in a container) cannot be replaced, only rewritten.
    if (!isMountPoint(error)) throw error;
    await rewrite(target, bytes);
    await removeIfThere(temporary);
    return;
  }
  if (Deno.build.os === "windows") return;
  // Makes the rename durable.
  using directory = await Deno.open(parentPath(target));
  await directory.sync();
}

async function rewrite(target: string, bytes: Uint8Array): Promise<void> {
  await fill(await Deno.open(target, { write: true }), bytes);
  if (Deno.build.os !== "windows") await Deno.chmod(target, 0o600);
}

/** Removes a file. @returns whether there was one */
export async function removeIfThere(path: string): Promise<boolean> {
  try {
    await Deno.remove(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function isMountPoint(error: unknown): boolean {
  if (error instanceof Deno.errors.Busy) return true;
  return error instanceof Error && "code" in error && (error.code === "EBUSY" || error.code === "EXDEV");
}
