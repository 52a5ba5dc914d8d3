/**
 * The words of `culvert respond`.
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

/** What can be said to `respond`. */
export type RespondFlags = OutputFlags & NetworkFlags & {
  readonly json?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly transport?: "auto" | "sse" | "ws";
  readonly instructions?: string;
  readonly image?: readonly string[];
  readonly reasoning?: string;
  readonly outputSchema?: string;
  readonly tools?: string;
  readonly previous?: string;
  readonly output?: string;
  readonly repeatFrom?: string;
  readonly apiKeyFile?: string;
  readonly dryRun?: boolean;
};

/** `culvert respond`. */
export const respondCommand = defineCommand<RespondFlags, string[]>({
  flags: {
    model: { kind: "parsed", parse: text, optional: true, placeholder: "NAME", brief: "Model to ask" },
    provider: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "ID",
      brief: "Provider: openai, ollama, lmstudio, demo, or one of config.toml",
    },
    baseUrl: { kind: "parsed", parse: text, optional: true, placeholder: "URL", brief: "Address of the API" },
    transport: {
      kind: "enum",
      values: ["auto", "sse", "ws"],
      optional: true,
      brief: "Wire; auto prefers the websocket where there is one",
    },
    instructions: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "TEXT",
      brief: "Instructions for the model",
    },
    image: {
      kind: "parsed",
      parse: text,
      optional: true,
      variadic: true,
      placeholder: "FILE|URL",
      brief: "Picture to show; may be repeated",
    },
    reasoning: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "EFFORT",
      brief: "none, minimal, low, medium, high, xhigh, max",
    },
    outputSchema: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "JSON Schema that the answer must fit",
    },
    tools: { kind: "parsed", parse: text, optional: true, placeholder: "FILE", brief: "JSON array of tools" },
    previous: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "ID",
      brief: "Response to go on from",
    },
    output: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "Also write the answer to a file, at the end",
    },
    repeatFrom: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "One prompt a line, one session for all",
    },
    apiKeyFile: {
      kind: "parsed",
      parse: text,
      optional: true,
      placeholder: "FILE",
      brief: "File that holds the API key",
    },
    dryRun: {
      kind: "boolean",
      optional: true,
      withNegated: false,
      brief: "Print the request, secrets masked, and send nothing",
    },
    json: {
      kind: "boolean",
      optional: true,
      brief: "Print events as JSON lines; the last is culvert.result",
    },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { m: "model", o: "output", i: "image", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      brief: "The prompt; `-`, or none at all, reads standard input",
      placeholder: "PROMPT",
    },
  },
  docs: {
    brief: "Stream one answer",
    description:
      "Streams one turn. The answer goes to stdout as it arrives. Standard input is read only for `-`, or when no\nprompt is given.",
    examples: [
      `culvert respond --provider demo "Why is the sky blue?"`,
      `echo "Say hi" | culvert respond --provider demo --json | tail -1`,
    ],
    seeAlso: ["culvert doctor", "culvert help exit-codes", "culvert help events"],
  },
  load: () => import("./run.ts"),
});
