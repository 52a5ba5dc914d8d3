/**
 * Finds out what the value of a flag such as `--output` names: standard output, a regular file, or a special file.
 *
 * @module
 */
import { dirname } from "node:path";
import { absolutePath } from "../../world/absolute_path.ts";

/** Where output goes. Paths are absolute, with every symbolic link of the last component resolved. */
export type OutputTarget =
  /** Standard output or standard error of this process. */
  | { readonly kind: "stream"; readonly stream: "stdout" | "stderr" }
  /** A regular file that exists. */
  | { readonly kind: "file"; readonly path: string; readonly info: Deno.FileInfo }
  /** A regular file that does not exist yet. */
  | { readonly kind: "new"; readonly path: string }
  /** A FIFO, a device, a socket or an open descriptor: it can only be written in place. */
  | { readonly kind: "special"; readonly path: string };

/** Names of open descriptors: `/dev/stdout`, `/dev/fd/63` (the shell's `>(…)`), `/proc/self/fd/1`. */
const DESCRIPTOR = /^\/(?:dev\/(?:stdin|stdout|stderr|fd\/\d+)|proc\/(?:self|thread-self|\d+)\/fd\/\d+)$/;

/** Symbolic links that are followed from one name, as Linux limits them (path_resolution(7)). */
const MOST_LINKS = 40;

/**
 * Resolves an output path.
 *
 * @param path as typed; `-` is standard output
 * @param cwd the working directory, absolute
 * @throws an error of the file system
 */
export async function outputTarget(path: string, cwd: string): Promise<OutputTarget> {
  if (path === "-") return { kind: "stream", stream: "stdout" };
  let name = absolutePath(path, cwd);
  for (let links = 0; links < MOST_LINKS; links++) {
    // Checked before anything is opened: behind a descriptor's name may be a regular file (`> file`), and
    // replacing that file would lose what others write through the same descriptor.
    if (DESCRIPTOR.test(name)) return descriptorTarget(name);
    const info = await infoOf(name);
    if (info === "special") return { kind: "special", path: name };
    if (info === undefined) return { kind: "new", path: name };
    if (info.isDirectory) throw new Deno.errors.IsADirectory("it is a directory");
    if (info.isFile) return { kind: "file", path: name, info };
    if (!info.isSymlink) return { kind: "special", path: name };
    // The folder may be reached through links itself: ".." in the link's text counts from the real folder.
    const folder = await Deno.realPath(dirname(name));
    name = absolutePath(await Deno.readLink(name), folder);
  }
  throw new Error("too many symbolic links");
}

function descriptorTarget(path: string): OutputTarget {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "stdout" || name === "1") return { kind: "stream", stream: "stdout" };
  if (name === "stderr" || name === "2") return { kind: "stream", stream: "stderr" };
  return { kind: "special", path };
}

/** `special` for what the runtime does not even describe without --allow-all: most of /dev and /proc. */
async function infoOf(path: string): Promise<Deno.FileInfo | "special" | undefined> {
  try {
    return await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    if (error instanceof Deno.errors.NotCapable) return "special";
    throw error;
  }
}
