/**
 * Writes the files that flags such as `--output` name. Every command uses this module for them.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import { writeAll } from "../../files/write_all.ts";
import { joinBytes } from "../../text/join_bytes.ts";
import { type OutputTarget, outputTarget } from "./output_target.ts";
import { writeSpecialFile } from "./special_file.ts";
import type { OutputHost } from "./streams.ts";

/** Options of {@link openOutput}. */
export interface OutputOptions {
  /** The flag that named the path, for messages. Default `--output`. */
  readonly flag?: string;
  /** Whether a new file gets mode 0600 instead of the mode that the umask gives. Default false. */
  readonly secret?: boolean;
}

/** Output: whole, or in pieces that are made while they are written. */
export type OutputData = string | Uint8Array | Iterable<string | Uint8Array>;

/** A place for output that was checked, but not yet changed. */
export interface OutputFile {
  /** What the path names. */
  readonly target: OutputTarget;
  /**
   * Writes the whole output. A regular file is replaced at once, so that a reader sees the old content or the new
   * one; mode, owner and hard links of an existing file are kept. Standard output and special files are written to.
   *
   * @throws CulvertError `output_unwritable`; `reader_gone` for a stream that its reader closed
   */
  readonly write: (data: OutputData) => Promise<void>;
  /**
   * Writes output that is not complete: to `PATH.partial` beside a regular file, else as {@link OutputFile.write}.
   *
   * @returns where it was written, for a message
   */
  readonly writePartial: (data: OutputData) => Promise<string>;
}

/**
 * Checks that a file can be written, without changing it.
 *
 * @param host for the working directory and standard output
 * @param path as typed; `-` is standard output, and symbolic links are followed
 * @throws CulvertError `output_unwritable`
 */
export async function openOutput(
  host: OutputHost,
  path: string,
  options: OutputOptions = {},
): Promise<OutputFile> {
  const cwd = host.world.cwd();
  const guard = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw unwritable(name, error, options.flag ?? "--output");
    }
  };
  const target = await guard(path, async () => {
    const found = await outputTarget(path, cwd);
    await checkTarget(found);
    return found;
  });
  const put = async (to: OutputTarget, data: OutputData): Promise<void> => {
    const pieces = typeof data === "string" || data instanceof Uint8Array ? [data] : data;
    if (to.kind === "stream") { for (const piece of pieces) await host[to.stream].write(piece); }
    else if (to.kind === "special") await writeSpecialFile(to.path, joinBytes([...pieces].map(bytesOf)));
    else await writeRegular(to, pieces, options.secret === true);
  };
  return {
    target,
    write: (data) => guard(path, () => put(target, data)),
    writePartial: async (data) => {
      const beside = target.kind === "file" || target.kind === "new";
      const name = beside ? `${path}.partial` : path;
      await guard(name, async () => await put(beside ? await outputTarget(name, cwd) : target, data));
      return name;
    },
  };
}

/**
 * Writes a file in one step; see {@link openOutput} and {@link OutputFile.write}.
 *
 * @throws CulvertError `output_unwritable`
 */
export async function writeOutput(
  host: OutputHost,
  path: string,
  data: string | Uint8Array,
  options: OutputOptions = {},
): Promise<void> {
  await (await openOutput(host, path, options)).write(data);
}

async function checkTarget(target: OutputTarget): Promise<void> {
  if (target.kind === "file") (await Deno.open(target.path, { write: true })).close();
  if (target.kind !== "new") return;
  const probe = temporaryName(target.path);
  (await Deno.open(probe, { write: true, createNew: true, mode: 0o600 })).close();
  await Deno.remove(probe);
}

type RegularFile = Extract<OutputTarget, { readonly kind: "file" | "new" }>;

type Pieces = Iterable<string | Uint8Array>;

async function writeRegular(target: RegularFile, pieces: Pieces, secret: boolean): Promise<void> {
  const { path } = target;
  const before = target.kind === "file" ? target.info : undefined;
  // Replacing one of several names of a file would separate it from the others.
  if (before !== undefined && (before.nlink ?? 1) > 1) return await overwrite(path, pieces);
  if (before !== undefined) (await Deno.open(path, { write: true })).close();
  const temporary = temporaryName(path);
  const file = await createTemporary(temporary, secret || before !== undefined).catch((error: unknown) => {
    if (before === undefined || isFull(error)) throw error;
    return undefined;
  });
  // The folder takes no new file: the file itself is writable, as was checked above.
  if (file === undefined) return await overwrite(path, pieces);
  try {
    // Where this fails, as on a full disk, the file in its place keeps its content.
    await writeAndClose(file, pieces);
    try {
      if (before !== undefined) await keepOwnerAndMode(temporary, before);
      await Deno.rename(temporary, path);
    } catch (error) {
      // The owner cannot be kept, or the file is a mount point.
      if (before === undefined) throw error;
      await copyContent(temporary, path);
    }
  } finally {
    await removeIfPresent(temporary);
  }
}

async function createTemporary(path: string, isPrivate: boolean): Promise<Deno.FsFile> {
  return await Deno.open(path, { write: true, createNew: true, ...(isPrivate ? { mode: 0o600 } : {}) });
}

/** Whether the disk, or the share of the user, has no space left. */
function isFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOSPC" || error.code === "EDQUOT");
}

async function copyContent(from: string, to: string): Promise<void> {
  const target = await Deno.open(to, { write: true, truncate: true });
  await (await Deno.open(from)).readable.pipeTo(target.writable);
}

async function keepOwnerAndMode(path: string, before: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows" || before.mode === null) return;
  const { uid, gid } = await Deno.stat(path);
  if (uid !== before.uid || gid !== before.gid) await Deno.chown(path, before.uid, before.gid);
  await Deno.chmod(path, before.mode & 0o777);
}

async function overwrite(path: string, pieces: Pieces): Promise<void> {
  await writeAndClose(await Deno.open(path, { write: true, truncate: true }), pieces);
}

async function writeAndClose(file: Deno.FsFile, pieces: Pieces): Promise<void> {
  try {
    for (const piece of pieces) await writeAll(file, bytesOf(piece));
    await file.sync();
  } finally {
    file.close();
  }
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === "string" ? new TextEncoder().encode(piece) : piece;
}

/** Returns a new name for a file that is renamed to `path` when it is complete. */
export function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.part`);
}

async function removeIfPresent(path: string): Promise<void> {
  try {
    await Deno.remove(path);
  } catch (error) {
    // Where the folder takes no new file there is nothing to remove; the failure that led here is reported.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

function unwritable(path: string, error: unknown, flag: string): CulvertError {
  if (error instanceof CulvertError) return error;
  // The runtime's message names what it opened, which may be the temporary file.
  return new CulvertError("output_unwritable", `Cannot write ${flag} ${path}: ${fileProblem(error)}`, {
    hint: error instanceof Deno.errors.IsADirectory
      ? "Name a file, which may be in that directory."
      : "Check that the directory exists and is writable.",
    details: { flag, path },
    cause: error,
  });
}
