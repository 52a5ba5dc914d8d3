/**
 * Reads small files from paths that may refer to any kind of file.
 *
 * @module
 */
/**
 * Checks that a path refers to a regular file, before it is opened: opening a pipe waits for a writer. Symbolic links
 * are followed.
 *
 * @throws Deno.errors.* as the system reports; Error for another kind of file
 */
export async function requireRegularFile(path: string): Promise<void> {
  const { isDirectory, isFile } = await Deno.stat(path);
  if (!isFile) throw new Error(isDirectory ? "it is a directory" : "it is not a regular file");
}

/**
 * Reads a regular file. Symbolic links are followed. A device or a named pipe is refused before it is opened,
 * since opening a pipe waits for a writer.
 *
 * @param limitBytes largest size that is accepted
 * @throws Deno.errors.* as the system reports; Error for another kind of file or a larger file
 */
export async function readRegularFile(path: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  await requireRegularFile(path);
  return await readBounded(path, limitBytes);
}

/**
 * Reads a file, a pipe or a device to its end.
 *
 * @param limitBytes largest size that is accepted
 * @throws Deno.errors.* as the system reports; Error for a larger one
 */
export async function readBounded(path: string, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  using file = await Deno.open(path, { read: true });
  return await readOpenFile(file, limitBytes);
}

/** Default time limit for reading a pipe, ms. */
const PIPE_LIMIT_MS = 5_000;

/** Limits of reading a file that the user named, which may be a pipe. */
export interface PipeLimits {
  /** The sleep function of the world. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Time limit for reading a file that is not a regular one, ms. Default 5 s. */
  readonly limitMs?: number;
}

/**
 * Reads a path that the user named: a regular file, or within a time limit a named pipe or a shell's `<(…)`,
 * since opening a pipe waits for a writer.
 *
 * @param read reads it to its end
 * @throws the error of `read`; Error for a pipe that exceeds the time limit
 */
export async function readWithinLimits<T>(
  path: string,
  read: () => Promise<T>,
  { sleep, limitMs = PIPE_LIMIT_MS }: PipeLimits,
): Promise<T> {
  if ((await Deno.stat(path)).isFile) return await read();
  const over = new AbortController();
  const late = sleep(limitMs, over.signal).then(() => {
    throw new Error(`nothing arrived in ${limitMs / 1000} s, and it is not a regular file`);
  });
  try {
    return await Promise.race([read(), late]);
  } finally {
    over.abort();
    late.catch(() => {
      // The read ended first, and the sleep is no longer needed.
    });
  }
}

/** As {@link readBounded}, from the current position of an open file. */
export async function readOpenFile(
  file: Deno.FsFile,
  limitBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const buffer = new Uint8Array(limitBytes + 1);
  let length = 0;
  while (length <= limitBytes) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) return buffer.slice(0, length);
    length += count;
  }
  throw new Error(`it is larger than ${limitBytes} bytes`);
}

/**
 * Reads a stream to its end.
 *
 * @param limitBytes largest size that is accepted; the stream is cancelled if it is exceeded
 * @throws the error of the stream; Error for a larger one
 */
export async function readBoundedStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  limitBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const piece of stream) {
    length += piece.length;
    if (length > limitBytes) throw new Error(`it is larger than ${limitBytes} bytes`);
    pieces.push(piece);
  }
  return await new Blob(pieces).bytes();
}

/** Codes of the operating system (POSIX.1-2017, errno.h) in words. */
const PROBLEMS: Readonly<Record<string, string>> = {
  EISDIR: "it is a directory",
  EEXIST: "another file has that name",
  ENOTDIR: "a part of the path is not a directory",
  ELOOP: "the symbolic links lead in a circle",
  ENAMETOOLONG: "the name is too long",
  ENOSPC: "no space is left on the device",
  EROFS: "the file system is read-only",
};

/** Returns the reason of a failed file operation, without the path that Deno puts into its messages. */
export function fileProblem(cause: unknown): string {
  if (cause instanceof Deno.errors.PermissionDenied) return "permission denied";
  if (cause instanceof Deno.errors.NotFound) return "no such file or directory";
  if (cause instanceof Deno.errors.IsADirectory) return "it is a directory";
  if (cause instanceof Deno.errors.NotADirectory) return "a part of the path is not a directory";
  if (!(cause instanceof Error)) return "unknown failure";
  if ("code" in cause && typeof cause.code === "string") return PROBLEMS[cause.code] ?? cause.code;
  return cause.name === "Error" ? cause.message : cause.name;
}
