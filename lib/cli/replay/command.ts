/**
 * Defines `culvert replay`.
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
import { PORT_FLAG } from "../serve/listen_port.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag, textListFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `replay`. */
export type ReplayFlags = OutputFlags & NetworkFlags & {
  readonly port?: number;
  readonly serverInfo?: string;
  readonly match?: "exact" | "shape" | "order";
  readonly miss?: "fail" | "nearest" | "forward";
  readonly baseUrl?: string;
  readonly output?: string;
  readonly speed?: number;
  readonly fault?: readonly string[];
  readonly strict?: boolean;
  readonly json?: boolean;
};

/** Parses `--speed`: a factor, or `none` for no delays. */
function parseSpeed(input: string): number {
  if (input === "none") return Infinity;
  const factor = /^\d{1,6}(?:\.\d{1,6})?$/.test(input) ? Number(input) : 0;
  if (factor > 0) return factor;
  throw new Error(`"${input}" is not a factor such as 10 for ten times as fast, nor none for no delays`);
}

/** `culvert replay`. */
export const replayCommand = defineCommand<ReplayFlags, string[]>({
  flags: {
    port: PORT_FLAG,
    serverInfo: pathFlag("FILE", "Write port and process id as one line of JSON"),
    match: {
      kind: "enum",
      values: ["exact", "shape", "order"],
      optional: true,
      brief:
        "exact (default): same body; shape: same model, tools, item types, last text; order: next answer of the path",
    },
    miss: {
      kind: "enum",
      values: ["fail", "nearest", "forward"],
      optional: true,
      brief:
        "A request that was not recorded: fail (default) answers 501, nearest sends the answer of the most similar " +
        "request, forward sends the request to the server",
    },
    baseUrl: requiredFlag("URL", "With --miss forward: base URL of the server, instead of the recorded one"),
    output: pathFlag("DIR", "With --miss forward: record the forwarded exchanges as a new capture"),
    speed: parsedFlag(
      parseSpeed,
      "FACTOR|none",
      "1 (default): the recorded delays; 10: ten times as fast; none: no delays",
    ),
    fault: textListFlag(
      "FAULT",
      "Add a fault: cut@3, half-close@3, stall@3, invalid-json@3, 429, 429:2, 426; #2 or #all chooses the model call",
    ),
    strict: switchFlag("Exit with 8 if a request was not in the capture"),
    json: switchFlag("Print the report at the end as one JSON object"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: {
      parse: text,
      placeholder: "DIR|COMMAND",
      brief:
        "Directory of a capture, or a HAR file; after it a program to run with OPENAI_BASE_URL and a dummy key set",
    },
  },
  docs: {
    brief: "Serve a capture: answer a client as the recorded servers did",
    description:
      "Listens on 127.0.0.1 and answers with the recorded responses, event by event and frame by frame, with the recorded\n" +
      "delays. Prints the variables that configure a client for it, with a dummy key unless requests are forwarded; codex\n" +
      "gets the address as a flag. A request that was not recorded is answered with 501; the body names the most similar\n" +
      "recorded request and the first difference, as a JSON pointer. Ids and metadata that change in each run are ignored,\n" +
      "and a redacted part of a recorded request matches any value.\n\n" +
      "--miss forward sends a request that was not recorded to the recorded server, with the CA bundle and the proxy of\n" +
      "culvert and the credential of the client. Websockets that were not recorded are then refused with 426, so that\n" +
      "clients use HTTP.\n\n" +
      "Ends with Ctrl-C, SIGTERM or the program after `--`, and then reports the used, unused and unmatched exchanges.",
    examples: [
      `culvert replay capture --speed none -- sh -c 'curl -sf "$OPENAI_BASE_URL/models?client_version=0.171.0"'`,
      `culvert replay capture.har --match order --json -- sh -c 'curl -s -d {} $OPENAI_BASE_URL/responses'`,
      "culvert replay capture --port 8787 --fault cut@3 --fault 429:2#2 --strict",
    ],
    seeAlso: ["culvert capture", "culvert export", "culvert help capture"],
  },
  load: () => import("./run.ts"),
});
