/**
 * Where inference traces are written, and how much of them is kept: the flag, `CODEX_ROLLOUT_TRACE_ROOT` and the table
 * `[rollout_trace]`.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import type { ConfigFile } from "../config_schema.ts";

/** The folder that the codex client (0.171.0) writes traces to as well. */
export const TRACE_ROOT_VARIABLE = "CODEX_ROLLOUT_TRACE_ROOT";

/** Most bytes of one trace on disk, unless `max_bytes` says otherwise. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Days after which a trace is removed, unless `keep_days` says otherwise. */
const KEEP_DAYS = 30;
/** Most bytes of all traces of culvert in a folder, unless `keep_bytes` says otherwise. */
const KEEP_BYTES = 1024 * 1024 * 1024;

/** How inference traces are written. */
export interface TraceSettings {
  /** Absolute path of the folder that receives them. */
  readonly root: string;
  /** Most bytes of one text within a trace; longer ones are cut. Default: no limit. */
  readonly maxPayloadBytes?: number;
  /** Most bytes of one trace on disk. */
  readonly maxBytes: number;
  /** Age after which a trace of culvert is removed, days; 0: never. */
  readonly keepDays: number;
  /** Most bytes of all traces of culvert in the folder; the oldest are removed. 0: no limit. */
  readonly keepBytes: number;
}

/** Settings, and the flag, variable or key that named the folder. */
export interface LoadedTraceSettings {
  readonly settings: TraceSettings;
  readonly source: string;
}

/**
 * Returns the settings of inference traces: a flag counts before the variable, the variable before the file.
 *
 * @param flag value of `--trace`
 * @param config the configuration file
 * @param file source of the key `rollout_trace.root`
 * @returns `undefined` where nothing names a folder, so that none are written
 */
export function traceSettings(
  flag: string | undefined,
  { rollout_trace: table = {} }: ConfigFile,
  file: string,
  world: Pick<World, "env" | "cwd">,
): LoadedTraceSettings | undefined {
  const candidates = [
    [flag, "--trace"],
    [world.env(TRACE_ROOT_VARIABLE), TRACE_ROOT_VARIABLE],
    [table.root, file],
  ] as const;
  const [folder, source] = candidates.find(([value]) => value?.trim()) ?? [];
  if (folder === undefined || source === undefined) return undefined;
  const { max_payload_bytes: maxPayloadBytes } = table;
  return {
    source,
    settings: {
      root: absolutePath(folder, world.cwd()),
      ...(maxPayloadBytes === undefined ? {} : { maxPayloadBytes }),
      maxBytes: table.max_bytes ?? MAX_BYTES,
      keepDays: table.keep_days ?? KEEP_DAYS,
      keepBytes: table.keep_bytes ?? KEEP_BYTES,
    },
  };
}
