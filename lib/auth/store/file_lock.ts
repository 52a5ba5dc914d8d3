/**
 * One holder at a time among all processes of a machine: an advisory lock on a file made for it. The system
 * lets go of it when the holder dies, however it dies.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import type { HeldLock, LockResult } from "../credential_store.ts";
import type { World } from "../../world/world.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;

/**
 * Waits to be the only one that changes the login of a home, wherever it is kept.
 *
 * @param codexHome absolute; it must exist
 * @param limitMs how long to wait for another holder
 */
export async function lockHome(codexHome: string, world: World, limitMs: number): Promise<LockResult> {
  return await acquireFileLock(absolutePath("auth.json.lock", codexHome), world, limitMs);
}

/**
 * Waits for the lock. The file is made if it is not there (0600) and never removed: removing it would let two
 * holders lock two files of one name.
 *
 * @param path of the lock file; its folder must exist
 * @param limitMs how long to wait for another holder
 */
export async function acquireFileLock(
  path: string,
  world: World,
  limitMs: number,
  signal?: AbortSignal,
): Promise<LockResult> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path, { read: true, write: true, create: true, mode: 0o600 });
  } catch (cause) {
    // A read-only or foreign folder: the caller goes on without, and says so.
    return { kind: "unavailable", cause };
  }
  try {
    const held = typeof file.tryLock === "function"
      ? await poll(file, world, limitMs, signal)
      : await waitFor(file, world, limitMs, signal);
    if (held) return { kind: "held", lock: holding(file) };
  } catch (cause) {
    file.close();
    if (signal?.aborted === true) throw signal.reason;
    // Some network file systems know no locks.
    return { kind: "unavailable", cause };
  }
  return { kind: "busy" };
}

async function poll(
  file: Deno.FsFile,
  world: World,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const begin = world.monotonic();
  let pause = FIRST_PAUSE_MS;
  while (true) {
    if (await file.tryLock(true)) return true;
    if (world.monotonic() - begin >= limitMs) {
      file.close();
      return false;
    }
    // Spread, so that fifty waiting processes do not knock in step.
    await world.sleep(pause * (0.5 + world.random()), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
  }
}

/** For runtimes without `tryLock` (Deno 2.4): the waiting call cannot be recalled, so it cleans up after itself. */
async function waitFor(
  file: Deno.FsFile,
  world: World,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  let isWanted = true;
  const locked = file.lock(true).then(() => {
    if (!isWanted) file.close();
    return true;
  });
  const stopTimer = new AbortController();
  const either = signal === undefined ? stopTimer.signal : AbortSignal.any([stopTimer.signal, signal]);
  try {
    return await Promise.race([locked, world.sleep(limitMs, either).then(() => (isWanted = false))]);
  } finally {
    stopTimer.abort();
  }
}

function holding(file: Deno.FsFile): HeldLock {
  return {
    readNote: async () => {
      await file.seek(0, Deno.SeekMode.Start);
      return await new Response(readableCopy(file)).text();
    },
    writeNote: async (text) => {
      await file.truncate(0);
      await file.seek(0, Deno.SeekMode.Start);
      const bytes = new TextEncoder().encode(text);
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    },
    release: () => file.close(),
  };
}

/** The rest of the file as a stream that leaves the file open. */
function readableCopy(file: Deno.FsFile): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    async pull(controller) {
      const chunk = new Uint8Array(4096);
      const count = await file.read(chunk);
      if (count === null) controller.close();
      else controller.enqueue(chunk.subarray(0, count));
    },
  });
}
