/**
 * Flags and help of `culvert report`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import {
  HEADER_FLAGS,
  type HeaderFlags,
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
} from "../command/shared_flags.ts";
import { pathFlag, requiredFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `culvert report`. */
export type ReportFlags = OutputFlags & NetworkFlags & HeaderFlags & {
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly output?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly model?: string;
  readonly apiKeyFile?: string;
};

/** The command `culvert report`. */
export const reportCommand = defineCommand<ReportFlags, []>({
  flags: {
    output: pathFlag("FILE", "Write the report as JSON to this file"),
    json: switchFlag("Print JSON, even on a terminal"),
    offline: switchFlag("Open no connection"),
    provider: requiredFlag("ID", "Provider to use"),
    baseUrl: requiredFlag("URL", "Base URL of the API"),
    model: textFlag("NAME", "Model to name in the websocket upgrade"),
    apiKeyFile: pathFlag("FILE", "File with the API key"),
    ...HEADER_FLAGS,
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { H: "header", ...OUTPUT_ALIASES, o: "output" },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Write a bug report without credentials",
    description: [
      "Reports what was attempted and how it ended: versions, provider, roots, routes, the",
      "credential and its source, each attempt with its status, time and ids, and the evidence",
      "of a 401 and its recovery. It requests the list of models and a websocket upgrade, but no",
      "answer of a model. It contains no credentials, no account id and no part of a body.",
      "It names hosts, proxies, paths and certificates: read it before sending. Text on a",
      "terminal, JSON otherwise.",
    ].join("\n"),
    examples: ["culvert report", "culvert report -o report.json", "culvert report --offline --json"],
    seeAlso: ["culvert auth status", "culvert doctor", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
