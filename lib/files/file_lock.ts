/**
 * Advisory locks between processes: `flock` on a file that is created for this purpose. The system releases
 * the lock when the process of the holder ends for any reason.
 *
 * @module
 */
import { type JsonObject, jsonObject } from "../text/json.ts";
import type { World } from "../world/world.ts";
import { readOpenFile } from "./read_file.ts";

const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 100;
const NOTE_LIMIT_BYTES = 64 * 1024;

/** A lock that is held. */
export interface HeldLock {
  /** Returns the object that an earlier holder left in the lock file; empty without one. */
  readonly readNote: () => Promise<JsonObject>;
  /** Replaces that object. Its JSON has at most 64 KiB. */
  readonly writeNote: (note: JsonObject) => Promise<void>;
  readonly release: () => void;
}

/**
 * The result of taking a lock: it is held, another process held it for the whole time, or locks are not
 * available. Disposing of it releases a lock that is held.
 */
export type LockResult =
  & Disposable
  & ({ readonly kind: "held"; readonly lock: HeldLock } | { readonly kind: "busy" | "unavailable" });

/** Returns the result for a lock that is held. */
export function heldLock(lock: HeldLock): LockResult {
  return { kind: "held", lock, [Symbol.dispose]: lock.release };
}

/** Returns the result for a lock that was not taken. */
export function noLock(kind: "busy" | "unavailable"): LockResult {
  return { kind, [Symbol.dispose]: () => {} };
}

/**
 * Acquires a lock. The file is created if it is missing (0600). It must be a regular file: a symbolic link is
 * not followed, since a holder may write to the file.
 *
 * @param path of the lock file; its directory must exist
 * @param limitMs longest wait for another holder, ms
 * @throws the signal's reason
 */
export async function acquireFileLock(
  path: string,
  world: World,
  limitMs: number,
  signal?: AbortSignal,
): Promise<LockResult> {
  const end = world.monotonic() + limitMs;
  let pause = FIRST_PAUSE_MS;
  let file: Deno.FsFile | undefined;
  try {
    while (true) {
      file ??= await openLockFile(path);
      if (await file.tryLock(true)) {
        if (await isFileAt(file, path)) {
          const lock = holding(file);
          file = undefined;
          return heldLock(lock);
        }
        // The last holder removed the file; another process may hold a new one.
        file.close();
        file = undefined;
      }
      if (world.monotonic() >= end) return noLock("busy");
      // A random pause, so that many waiting processes do not try at the same moment.
      await world.sleep(pause * (0.5 + world.random()), signal);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  } catch {
    signal?.throwIfAborted();
    // A directory that cannot be written, or a file system without locks: the caller continues without a
    // lock.
    return noLock("unavailable");
  } finally {
    file?.close();
  }
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  try {
    if (!(await Deno.lstat(path)).isFile) throw new Error(`${path} is not a regular file`);
    return await Deno.open(path, { read: true, write: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  try {
    return await Deno.open(path, { read: true, write: true, createNew: true, mode: 0o600 });
  } catch (error) {
    // Another process has created it first.
    if (error instanceof Deno.errors.AlreadyExists) return await openLockFile(path);
    throw error;
  }
}

/** Returns whether a path still refers to an open file, and not through a symbolic link. */
async function isFileAt(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [open, named] = await Promise.all([file.stat(), Deno.lstat(path)]);
    return named.isFile && open.ino === named.ino && open.dev === named.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function holding(file: Deno.FsFile): HeldLock {
  return {
    readNote: async () => {
      await file.seek(0, Deno.SeekMode.Start);
      try {
        return jsonObject(new TextDecoder().decode(await readOpenFile(file, NOTE_LIMIT_BYTES))) ?? {};
      } catch (error) {
        // No holder writes that much.
        if (error instanceof Error) return {};
        throw error;
      }
    },
    writeNote: async (note) => {
      await file.truncate(0);
      await file.seek(0, Deno.SeekMode.Start);
      const bytes = new TextEncoder().encode(JSON.stringify(note));
      for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    },
    release: () => file.close(),
  };
}
