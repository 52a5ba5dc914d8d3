/**
 * Defines `culvert view`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { OUTPUT_ALIASES, OUTPUT_FLAGS, type OutputFlags, text } from "../command/shared_flags.ts";
import { PORT_FLAG } from "../serve/listen_port.ts";
import { switchFlag, textFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `view`. */
export type ViewFlags = OutputFlags & {
  readonly port?: number;
  readonly open?: boolean;
  readonly json?: boolean;
  readonly exchange?: string;
};

/** `culvert view`. */
export const viewCommand = defineCommand<ViewFlags, [string]>({
  flags: {
    port: PORT_FLAG,
    open: { kind: "boolean", optional: true, brief: "Open the page in a browser (default on a terminal)" },
    json: switchFlag("Print what the page shows as one JSON object, and serve nothing"),
    exchange: textFlag("ID", "With --json: everything about this exchange"),
    ...OUTPUT_FLAGS,
  },
  aliases: OUTPUT_ALIASES,
  positional: {
    kind: "tuple",
    parameters: [{ parse: text, placeholder: "DIR", brief: "Directory of a capture, or a HAR file" }],
  },
  docs: {
    brief: "Show a capture in a browser, also while it is recorded",
    description:
      "Serves a page on 127.0.0.1 until Ctrl-C: the exchanges with search and filters, each stream as a timeline with its\n" +
      "gaps and first token, requests and answers side by side with what is new since the call before, the frames of\n" +
      "websockets, tokens, rate limits, refusals and recoveries, and what was redacted. The address holds a random\n" +
      "token, and pages of other sites are refused. Nothing is loaded from elsewhere.\n\n" +
      "--json prints the same facts for programs.",
    examples: [
      "culvert view capture",
      "culvert view capture --json",
      "culvert view capture --json --exchange x1",
    ],
    seeAlso: ["culvert capture", "culvert diff", "culvert export", "culvert help capture"],
  },
  load: () => import("./run.ts"),
});
