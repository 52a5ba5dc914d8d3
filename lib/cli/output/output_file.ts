/**
 * Writes the files that flags such as `--output` name. Every command uses this module for them.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
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
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /**
   * Writes output that is not complete: to `PATH.partial` beside a regular file, else as {@link OutputFile.write}.
   *
   * @returns where it was written, for a message
   */
  readonly writePartial: (data: string | Uint8Array) => Promise<string>;
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
  const put = async (to: OutputTarget, data: string | Uint8Array): Promise<void> => {
    if (to.kind === "stream") return await host[to.stream].write(data);
    const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
    if (to.kind === "special") return await writeSpecialFile(to.path, bytes);
    await writeRegular(to, bytes, options.secret === true);
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

async function writeRegular(target: RegularFile, bytes: Uint8Array, secret: boolean): Promise<void> {
  const before = target.kind === "file" ? target.info : undefined;
  // Replacing one of several names of a file would separate it from the others.
  if (before !== undefined && (before.nlink ?? 1) > 1) return await overwrite(target.path, bytes);
  if (before !== undefined) (await Deno.open(target.path, { write: true })).close();
  const temporary = temporaryName(target.path);
  try {
    await writeTemporary(temporary, bytes, secret || before !== undefined);
    if (before !== undefined) await keepOwnerAndMode(temporary, before);
    await Deno.rename(temporary, target.path);
  } catch (error) {
    await removeIfPresent(temporary);
    if (before === undefined || error instanceof UnwrittenContent) throw originalError(error);
    // The folder takes no new file, the owner cannot be kept, or the file is a mount point: the file itself is
    // writable, as was checked above.
    await overwrite(target.path, bytes);
  }
}

/** The content did not fit on the disk. The file in its place must not be truncated for it: it would be lost. */
class UnwrittenContent extends Error {}

function originalError(error: unknown): unknown {
  return error instanceof UnwrittenContent ? error.cause : error;
}

/** @throws the error of the system where the file cannot be created; UnwrittenContent where it cannot be written */
async function writeTemporary(path: string, bytes: Uint8Array, isPrivate: boolean): Promise<void> {
  const file = await Deno.open(path, { write: true, createNew: true, ...(isPrivate ? { mode: 0o600 } : {}) });
  try {
    await writeAll(file, bytes);
    await file.sync();
  } catch (cause) {
    throw new UnwrittenContent("The content could not be written", { cause });
  } finally {
    file.close();
  }
}

async function keepOwnerAndMode(path: string, before: Deno.FileInfo): Promise<void> {
  if (Deno.build.os === "windows" || before.mode === null) return;
  const { uid, gid } = await Deno.stat(path);
  if (uid !== before.uid || gid !== before.gid) await Deno.chown(path, before.uid, before.gid);
  await Deno.chmod(path, before.mode & 0o777);
}

async function overwrite(path: string, bytes: Uint8Array): Promise<void> {
  const file = await Deno.open(path, { write: true, truncate: true });
  try {
    await writeAll(file, bytes);
    await file.sync();
  } finally {
    file.close();
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}

function temporaryName(path: string): string {
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
