/**
 * How a command line may go on, as the parser sees it.
 *
 * @module
 */
import { proposeCompletions } from "@stricli/core";
import type { CliContext } from "../command/context.ts";

/** One way to go on. */
export interface Proposal {
  /** The word, whole. */
  readonly word: string;
  /** What it stands for, one line. */
  readonly brief: string;
}

/**
 * Proposes the words that may stand in place of the last one. Flags are proposed where a dash was typed: a
 * prompt may be any word, and thirty flags would hide what else there is.
 *
 * @param words what was typed after the program's name; the last is unfinished and may be empty
 */
export async function propose(words: readonly string[], context: CliContext): Promise<Proposal[]> {
  const before = words.slice(0, -1);
  const application = await context.program.application(before);
  const partial = words.at(-1) ?? "";
  const joined = /^(--[^=]+=)(.*)$/s.exec(partial);
  if (joined !== null) {
    const [, flag = "", value = ""] = joined;
    const values = await proposeCompletions(application, [...before, flag.slice(0, -1), value], context);
    return values.map(({ completion, brief }) => ({ word: `${flag}${completion}`, brief }));
  }
  const proposed = await proposeCompletions(application, [...before, partial], context);
  return proposed
    .filter(({ kind, completion }) =>
      kind !== "argument:flag" || (partial.startsWith("-") && completion !== "--")
    )
    .map(({ completion, brief }) => ({ word: completion, brief }));
}
