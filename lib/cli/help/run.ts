/**
 * Implements `culvert help`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { CliContext } from "../command/context.ts";
import { commandManual } from "../reference/command_manual.ts";
import { helpText } from "../reference/help_text.ts";
import { isTopic, topicRows, TOPICS, topicText } from "../reference/topic.ts";

/** Runs the command. */
export async function run(context: CliContext, _flags: object, ...words: string[]): Promise<void> {
  await context.host.stdout.write(await textFor(context, words));
}

async function textFor({ program }: CliContext, words: readonly string[]): Promise<string> {
  const [first] = words;
  if (first !== undefined && words.length === 1 && isTopic(first)) {
    return topicText(await TOPICS[first].load());
  }
  const manual = await commandManual(program, words);
  if (manual === undefined) {
    throw new CulvertError("usage", `There is no topic or command ${JSON.stringify(words.join(" "))}`, {
      hint: `Topics: ${Object.keys(TOPICS).join(", ")}. Commands: culvert --help.`,
    });
  }
  if (words.length > 0) return helpText(manual);
  return helpText(manual, topicRows());
}
