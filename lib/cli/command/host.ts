/**
 * The process, as commands see it. `lib/cli/app/process.ts` builds it; commands do not use `Deno` for these things.
 *
 * @module
 */
import type { OutputHost } from "../output/streams.ts";

/** Signals that stop a command. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGQUIT";

/** Standard input. */
export interface InputStream {
  /** Whether the stream is a terminal. */
  readonly isTerminal: boolean;
  /** Finds out what the stream is: `pipe`, `file`, or something else. */
  readonly kind: () => Promise<"pipe" | "file" | "other">;
  /** Opens the stream. Call it once. */
  readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
}

/** The process. */
export interface Host extends OutputHost {
  readonly args: readonly string[];
  readonly stdin: InputStream;
  /** Calls `handler` at each signal until the returned function is called. */
  readonly onSignal: (signal: StopSignal, handler: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (status: number) => never;
}
