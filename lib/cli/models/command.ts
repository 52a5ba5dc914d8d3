/**
 * Defines `culvert models`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES } from "../command/shared_flags.ts";
import { switchFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `models`. */
export type ModelsFlags = ApiFlags & {
  readonly all?: boolean;
  readonly refresh?: boolean;
  readonly offline?: boolean;
};

/** `culvert models`. */
export const modelsCommand = defineCommand<ModelsFlags, []>({
  flags: {
    all: switchFlag("Also list hidden models"),
    refresh: switchFlag("Request the list from the server even if the cached list is fresh"),
    offline: switchFlag("Print the cached list at any age, and send no request"),
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header", a: "all" },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "List the models that the credential may use",
    description:
      "Prints the models in the order in which the server ranks them. The list of a ChatGPT login is stored in\n" +
      "models_cache.json in CODEX_HOME, which the codex client also uses, and is fresh for 5 minutes.",
    examples: [
      "culvert models --provider demo",
      "culvert models --provider demo --json | tail -1",
    ],
    seeAlso: ["culvert respond", "culvert usage", "culvert help config"],
  },
  load: () => import("./run.ts"),
});
