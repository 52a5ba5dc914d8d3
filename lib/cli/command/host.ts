/**
 * The interface of commands to the process. `lib/cli/app/process.ts` implements it; commands do not use
 * `Deno` for these functions.
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
  /** Returns the kind of the stream: `pipe`, `file`, or another one. */
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
  /** Ends the process immediately. */
  readonly exit: (status: number) => never;
}
