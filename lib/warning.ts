/**
 * Something the user should know that stops nothing. Warnings travel as values to the command that prints them,
 * so no room below `cli` writes to a stream.
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
