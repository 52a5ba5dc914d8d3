/**
 * The output streams of the process, as the code that writes to them sees them.
 *
 * @module
 */
import type { World } from "../../world/world.ts";

/** Standard output or standard error. */
export interface OutputStream {
  /** Whether the stream is a terminal. */
  readonly isTerminal: boolean;
  /** Returns the width of the terminal in columns; `undefined` where it is not known. */
  readonly columns: () => number | undefined;
  /**
   * Writes all of `data` before it resolves, so that a slow reader slows the writer down.
   *
   * @throws CulvertError `reader_gone` when the reader closed the stream, `output_unwritable` for other failures
   */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** Writes all of `data` before it returns. Throws as {@link OutputStream.write} does. */
  readonly writeSync: (data: string | Uint8Array) => void;
}

/** The part of the process that output needs. */
export interface OutputHost {
  readonly world: World;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}
