/**
 * Defines `culvert usage`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { positiveInteger } from "../command/flags/parsers.ts";
import { OUTPUT_ALIASES } from "../command/shared_flags.ts";
import { parsedFlag, switchFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `usage`. */
export type UsageFlags = ApiFlags & {
  readonly tasks?: boolean;
  readonly limit?: number;
};

/** `culvert usage`. */
export const usageCommand = defineCommand<UsageFlags, []>({
  flags: {
    tasks: switchFlag("Also list the cloud tasks"),
    limit: parsedFlag(positiveInteger, "N", "Maximum number of tasks to list (default 20)"),
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header" },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Show the rate limits and credits of a ChatGPT plan",
    description:
      "Requests from the ChatGPT backend how much of each rate limit is used, when it resets, and how many credits\n" +
      "remain. Requires a ChatGPT login: an API key has no plan and is not sent to the backend.",
    examples: ["culvert usage --provider demo", "culvert usage --provider demo --tasks --json | tail -1"],
    seeAlso: ["culvert auth status", "culvert models", "culvert help exit-codes"],
  },
  load: () => import("./run.ts"),
});
