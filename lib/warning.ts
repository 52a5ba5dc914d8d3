/**
 * Something that the user should know and that stops nothing. Warnings are values, which the command prints: nothing
 * below `lib/cli` writes to a stream.
 *
 * @module
 */

/** One warning. */
export interface Warning {
  /** Stable name in snake case, for machines. */
  readonly code: string;
  /** One sentence for people, without secrets. */
  readonly message: string;
  /** Where in a file, 1-based, if it is about a file. */
  readonly line?: number;
}
