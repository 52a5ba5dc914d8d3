/**
 * Flags and help of `culvert doctor`.
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
import { pathFlag, requiredFlag, requiredText, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `culvert doctor`. */
export type DoctorFlags = OutputFlags & NetworkFlags & HeaderFlags & {
  readonly json?: boolean;
  readonly networkOnly?: boolean;
  readonly offline?: boolean;
  readonly spend?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly transport?: "auto" | "sse" | "ws";
  readonly apiKeyFile?: string;
};

/** The command `culvert doctor`. */
export const doctorCommand = defineCommand<DoctorFlags, [url?: string]>({
  flags: {
    json: switchFlag("Print the report as one JSON object"),
    networkOnly: switchFlag("Run only the checks that open connections"),
    offline: switchFlag("Open no connection"),
    spend: switchFlag("Request one short answer of the model, which costs tokens"),
    model: textFlag("NAME", "Model to look up"),
    provider: requiredFlag("ID", "Provider to examine"),
    transport: {
      kind: "enum",
      values: ["auto", "sse", "ws"],
      optional: true,
      brief: "Transport of turns",
    },
    apiKeyFile: pathFlag("FILE", "File with the API key"),
    ...HEADER_FLAGS,
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { m: "model", H: "header", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [
      {
        parse: requiredText,
        optional: true,
        brief: "Base URL instead of the configured one",
        placeholder: "URL",
      },
    ],
  },
  docs: {
    brief: "Find out why a turn fails",
    description:
      "Checks every part of the connection, from the environment to the streamed event, and names a remedy for each\n" +
      "problem. With a URL it uses the provider, credential and headers of a turn to that URL. It sends a request\n" +
      "without input, which costs nothing, and changes nothing: no login is renewed, no agent is registered, no file\n" +
      "is written. A configured credential command is run once. The exit status is that of the first failed check.",
    examples: ["culvert doctor --provider demo", "culvert doctor --provider demo --network-only --json"],
    seeAlso: ["culvert ca inspect", "culvert auth status", "culvert help exit-codes", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
