/**
 * Defines `culvert trace`.
 *
 * @module
 */
import { type CommandDocs, defineCommand, defineGroup } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { pathFlag, switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `trace ls`. */
export type TraceListFlags = OutputFlags & { readonly json?: boolean; readonly root?: string };

/** Flags of `trace show`. */
export type TraceShowFlags = OutputFlags & {
  readonly json?: boolean;
  readonly html?: boolean;
  readonly output?: string;
  readonly share?: boolean;
  readonly capture?: string;
  readonly payload?: string;
  readonly root?: string;
};

/** Flags of `trace grep`. */
export type TraceGrepFlags = OutputFlags & {
  readonly json?: boolean;
  readonly ignoreCase?: boolean;
  readonly regexp?: boolean;
  readonly root?: string;
};

/** Flags of `trace export`. */
export type TraceExportFlags = OutputFlags & NetworkFlags & {
  readonly share?: boolean;
  readonly root?: string;
};

const ROOT_FLAG = pathFlag("FOLDER", "Folder of traces; default: see culvert help trace");

const TRACE = {
  parse: text,
  placeholder: "TRACE",
  brief: "Folder of a trace, the beginning of its id, or latest",
};

const ls = defineCommand<TraceListFlags, []>({
  flags: {
    json: switchFlag("Print one JSON object for each trace"),
    root: ROOT_FLAG,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: { kind: "tuple", parameters: [] },
  docs: {
    brief: "List the inference traces in a folder, the latest first",
    description:
      "Prints start, status, number of turns and of attempts, model and id of each trace. For culvert trace show, the beginning of an id is enough.",
    examples: ["culvert trace ls --root traces", "culvert trace ls --root traces --json"],
    seeAlso: ["culvert trace show", "culvert help trace"],
  },
  load: () => import("./run_ls.ts"),
});

const show = defineCommand<TraceShowFlags, [string]>({
  flags: {
    json: switchFlag("Print the reduced trace as one JSON object"),
    html: switchFlag("Print a page that draws each turn on a time line, in one file"),
    output: pathFlag("FILE", "Write to a file instead of standard output; a new file has mode 0600"),
    share: switchFlag("Omit contents and directories, so that the output can be shared"),
    capture: pathFlag("DIR", "Show for each attempt its exchange in this capture"),
    payload: textFlag("ID", "Print this payload as it was recorded, such as raw_payload:4"),
    root: ROOT_FLAG,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: { kind: "tuple", parameters: [TRACE] },
  docs: {
    brief: "Show an inference trace, turn by turn",
    description:
      "Shows each turn with its attempts: how many items were sent and how many of them are new, reuse of the connection, first event and first output, stalls, retries and recovery from 401, the items of the answer, tool calls and token counts. Traces of the codex client do not record reuse, first event and stalls.\n\nA trace that ends early or has missing payloads is shown as far as it can be read.",
    examples: [
      "culvert trace show latest --root traces",
      "culvert trace show latest --root traces --json",
      "culvert trace show latest --root traces --html -o turns.html",
      "culvert trace show latest --root traces --share",
    ],
    seeAlso: ["culvert trace ls", "culvert trace grep", "culvert help trace"],
  },
  load: () => import("./run_show.ts"),
});

const grep = defineCommand<TraceGrepFlags, [string, string | undefined]>({
  flags: {
    json: switchFlag("Print one JSON object for each text that matches"),
    ignoreCase: switchFlag("Ignore upper and lower case"),
    regexp: switchFlag("Interpret PATTERN as a regular expression"),
    root: ROOT_FLAG,
    ...OUTPUT_FLAGS,
  },
  aliases: { i: "ignoreCase", ...OUTPUT_ALIASES },
  positional: {
    kind: "tuple",
    parameters: [
      { parse: text, placeholder: "PATTERN", brief: "Text to search for" },
      { ...TRACE, optional: true, brief: "Trace to search; default: all traces of the folder" },
    ],
  },
  docs: {
    brief: "Search the events and payloads of inference traces",
    description:
      "Prints for each match: id of the trace, payload or event, kind, position in the JSON (JSON Pointer) and the text around the match. Without a match, nothing is printed and the exit status is 0.",
    examples: [
      "culvert trace grep timeout --root traces",
      "culvert trace grep -i error latest --root traces",
    ],
    seeAlso: ["culvert trace show", "culvert help trace"],
  },
  load: () => import("./run_grep.ts"),
});

const exportCommand = defineCommand<TraceExportFlags, [string, string]>({
  flags: {
    share: switchFlag("Omit contents and directories"),
    root: ROOT_FLAG,
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "tuple",
    parameters: [TRACE, { parse: text, placeholder: "URL", brief: "Address of a collector" }],
  },
  docs: {
    brief: "Send an inference trace to a collector (OTLP)",
    description:
      "Sends a span for each turn, attempt and tool call, and a log record for each item of the conversation with the beginning of its text. Secrets are masked first. A second export sends the same ids. The OTEL_ variables for headers, protocol, compression and certificates apply.",
    examples: ["culvert trace export latest http://127.0.0.1:4318/ --root traces --share"],
    seeAlso: ["culvert export", "culvert help telemetry"],
  },
  load: () => import("./run_export.ts"),
});

const docs: CommandDocs = {
  brief: "List, show, search and export inference traces",
  description:
    "Reads the inference traces that culvert and the codex client write if CODEX_ROLLOUT_TRACE_ROOT names a folder. The schema versions 1 to 3 are supported. See culvert help trace.",
  examples: ["culvert trace ls --root traces", "culvert trace show latest --root traces"],
  seeAlso: ["culvert help trace", "culvert capture"],
};

/** `culvert trace`. */
export const traceCommands = defineGroup({ ls, show, grep, export: exportCommand }, docs);
