import type { CliContext } from "../context.ts";
import type { RespondFlags } from "../commands/respond.ts";
import { readPrompt } from "./prompt.ts";

export async function run(context: CliContext, _flags: RespondFlags, ...words: string[]): Promise<void> {
  await context.host.stdout.write(await readPrompt(words, context.host));
}
