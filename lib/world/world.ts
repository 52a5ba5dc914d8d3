/**
 * The interface to the process. `lib/cli/app/process.ts` builds the real one; tests build their own, so that
 * clock, random numbers and environment are parameters.
 *
 * @module
 */
import type { Warning } from "../warning.ts";

/** Reads one environment variable; `undefined` if it is not set. An empty value is returned as `""`. */
export type Environment = (name: string) => string | undefined;

/** A file whose variables override those of the process. */
export interface EnvironmentFile {
  /** The absolute path. */
  readonly path: string;
  /** Names of variables whose values come from the file. */
  readonly names: readonly string[];
  /** Those among {@link EnvironmentFile.names} to which the process gives another value. */
  readonly overridden: readonly string[];
  /** Names in the file that are not used, since they begin with `CODEX_`. */
  readonly leftOut: readonly string[];
  /** Lines that were skipped, or the reason why the file could not be read. */
  readonly warnings: readonly Warning[];
}

/** The changes to the environment of the process. */
export interface EnvironmentLayers {
  /** Absent if there is no such file. */
  readonly file?: EnvironmentFile;
  /** Variables that were read so far and from whose value a pair of quotes was removed. */
  readonly quoted: ReadonlySet<string>;
}

/** Environment, clocks, random numbers and directories of the process. */
export interface World {
  /** The environment. */
  readonly env: Environment;
  /** Variables that were read so far and count as unset because their values are not valid Unicode. */
  readonly undecodable?: ReadonlySet<string>;
  /** The changes to the environment; absent if it is the unchanged one of the process. */
  readonly environment?: EnvironmentLayers;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** A monotonic clock, ms, fractional. */
  readonly monotonic: () => number;
  /** A random number, uniform in [0, 1). Only for jitter, never for secrets. */
  readonly random: () => number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The working directory, absolute. */
  readonly cwd: () => string;
  /** The user's home directory, if it is known. */
  readonly home: () => string | undefined;
  /**
   * Runs `create` while the named variables are absent from the process environment, and restores them. Deno
   * reads proxy variables when a client is created, and the loader of the OS roots reads `SSL_CERT_FILE` and
   * `SSL_CERT_DIR` when it is called (observed with Deno 2.9.6); neither may override the resolved values.
   * `create` must be synchronous.
   */
  readonly withoutVariables: <T>(names: readonly string[], create: () => T) => T;
}
