/**
 * Removes old inference traces. Only bundles that this program wrote are removed, and none that is being written.
 *
 * @module
 */
import { join } from "node:path";
import { z } from "zod";
import type { TraceSettings } from "../../../../config/trace/trace_settings.ts";
import type { World } from "../../../../world/world.ts";
import { EVENT_LOG, idsInBundleName, MANIFEST, PAYLOADS } from "../../format/layout.ts";

/** Begins the member `written_by` in the manifests of this program. */
export const WRITER = "culvert";

const MS_PER_DAY = 86_400_000;

const ownManifest = z.object({ written_by: z.string().startsWith(`${WRITER} `) });

interface OldBundle {
  readonly path: string;
  /** When the event log was written last, ms since 1970. */
  readonly writtenAt: number;
  readonly bytes: number;
}

/**
 * Removes the bundles that are older than `keepDays`, and then the oldest ones until the rest is at most `keepBytes`.
 *
 * @returns how many were removed
 * @throws Deno.errors.* where the folder cannot be read, or a bundle cannot be removed
 */
export async function pruneBundles(
  { keepBytes, keepDays, root }: Pick<TraceSettings, "root" | "keepBytes" | "keepDays">,
  world: Pick<World, "now">,
): Promise<number> {
  if (keepDays === 0 && keepBytes === 0) return 0;
  const bundles: OldBundle[] = [];
  for await (const { isDirectory, name } of Deno.readDir(root)) {
    // A symbolic link is no directory here, so that nothing outside of the folder is removed.
    if (!isDirectory || idsInBundleName(name) === undefined) continue;
    const bundle = await ownBundle(join(root, name));
    if (bundle !== undefined) bundles.push(bundle);
  }
  bundles.sort((one, other) => other.writtenAt - one.writtenAt);
  const oldest = keepDays === 0 ? -Infinity : world.now() - keepDays * MS_PER_DAY;
  let kept = 0;
  let isFull = false;
  let removed = 0;
  for (const { bytes, path, writtenAt } of bundles) {
    // Once a bundle does not fit, the older ones do not count either, however small they are.
    isFull ||= keepBytes > 0 && kept + bytes > keepBytes;
    if ((isFull || writtenAt < oldest) && await removeUnlessWritten(path)) removed++;
    else kept += bytes;
  }
  return removed;
}

/** Returns a bundle of this program; `undefined` for what another program wrote or removes at the same time. */
async function ownBundle(path: string): Promise<OldBundle | undefined> {
  try {
    const manifest: unknown = JSON.parse(await Deno.readTextFile(join(path, MANIFEST)));
    if (!ownManifest.safeParse(manifest).success) return undefined;
    const { mtime, size } = await Deno.stat(join(path, EVENT_LOG));
    let bytes = size;
    for await (const { name } of Deno.readDir(join(path, PAYLOADS))) {
      bytes += (await Deno.stat(join(path, PAYLOADS, name))).size;
    }
    return { path, writtenAt: mtime?.getTime() ?? 0, bytes };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Removes a bundle. @returns whether it is gone; false where a process writes it */
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
