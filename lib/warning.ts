/**
 * A message for the user about a problem that does not stop the program. Warnings are values, which the
 * command prints: no module below `lib/cli` writes to a stream.
 *
 * @module
 */

/** One warning. */
export interface Warning {
  /** Stable name in snake case, for programs. */
  readonly code: string;
  /** One sentence for the user, without secrets. */
  readonly message: string;
  /** Line in a file, 1-based, if it is about a file. */
  readonly line?: number;
}
