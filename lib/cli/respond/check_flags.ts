/**
 * Refuses flags of `culvert respond` that exclude each other.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { RespondFlags } from "./command.ts";

/** @throws CulvertError `usage` for flags that do not go together */
export function checkFlags(flags: RespondFlags, words: readonly string[]): void {
  if (flags.repeatFrom !== undefined && words.length > 0) {
    throw new CulvertError("usage", "Both a prompt and --repeat-from were given", {
      hint: "Put the prompt into the file, or remove --repeat-from.",
    });
  }
  checkToolOutput(flags, words);
  if (flags.previous === undefined) return;
  const other = flags.conversation !== undefined
    ? "--conversation"
    : flags.continue
    ? "--continue"
    : undefined;
  if (other === undefined) return;
  throw new CulvertError("usage", `Both --previous and ${other} were given`, {
    hint:
      "--previous continues a response that the server has stored; a conversation is stored on this machine.",
  });
}

function checkToolOutput(flags: RespondFlags, words: readonly string[]): void {
  if (flags.toolTimeout !== undefined && flags.tool === undefined) {
    throw new CulvertError("usage", "--tool-timeout was given without --tool", {
      hint: "Add the command of a tool with --tool NAME=COMMAND.",
    });
  }
  if (flags.toolOutput === undefined) return;
  if (flags.repeatFrom !== undefined) {
    throw new CulvertError("usage", "Both --tool-output and --repeat-from were given", {
      hint: "Send the outputs first, then the prompts.",
    });
  }
  if (flags.toolOutput.filter((path) => path === "-").length + (words.includes("-") ? 1 : 0) > 1) {
    throw new CulvertError("usage", "Standard input was named twice", { hint: "Use - only once." });
  }
  if (flags.conversation !== undefined || flags.continue === true || flags.previous !== undefined) return;
  throw new CulvertError(
    "usage",
    "--tool-output was given without the conversation that contains the calls",
    {
      hint: "Add the --conversation NAME or -c of the request that the model answered with the calls.",
    },
  );
}
