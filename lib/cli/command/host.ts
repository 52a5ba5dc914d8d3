/**
 * What a command may do to the outside: write, read, be interrupted. The real one is made in `process.ts`;
 * commands never see `Deno` itself.
 *
 * @module
 */
import type { World } from "../../world/world.ts";

/** One of the two output streams. */
export interface OutputStream {
  /** Whether a person is looking. */
  readonly isTerminal: boolean;
  /** Columns of the terminal; undefined where there is none. */
  readonly columns: () => number | undefined;
  /**
   * Writes all of it before it resolves, so that a slow reader slows the writer down.
   *
   * @throws CulvertError `reader_gone` when nobody reads any more
   */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** The same without yielding; for help texts and last words. */
  readonly writeSync: (data: string | Uint8Array) => void;
}

/** Signals that end a command in good order. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** The process, as commands see it. */
export interface Host {
  readonly args: readonly string[];
  readonly world: World;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly stdin: {
    readonly isTerminal: boolean;
    readonly stream: () => ReadableStream<Uint8Array<ArrayBuffer>>;
  };
  /** Calls `handler` for the signal until the returned function is called. */
  readonly onSignal: (signal: StopSignal, handler: () => void) => () => void;
  /** Ends the process at once. */
  readonly exit: (status: number) => never;
}
