/**
 * Reads the file of a bundle with limits for its size and for the time that a pipe may take.
 *
 * @module
 */
import { readWithinLimits } from "../../files/read_file.ts";
import { joinBytes } from "../../text/join_bytes.ts";

/** Largest file that is read, bytes. Mozilla's whole set has 0.2 MB. */
export const LARGEST_BUNDLE = 16 * 1024 * 1024;

/** Reads a complete file. Rejects with an error whose message is the reason. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/**
 * Reads the file of a bundle. A named pipe and a shell's `<(…)` are read for at most 5 s. At most 16 MiB are
 * read, also from a device such as `/dev/zero`.
 *
 * @param path absolute
 * @param sleep the sleep function of the world, for the time limit
 * @returns the bytes
 * @throws Deno.errors.* as the system reports; Error when a limit is passed
 */
export async function readBundleFile(
  path: string,
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>,
): Promise<Uint8Array> {
  const found = await Deno.stat(path);
  // On some systems a directory can be opened and only reading fails; the error is the same everywhere.
  if (found.isDirectory) throw new Deno.errors.IsADirectory("Is a directory");
  if (found.isFile) {
    if (found.size > LARGEST_BUNDLE) throw tooLarge();
    return await readCapped(path);
  }
  return await readWithinLimits(path, () => readCapped(path), { sleep });
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
  return joinBytes(chunks);
}

function tooLarge(): Error {
  return new Error(`it is larger than ${LARGEST_BUNDLE / 1024 / 1024} MiB, the limit for CA bundles`);
}
