/**
 * Names of the files of an inference trace, and the versions of its schema, as the codex client (0.171.0) writes them.
 *
 * @module
 */

/** The versions that can be read: 1 in older releases of the codex client, 2 in 0.169, 3 in 0.171. */
export const SCHEMA_VERSIONS = [1, 2, 3] as const;

/** The version that is written. */
export const WRITTEN_VERSION = 3;

/** Identifies the bundle. */
export const MANIFEST = "manifest.json";

/** One event per line. A manifest may name another file. */
export const EVENT_LOG = "trace.jsonl";

/** Folder of the payloads. A manifest may name another one. */
export const PAYLOADS = "payloads";

/** Written by a reducer. */
export const STATE = "state.json";

/** Path that the codex client gives to the root thread. */
export const ROOT_AGENT = "/root";

const BUNDLE = /^trace-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-(.+)$/;

/** Returns the name of the folder of a bundle. */
export function bundleName(traceId: string, threadId: string): string {
  return `trace-${traceId}-${threadId}`;
}

/** Returns the ids in the name of the folder of a bundle; `undefined` for any other name. */
export function idsInBundleName(
  name: string,
): { readonly traceId: string; readonly threadId: string } | undefined {
  const [, traceId, threadId] = BUNDLE.exec(name) ?? [];
  return traceId === undefined || threadId === undefined ? undefined : { traceId, threadId };
}

/** Returns the name of a shard of payloads (schema 3). @param number from 1 */
export function shardName(number: number): string {
  return `${String(number).padStart(6, "0")}.zst`;
}
