/**
 * The files of a bundle that is being written.
 *
 * @module
 */
import { join } from "node:path";
import {
  bundleName,
  EVENT_LOG,
  MANIFEST,
  PAYLOADS,
  shardName,
  WRITTEN_VERSION,
} from "../../format/layout.ts";

/** The facts that identify a bundle. */
export interface BundleIds {
  /** A UUID. */
  readonly traceId: string;
  /** The id of the root thread. */
  readonly threadId: string;
  /** Wall clock, ms since 1970. */
  readonly startedAt: number;
}

/** Receives the parts of a trace. */
export interface TraceFiles {
  /** Writes a shard of payloads as a whole. @param number from 1 */
  readonly writeShard: (number: number, bytes: Uint8Array) => Promise<void>;
  /** Appends lines to the event log in one write. */
  readonly append: (lines: Uint8Array) => Promise<void>;
  readonly close: () => void;
}

/**
 * Creates a bundle: a folder of mode 0700 with files of mode 0600. Its name is new, so that nothing is
 * overwritten and no symbolic link is followed within it. The event log is locked until it is closed, which
 * shows other processes that the bundle is being written.
 *
 * @param root absolute path of the folder that receives bundles; created with mode 0700 if it is missing
 * @param writer name and version of this program, which distinguishes its bundles from those of other
 * programs
 * @throws Deno.errors.* as the system reports
 */
export async function createBundle(root: string, ids: BundleIds, writer: string): Promise<TraceFiles> {
  const path = join(root, bundleName(ids.traceId, ids.threadId));
  const payloads = join(path, PAYLOADS);
  await Deno.mkdir(root, { recursive: true, mode: 0o700 });
  await Deno.mkdir(path, { mode: 0o700 });
  await Deno.mkdir(payloads, { mode: 0o700 });
  const log = await Deno.open(join(path, EVENT_LOG), { append: true, createNew: true, mode: 0o600 });
  try {
    await log.tryLock(true);
    await createFile(join(path, MANIFEST), new TextEncoder().encode(manifest(ids, writer)));
  } catch (error) {
    log.close();
    throw error;
  }
  return {
    writeShard: (number, bytes) => createFile(join(payloads, shardName(number)), bytes),
    append: (lines) => writeAll(log, lines),
    close: () => log.close(),
  };
}

function manifest({ startedAt, threadId, traceId }: BundleIds, writer: string): string {
  const content = {
    schema_version: WRITTEN_VERSION,
    trace_id: traceId,
    rollout_id: threadId,
    root_thread_id: threadId,
    started_at_unix_ms: startedAt,
    raw_event_log: EVENT_LOG,
    payloads_dir: PAYLOADS,
    written_by: writer,
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
  await writeAll(file, bytes);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
}
