/**
 * Reading the file of a bundle, whatever stands behind its name.
 *
 * @module
 */

/** Larger than any bundle: Mozilla's whole set is 0.2 MB. Bytes. */
export const LARGEST_BUNDLE = 16 * 1024 * 1024;

/** How long a pipe may keep silent, ms. A file answers at once. */
export const PIPE_LIMIT_MS = 5000;

/** Reads a whole file. Rejects with the system's error, or any other, whose message is the reason. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * Reads a bundle's file. A named pipe or a shell's `<(…)` is read like a file, since people do write that, but
 * not for ever: 5 s, and 16 MiB, which also bounds a device such as `/dev/zero`. Deno 2.4.2 is the exception: there
 * the open of a named pipe that nobody writes to holds up the whole program, timers included, so the limit of time
 * is no limit and only a signal ends it.
 *
 * @param path absolute
 * @param sleep the world's, for the limit
 * @returns the bytes
 * @throws Deno.errors.* as the system reports; Error when a limit is passed
 */
export async function readBundleFile(
  path: string,
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
): Promise<Uint8Array> {
  const found = await Deno.stat(path);
  // Opening a directory succeeds on some systems and only reading fails; the word for it is the same.
  if (found.isDirectory) throw new Deno.errors.IsADirectory("Is a directory");
  if (found.isFile) {
    if (found.size > LARGEST_BUNDLE) throw tooLarge();
    return await readCapped(path);
  }
  const limit = new AbortController();
  const late = sleep(PIPE_LIMIT_MS, limit.signal).then(() => {
    throw new Error(`nothing arrived in ${PIPE_LIMIT_MS / 1000} s, and it is no regular file`);
  });
  try {
    return await Promise.race([readCapped(path), late]);
  } finally {
    limit.abort();
    late.catch(() => {
      // The race is over; the sleep's rejection has no reader.
    });
  }
}

async function readCapped(path: string): Promise<Uint8Array> {
  using file = await Deno.open(path);
  const chunks: Uint8Array[] = [];
  let total = 0;
  const buffer = new Uint8Array(256 * 1024);
  for (let count = await file.read(buffer); count !== null; count = await file.read(buffer)) {
    total += count;
    if (total > LARGEST_BUNDLE) throw tooLarge();
    chunks.push(buffer.slice(0, count));
  }
  return joined(chunks, total);
}

/**
 * Pieces as one array.
 *
 * @param total their length together, bytes
 */
export function joined(chunks: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}

function tooLarge(): Error {
  return new Error(`it is larger than ${LARGEST_BUNDLE / 1024 / 1024} MiB, which no CA bundle is`);
}

/**
 * The system's words for a failed read, without the path that Deno adds.
 *
 * @param thrown what a read rejected with
 */
export function readFailure(thrown: unknown): string {
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return message.replace(/: (open|stat|read|readfile) '.*$/s, "");
}
