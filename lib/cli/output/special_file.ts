/**
 * Writes to files that are not regular: FIFOs, devices and inherited descriptors.
 *
 * @module
 */
import { writeAll } from "../../files/write_all.ts";

/**
 * Writes to a special file in place. Opening a FIFO waits for its reader.
 *
 * @param path absolute
 * @throws an error of the file system
 */
export async function writeSpecialFile(path: string, bytes: Uint8Array): Promise<void> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { write: true });
  } catch (error) {
    // Below /dev and /proc the runtime opens hardly any file without --allow-all, which the binary is not compiled
    // with (Deno 2.9.6): a child process writes there.
    if (error instanceof Deno.errors.NotCapable && Deno.build.os !== "windows") {
      return await writeByChild(path, bytes);
    }
    throw error;
  }
  try {
    await writeAll(file, bytes);
  } finally {
    file.close();
  }
}

/** The path is an argument and never part of the script; the child sees no variable but the ones given here. */
async function writeByChild(path: string, bytes: Uint8Array): Promise<void> {
  const child = new Deno.Command("/bin/sh", {
    args: ["-c", 'exec cat >"$1"', "sh", path],
    clearEnv: true,
    env: { PATH: "/usr/bin:/bin", LC_ALL: "C" },
    stdin: "piped",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const feeding = (async () => {
    const writer = child.stdin.getWriter();
    await writer.write(bytes);
    await writer.close();
  })();
  const [{ success, stderr }, fed] = await Promise.all([
    child.output(),
    feeding.then(() => undefined, (error: unknown) => ({ error })),
  ]);
  if (!success) {
    const lines = new TextDecoder().decode(stderr).trim().split("\n");
    throw new Error(lines.at(-1)?.replace(/^.*: /, "") ?? "the write failed");
  }
  if (fed !== undefined) throw fed.error;
}
