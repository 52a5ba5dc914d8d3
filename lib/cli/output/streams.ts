/**
 * The output streams of the process, as the code that writes to them sees them.
 *
 * @module
 */
import type { Secrets } from "../../redaction/secrets.ts";
import type { World } from "../../world/world.ts";
import type { ImageSequence } from "./inline_image.ts";

/** Standard output or standard error. */
export interface OutputStream {
  /** Whether the stream is a terminal. */
  readonly isTerminal: boolean;
  /** Returns the width of the terminal in columns; `undefined` if it is not known. */
  readonly columns: () => number | undefined;
  /**
   * Writes all of `data` before it resolves, so that a slow reader slows the writer down. Control characters are
   * replaced on a terminal, see `output_stream.ts`.
   *
   * @throws CulvertError `reader_gone` when the reader closed standard output, `output_unwritable` for other
   *   failures of standard output; a failure of standard error is ignored
   */
  readonly write: (data: string | Uint8Array) => Promise<void>;
  /** Writes a sequence that shows an image, without the filter. Throws as {@link OutputStream.write} does. */
  readonly writeSequence: (sequence: ImageSequence) => Promise<void>;
  /** Writes all of `data` before it returns. Throws as {@link OutputStream.write} does. */
  readonly writeSync: (data: string | Uint8Array) => void;
}

/** Standard error. */
export interface MessageStream extends OutputStream {
  /**
   * Shows one line of text that the next write to the terminal removes. Does nothing if the stream is not a
   * terminal.
   *
   * @param line cut at the width of the terminal; empty to remove the line
   */
  readonly showStatus: (line: string) => void;
}

/** The part of the process that output needs. */
export interface OutputHost {
  readonly world: World;
  readonly stdout: OutputStream;
  readonly stderr: MessageStream;
  /** Returns the register of the secrets that messages must not show. */
  readonly secrets: () => Secrets;
}
