/**
 * The folder of inference traces, and the limits of their size and age: the flag, `CODEX_ROLLOUT_TRACE_ROOT`
 * and the table `[rollout_trace]`.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import type { World } from "../../world/world.ts";
import type { ConfigFile } from "../config_schema.ts";

/** The variable with the folder of traces, which the codex client (0.171.0) also uses. */
const TRACE_ROOT_VARIABLE = "CODEX_ROLLOUT_TRACE_ROOT";

/** Default of `max_bytes`: the maximum size of one trace on disk, bytes. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Default of `keep_days`: the age after which a trace is removed, days. */
const KEEP_DAYS = 30;
/** Default of `keep_bytes`: the maximum size of all traces of culvert in a folder, bytes. */
const KEEP_BYTES = 1024 * 1024 * 1024;

/** The options of inference traces. */
export interface TraceSettings {
  /** Absolute path of the folder that receives them. */
  readonly root: string;
  /** Maximum size of one text within a trace, bytes; longer texts are truncated. Default: no limit. */
  readonly maxPayloadBytes?: number;
  /** Maximum size of one trace on disk, bytes. */
  readonly maxBytes: number;
  /** Age after which a trace of culvert is removed, days; 0: never. */
  readonly keepDays: number;
  /** Maximum size of all traces of culvert in the folder, bytes; the oldest are removed. 0: no limit. */
  readonly keepBytes: number;
}

/** Settings, and the flag, variable or key that named the folder. */
export interface LoadedTraceSettings {
  readonly settings: TraceSettings;
  readonly source: string;
}

/**
 * Returns the settings of inference traces: the flag takes precedence over the variable, and the variable
 * over the file.
 *
 * @param flag value of `--trace`
 * @param config the configuration file
 * @param file source of the key `rollout_trace.root`
 * @returns `undefined` if no folder is configured, so that no trace is written
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
