/**
 * Writes to open files.
 *
 * @module
 */

/** Writes all bytes from the current position; one call of `write` may write only a part of them. */
export async function writeAll(file: Pick<Deno.FsFile, "write">, bytes: Uint8Array): Promise<void> {
  for (let rest = bytes; rest.length > 0;) rest = rest.subarray(await file.write(rest));
}
