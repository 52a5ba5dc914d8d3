/**
 * What a rule may know of the process it runs in. `main.ts` builds the real one (`lib/cli/app/process.ts`); tests
 * build their own, so that time, chance and environment are arguments like any other.
 *
 * @module
 */

/** Reads one environment variable; `undefined` where it is not set. An empty value is returned as `""`. */
export type Environment = (name: string) => string | undefined;

/** The process, as everything below `cli` sees it. */
export interface World {
  /** The environment. */
  readonly env: Environment;
  /** Wall clock, ms since 1970. */
  readonly now: () => number;
  /** A clock that never goes back, ms, fractional. */
  readonly monotonic: () => number;
  /** Uniform in [0, 1). For jitter only, never for secrets. */
  readonly random: () => number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** The working directory, absolute. */
  readonly cwd: () => string;
  /** The user's home directory, where it is known. */
  readonly home: () => string | undefined;
  /**
   * Runs `create` while the named variables are absent from the process environment, and puts them back.
   * Deno reads proxy variables when a client is created, and the loader of the OS roots reads
   * `SSL_CERT_FILE` and `SSL_CERT_DIR` when it is called (seen in 2.9.6); neither may overrule what was
   * resolved here. `create` must be synchronous.
   */
  readonly withoutVariables: <T>(names: readonly string[], create: () => T) => T;
}
