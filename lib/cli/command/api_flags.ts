/**
 * The flags of the commands that make one call of the API.
 *
 * @module
 */
import type { FlagParametersForType } from "@stricli/core";
import type { CliContext } from "./context.ts";
import { positiveNumber } from "./flags/parsers.ts";
import {
  HEADER_FLAGS,
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_FLAGS,
  type OutputFlags,
} from "./shared_flags.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag, textFlag } from "./flags/flag_kinds.ts";

/** The flags of a command that makes one call of the API. */
export type ApiFlags = OutputFlags & NetworkFlags & {
  readonly json?: boolean;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly timeout?: number;
  readonly header?: readonly string[];
  readonly apiKeyFile?: string;
};

/** Parameters of {@link ApiFlags}. */
export const API_FLAGS: FlagParametersForType<ApiFlags, CliContext> = {
  provider: {
    ...requiredFlag("ID", "Provider: openai, ollama, lmstudio, demo, or an id in config.toml"),
    proposeCompletions: async function () {
      return (await import("./flags/proposals.ts")).providers(this.host.world);
    },
  },
  baseUrl: requiredFlag("URL", "Base URL of the API"),
  timeout: parsedFlag(
    positiveNumber("seconds"),
    "SECONDS",
    "Time limit for all requests of the command, with retries",
  ),
  ...HEADER_FLAGS,
  apiKeyFile: pathFlag("FILE", "File with the API key"),
  json: switchFlag("Print one JSON object"),
  ...NETWORK_FLAGS,
  ...OUTPUT_FLAGS,
};

/** The flag `--model` of the commands that name a model. */
export const MODEL_FLAG: FlagParametersForType<{ readonly model?: string }, CliContext> = {
  model: {
    ...textFlag("NAME", "Model that answers"),
    proposeCompletions: async function () {
      return (await import("./flags/proposals.ts")).models(this.host.world);
    },
  },
};
