/**
 * Definition of `culvert config`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
} from "../command/shared_flags.ts";
import { requiredFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `culvert config`. */
export type ConfigFlags = OutputFlags & NetworkFlags & {
  readonly json?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
};

/** `culvert config`. */
export const configCommand = defineCommand<ConfigFlags, []>({
  flags: {
    json: switchFlag("Print one JSON object"),
    model: textFlag("NAME", "Model, as for respond"),
    provider: requiredFlag("ID", "Provider, as for respond"),
    baseUrl: requiredFlag("URL", "Base URL, as for respond"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, m: "model" },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Show the settings in force and the source of each",
    description:
      "Prints each setting with its value and its source: a flag, a variable, .env of CODEX_HOME, a profile,\n" +
      "culvert.toml, config.toml or a default. A flag takes precedence over -C, -C over the profile, the profile\n" +
      "over culvert.toml, and culvert.toml over config.toml. Sends no request. Keys, passwords and header values are\n" +
      "masked.",
    examples: ["culvert config", "culvert config --json", "culvert config -C model_verbosity=low"],
    seeAlso: ["culvert help config", "culvert help environment", "culvert auth status"],
  },
  load: () => import("./run.ts"),
});
