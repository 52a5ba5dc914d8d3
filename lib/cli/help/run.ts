/**
 * Implements `culvert help`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { didYouMean, similarNames } from "../../text/edit_distance.ts";
import type { CliContext } from "../command/context.ts";
import { commandManual, similarCommands } from "../reference/command_manual.ts";
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
    const typed = words.join(" ");
    const meant = [...similarNames(typed, Object.keys(TOPICS)), ...await similarCommands(program, words)];
    const message = `There is no topic or command ${JSON.stringify(typed)}${didYouMean(meant)}`;
    throw new CulvertError("usage", message, {
      hint: `Topics: ${Object.keys(TOPICS).join(", ")}. Commands: culvert --help.`,
    });
  }
  if (words.length > 0) return helpText(manual);
  return helpText(manual, topicRows());
}
