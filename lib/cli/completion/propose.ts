/**
 * Proposes completions of a command line with the parser.
 *
 * @module
 */
import { proposeCompletions } from "@stricli/core";
import type { CliContext } from "../command/context.ts";

/** A completion of the last word. */
export interface Proposal {
  /** The complete word. */
  readonly word: string;
  /** Explanation in one line. */
  readonly brief: string;
}

/**
 * Proposes replacements of the last word. Flags are proposed only after a dash, because a prompt may be any
 * word and the flags would hide the other proposals.
 *
 * @param words the words after the program's name; the last is incomplete and may be empty
 */
export async function propose(words: readonly string[], context: CliContext): Promise<Proposal[]> {
  const before = words.slice(0, -1);
  const application = await context.program.application(before);
  const partial = words.at(-1) ?? "";
  const joined = /^(--[^=]+=)(.*)$/s.exec(partial);
  if (joined !== null) {
    const [, flag = "", value = ""] = joined;
    const values = await proposeCompletions(application, [...before, flag.slice(0, -1), value], context);
    // Flags such as --help, which the parser proposes at every place, cannot stand behind the equals sign.
    return values.filter(({ kind }) => kind !== "argument:flag")
      .map(({ completion, brief }) => ({ word: `${flag}${completion}`, brief }));
  }
  const proposed = await proposeCompletions(application, [...before, partial], context);
  return proposed
    .filter(({ kind, completion }) =>
      kind !== "argument:flag" || (partial.startsWith("-") && completion !== "--")
    )
    .map(({ completion, brief }) => ({ word: completion, brief }));
}
