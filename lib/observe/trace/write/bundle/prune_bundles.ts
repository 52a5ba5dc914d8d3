/**
 * Removes old inference traces. Only bundles that this program wrote are removed, and no bundle that is being
 * written.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { TraceSettings } from "../../../../config/trace/trace_settings.ts";
import type { World } from "../../../../world/world.ts";
import { EVENT_LOG, idsInBundleName, MANIFEST, PAYLOADS } from "../../format/layout.ts";

/** The beginning of the member `written_by` in the manifests of this program. */
export const WRITER = "culvert";

const MS_PER_DAY = 86_400_000;

/** Largest manifest that is read, bytes. Manifests of this program are smaller. */
const MAX_MANIFEST = 64 * 1024;

const ownManifest = z.object({ written_by: z.string().startsWith(`${WRITER} `) });

interface OldBundle {
  readonly path: string;
  /** Time of the last write to the event log, ms since 1970. */
  readonly writtenAt: number;
  readonly bytes: number;
}

/** The result of {@link pruneBundles}. */
export interface PrunedBundles {
  /** Number of removed bundles. */
  readonly removed: number;
  /** Bundles of this program that could not be read or removed. */
  readonly failures: readonly { readonly path: string; readonly error: unknown }[];
}

/**
 * Removes the bundles that are older than `keepDays`, and then the oldest ones until the rest is at most
 * `keepBytes`. A bundle that cannot be read or removed does not prevent the removal of others.
 *
 * @throws Deno.errors.* if the folder cannot be read
 */
export async function pruneBundles(
  { keepBytes, keepDays, root }: Pick<TraceSettings, "root" | "keepBytes" | "keepDays">,
  world: Pick<World, "now">,
): Promise<PrunedBundles> {
  const failures: { path: string; error: unknown }[] = [];
  if (keepDays === 0 && keepBytes === 0) return { removed: 0, failures };
  const attempt = async <T>(path: string, step: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await step();
    } catch (error) {
      failures.push({ path, error });
      return undefined;
    }
  };
  const bundles: OldBundle[] = [];
  for await (const { isDirectory, name } of Deno.readDir(root)) {
    // A symbolic link does not count as a directory, so that no file outside of the folder is removed.
    if (!isDirectory || idsInBundleName(name) === undefined) continue;
    const path = join(root, name);
    const bundle = await attempt(path, () => ownBundle(path));
    if (bundle !== undefined) bundles.push(bundle);
  }
  bundles.sort((one, other) => other.writtenAt - one.writtenAt);
  const oldest = keepDays === 0 ? -Infinity : world.now() - keepDays * MS_PER_DAY;
  let kept = 0;
  let isFull = false;
  let removed = 0;
  for (const { bytes, path, writtenAt } of bundles) {
    // After the first bundle that does not fit, older ones are removed too, even if they are small.
    isFull ||= keepBytes > 0 && kept + bytes > keepBytes;
    const isOld = isFull || writtenAt < oldest;
    if (isOld && await attempt(path, () => removeUnlessWritten(path)) === true) removed++;
    else kept += bytes;
  }
  return { removed, failures };
}

/** Returns a bundle of this program; `undefined` for a bundle that another program wrote or is removing. */
async function ownBundle(path: string): Promise<OldBundle | undefined> {
  try {
    const [manifestFile, log] = [join(path, MANIFEST), join(path, EVENT_LOG)];
    const { isFile, size } = await Deno.lstat(manifestFile);
    const logInfo = await Deno.lstat(log);
    // This program writes regular files. Opening a named pipe would wait for a writer.
    if (!isFile || size > MAX_MANIFEST || !logInfo.isFile) return undefined;
    const manifest: unknown = JSON.parse(await Deno.readTextFile(manifestFile));
    if (!ownManifest.safeParse(manifest).success) return undefined;
    const { mtime } = logInfo;
    let bytes = logInfo.size;
    for await (const { name } of Deno.readDir(join(path, PAYLOADS))) {
      bytes += (await Deno.lstat(join(path, PAYLOADS, name))).size;
    }
    return { path, writtenAt: mtime?.getTime() ?? 0, bytes };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a bundle. @returns whether it was removed; false if a process is writing it */
async function removeUnlessWritten(path: string): Promise<boolean> {
  try {
    using log = await Deno.open(join(path, EVENT_LOG));
    if (!await log.tryLock(true)) return false;
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return true;
}
