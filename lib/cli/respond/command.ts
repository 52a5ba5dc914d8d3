/**
 * Defines `culvert respond`.
 *
 * @module
 */
import { API_FLAGS, MODEL_FLAG } from "../command/api_flags.ts";
import { defineCommand } from "../command/command.ts";
import { oneOf, positiveInteger, positiveNumber, seconds, temperature } from "../command/flags/parsers.ts";
import {
  HEADER_FLAGS,
  type HeaderFlags,
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import {
  parsedFlag,
  pathFlag,
  pathListFlag,
  requiredFlag,
  switchFlag,
  textFlag,
  textListFlag,
} from "../command/flags/flag_kinds.ts";

/** The flags of `respond`. */
export type RespondFlags = OutputFlags & NetworkFlags & HeaderFlags & {
  readonly json?: boolean;
  readonly model?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly transport?: "auto" | "sse" | "ws";
  readonly instructions?: string;
  readonly image?: readonly string[];
  readonly file?: readonly string[];
  readonly reasoning?: string;
  readonly verbosity?: "low" | "medium" | "high";
  readonly maxOutputTokens?: number;
  readonly temperature?: number;
  readonly outputSchema?: string;
  readonly tools?: string;
  readonly tool?: readonly string[];
  readonly toolTimeout?: number;
  readonly toolOutput?: readonly string[];
  readonly continue?: boolean;
  readonly conversation?: string;
  readonly store?: boolean;
  readonly previous?: string;
  readonly output?: string;
  readonly render?: "auto" | "never";
  readonly repeatFrom?: string;
  readonly timeout?: number;
  readonly maxWait?: number;
  readonly apiKeyFile?: string;
  readonly usage?: boolean;
  readonly dryRun?: boolean;
  readonly capture?: string;
  readonly trace?: string;
};

/** Values of `--reasoning` that completion proposes; a gateway may accept others. */
const EFFORTS = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** `culvert respond`. */
export const respondCommand = defineCommand<RespondFlags, string[]>({
  flags: {
    model: MODEL_FLAG.model,
    provider: API_FLAGS.provider,
    baseUrl: API_FLAGS.baseUrl,
    transport: {
      kind: "enum",
      values: ["auto", "sse", "ws"],
      optional: true,
      brief: "Transport; auto uses a websocket if the provider has one",
    },
    instructions: textFlag("TEXT", "Instructions for the model (system prompt)"),
    image: pathListFlag("FILE|URL", "Image for the prompt; may be repeated"),
    file: pathListFlag("PATH", "File to upload for the prompt; may be repeated"),
    reasoning: {
      ...textFlag("EFFORT", "Reasoning effort: none, minimal, low, medium, high, xhigh, max"),
      proposeCompletions: () => EFFORTS,
    },
    verbosity: {
      kind: "enum",
      values: ["low", "medium", "high"],
      optional: true,
      brief: "Length of the answer",
    },
    maxOutputTokens: parsedFlag(positiveInteger, "N", "Maximum tokens of an answer, with reasoning"),
    temperature: parsedFlag(temperature, "T", "Sampling temperature, 0 to 2"),
    outputSchema: pathFlag("FILE", "JSON Schema that the answer must match"),
    tools: pathFlag("FILE", "JSON array of tools that the model may call"),
    tool: textListFlag(
      "NAME=COMMAND",
      "Run this command when the model calls the tool: arguments on stdin, output on stdout",
    ),
    toolTimeout: parsedFlag(
      positiveNumber("seconds"),
      "SECONDS",
      "Time limit for one run of a --tool command (default 60)",
    ),
    toolOutput: pathListFlag(
      "FILE",
      "Outputs of tool calls, as JSON, for a conversation that waits for them",
    ),
    continue: switchFlag("Continue the latest stored conversation"),
    conversation: {
      ...textFlag("NAME", "Continue or begin the conversation with this name"),
      proposeCompletions: async function () {
        return (await import("../conversation/conversation_folder.ts")).conversationNames(this.host.world);
      },
    },
    store: switchFlag("Store the response on the server, for --previous"),
    previous: requiredFlag("ID", "Continue the stored response with this id"),
    output: pathFlag("FILE", "Also write the answer to a file, at the end"),
    render: {
      ...parsedFlag(oneOf("auto", "never"), "auto|never", "Format Markdown on a terminal (default auto)"),
      proposeCompletions: () => ["auto", "never"],
    },
    repeatFrom: pathFlag("FILE", "Answer each line of the file, in one session"),
    timeout: parsedFlag(
      positiveNumber("seconds"),
      "SECONDS",
      "Time limit for one answer, with retries",
    ),
    maxWait: parsedFlag(
      seconds,
      "SECONDS",
      "Longest delay that the server may request before a retry; default 60",
    ),
    ...HEADER_FLAGS,
    apiKeyFile: API_FLAGS.apiKeyFile,
    usage: switchFlag("Print the token counts on stderr"),
    dryRun: switchFlag("Print the request with secrets masked; send nothing"),
    capture: pathFlag("DIR", "Record every request of this command, without secrets, for culvert view"),
    trace: pathFlag("DIR", "Write an inference trace (culvert help trace)"),
    json: {
      kind: "boolean",
      optional: true,
      brief: "Print events as JSON lines; the last is culvert.result",
    },
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: {
    m: "model",
    o: "output",
    i: "image",
    c: "continue",
    H: "header",
    ...OUTPUT_ALIASES,
  },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      brief: "The prompt; - or no prompt reads standard input",
      placeholder: "PROMPT",
    },
  },
  docs: {
    brief: "Stream one answer",
    description:
      "Sends the prompt to the model and prints the answer on stdout as it arrives. Standard input is read only for -, or if no prompt is given. A conversation is stored only with -c or --conversation: see culvert conversation --help.",
    examples: [
      `culvert respond --provider demo "Why is the sky blue?"`,
      `culvert respond --provider demo --conversation plan "Name three rivers"`,
      `culvert respond --provider demo --tool now="date +%T" "What time is it?"`,
      `echo "Say hi" | culvert respond --provider demo --json | tail -1`,
    ],
    seeAlso: ["culvert doctor", "culvert conversation", "culvert help exit-codes", "culvert help events"],
  },
  load: () => import("./run.ts"),
});
