/**
 * The words of `culvert doctor`.
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
  text,
} from "../command/shared_flags.ts";

/** What can be said to `doctor`. */
export type DoctorFlags = OutputFlags & NetworkFlags & {
  readonly json?: boolean;
  readonly networkOnly?: boolean;
  readonly offline?: boolean;
  readonly spend?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly transport?: "auto" | "sse" | "ws";
  readonly apiKeyFile?: string;
};

/** `culvert doctor`. */
export const doctorCommand = defineCommand<DoctorFlags, [url?: string]>({
  flags: {
    json: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Print the report as one JSON object",
    },
    networkOnly: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Only the checks that open connections",
    },
    offline: { kind: "boolean", optional: true, withNegated: false, brief: "Open no connection" },
    spend: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Ask the model for one short answer, which costs tokens",
    },
    model: { kind: "parsed", parse: text, optional: true, placeholder: "NAME", brief: "Model to look up" },
    provider: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "ID",
      brief: "Provider to examine",
    },
    transport: {
      kind: "enum",
      values: ["auto", "sse", "ws"],
      optional: true,
      brief: "Wire that turns are to take",
    },
    apiKeyFile: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "File that holds the API key",
    },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { m: "model", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [
      { parse: text, optional: true, brief: "Base URL in place of the configured one", placeholder: "URL" },
    ],
  },
  docs: {
    brief: "Find out why it does not connect",
    description:
      "Asks one question after another, from the environment to the streamed event, and answers each with a remedy.\n" +
      "Nothing is changed and no login is renewed. The exit status is the class of the first check that fails.",
    examples: ["culvert doctor --provider demo", "culvert doctor --provider demo --network-only --json"],
    seeAlso: ["culvert ca inspect", "culvert auth status", "culvert help exit-codes", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
