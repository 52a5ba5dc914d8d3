/**
 * The words of `culvert report`.
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

/** What can be said to `report`. */
export type ReportFlags = OutputFlags & NetworkFlags & {
  readonly json?: boolean;
  readonly offline?: boolean;
  readonly output?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly model?: string;
  readonly apiKeyFile?: string;
};

/** `culvert report`. */
export const reportCommand = defineCommand<ReportFlags, []>({
  flags: {
    output: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "Write the JSON here",
    },
    json: { kind: "boolean", optional: true, withNegated: false, brief: "JSON, even on a terminal" },
    offline: { kind: "boolean", optional: true, withNegated: false, brief: "Try no connection" },
    provider: { kind: "parsed", parse: text, optional: true, placeholder: "ID", brief: "Provider to try" },
    baseUrl: { kind: "parsed", parse: text, optional: true, placeholder: "URL", brief: "Address of the API" },
    model: { kind: "parsed", parse: text, optional: true, placeholder: "NAME", brief: "Model to name" },
    apiKeyFile: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "File with an API key",
    },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, o: "output" },
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "Write a bug report that is safe to send",
    description: [
      "Says what was tried and what came of it: versions, provider, roots, routes, which",
      "credential from which source, each attempt with its status, time and ids, and the",
      "evidence of a 401 and its recovery. It asks for the list of models and opens a",
      "websocket; it asks no model. It holds no token, no key, no address with a password,",
      "no account id, and nothing of a body. Text on a terminal, JSON otherwise.",
    ].join("\n"),
    examples: ["culvert report", "culvert report -o report.json", "culvert report --offline --json"],
    seeAlso: ["culvert auth status", "culvert doctor", "culvert help proxies"],
  },
  load: () => import("./run.ts"),
});
