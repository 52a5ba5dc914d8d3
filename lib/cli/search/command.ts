/**
 * Defines `culvert search`.
 *
 * @module
 */
import { API_FLAGS, type ApiFlags, MODEL_FLAG } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { positiveInteger } from "../command/flags/parsers.ts";
import { OUTPUT_ALIASES, text } from "../command/shared_flags.ts";
import { parsedFlag, textListFlag } from "../command/flags/flag_kinds.ts";

/** The flags of `search`. */
export type SearchFlags = ApiFlags & {
  readonly model?: string;
  readonly domain?: readonly string[];
  readonly recency?: number;
  readonly contextSize?: "low" | "medium" | "high";
  readonly maxOutputTokens?: number;
};

/** `culvert search`. */
export const searchCommand = defineCommand<SearchFlags, string[]>({
  flags: {
    ...MODEL_FLAG,
    domain: textListFlag("NAME", "Search only this domain; may be repeated"),
    recency: parsedFlag(positiveInteger, "DAYS", "Maximum age of results, in days"),
    contextSize: {
      kind: "enum",
      values: ["low", "medium", "high"],
      optional: true,
      brief: "Amount of each page that is read",
    },
    maxOutputTokens: parsedFlag(positiveInteger, "N", "Maximum number of tokens of the results"),
    ...API_FLAGS,
  },
  aliases: { ...OUTPUT_ALIASES, H: "header", m: "model" },
  positional: {
    kind: "array",
    parameter: { parse: text, brief: "The query; - or no query reads standard input", placeholder: "QUERY" },
  },
  docs: {
    brief: "Search the web through the API",
    description:
      "Sends one query to the search endpoint and prints the results as the text that a model receives.",
    examples: [
      `culvert search --provider demo "what is a culvert"`,
      `culvert search --provider demo --json "what is a culvert" | tail -1`,
    ],
    seeAlso: ["culvert respond", "culvert models"],
  },
  load: () => import("./run.ts"),
});
