/**
 * The flags that the parser itself adds: to every command, and to the program.
 *
 * @module
 */

/** A flag that is not part of a command's definition. */
export interface AddedFlag {
  readonly name: string;
  readonly brief: string;
  /** One-letter names. */
  readonly aliases?: readonly string[];
}

/** The help flag of every command. */
export const HELP_FLAG = {
  name: "help",
  aliases: ["h"],
  brief: "Print this help",
} as const satisfies AddedFlag;

/** The version flag of the program. */
export const VERSION_FLAG = {
  name: "version",
  aliases: ["V"],
  brief: "Print the version",
} as const satisfies AddedFlag;
