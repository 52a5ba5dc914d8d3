/**
 * Implements `culvert __complete`: prints one proposal per line, in the format of the shell.
 *
 * @module
 */
import type { Shell } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { type Proposal, propose } from "./propose.ts";

const FORMATS: Readonly<Record<Shell, (proposal: Proposal) => string>> = {
  bash: ({ word }) => word,
  // The format of `_describe`, where a colon ends the word.
  zsh: ({ word, brief }) => `${word.replaceAll(":", "\\:")}:${brief}`,
  fish: ({ word, brief }) => `${word}\t${brief}`,
  pwsh: ({ word, brief }) => `${word}\t${brief}`,
};

/** Prints the proposals. */
export async function run(
  context: CliContext,
  { shell }: { readonly shell: Shell },
  ...words: string[]
): Promise<void> {
  const proposals = await propose(words, context);
  await context.host.stdout.write(proposals.map((proposal) => `${FORMATS[shell](proposal)}\n`).join(""));
}
