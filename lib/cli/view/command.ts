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
    json: switchFlag("Print the content of the page as one JSON object, without serving it"),
    exchange: textFlag("ID", "With --json: print all data of this exchange"),
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
      "Serves a page on 127.0.0.1 until Ctrl-C. The page lists the exchanges, with search and filters. It shows each stream\n" +
      "as a timeline with its gaps and first token, requests beside answers with the parts that are new since the\n" +
      "previous call, the frames of websockets, token counts, rate limits, refusals, recoveries and redactions. The\n" +
      "address contains a random token, and requests of other web sites are refused. The page loads nothing from the\n" +
      "network.\n\n" +
      "--json prints the same data for programs.",
    examples: [
      "culvert view capture",
      "culvert view capture --json",
      "culvert view capture --json --exchange x1",
    ],
    seeAlso: ["culvert capture", "culvert diff", "culvert export", "culvert help capture"],
  },
  load: () => import("./run.ts"),
});
