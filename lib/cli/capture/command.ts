/**
 * Flags and help of `culvert capture`.
 *
 * @module
 */
import type { CaptureMode } from "../../capture/child/choose_mode.ts";
import { defineCommand } from "../command/command.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";

import { byteSize } from "./byte_size.ts";
import { parsedFlag, switchFlag, textFlag, textListFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `capture`. */
export type CaptureFlags = OutputFlags & NetworkFlags & {
  readonly output?: string;
  readonly mode?: CaptureMode;
  readonly intercept?: readonly string[];
  readonly redact?: "safe" | "share" | "none";
  readonly maxSize?: number;
  readonly websocket?: boolean;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly rawChunks?: boolean;
  readonly live?: boolean;
  readonly ship?: string;
};

/** `culvert capture`. */
export const captureCommand = defineCommand<CaptureFlags, string[]>({
  flags: {
    output: textFlag(
      "DIR",
      "Directory of the capture; without it, culvert-capture-TIME in the working directory",
    ),
    mode: {
      kind: "enum",
      values: ["forward", "reverse", "keylog"],
      optional: true,
      brief: "How to capture; without it, the mode that covers most for the program",
    },
    intercept: textListFlag(
      "HOST",
      "Host to intercept in forward mode, *.DOMAIN or *; repeatable, instead of the usual ones",
    ),
    redact: {
      kind: "enum",
      values: ["safe", "share", "none"],
      optional: true,
      brief: "What is left out: secrets (safe, default), prompts and tools too (share), nothing (none)",
    },
    maxSize: parsedFlag(
      (input) => byteSize(input, "--max-size"),
      "SIZE",
      "Size from which bodies are no longer recorded, such as 500M; default 1G. The traffic goes on",
    ),
    websocket: {
      kind: "boolean",
      optional: true,
      brief: "Relay websockets in reverse mode (default); --no-websocket answers 426",
    },
    provider: textFlag("ID", "Provider that the program talks to; demo captures in a simulated network"),
    baseUrl: textFlag("URL", "Address of the API that reverse mode relays to"),
    rawChunks: switchFlag(
      "Record each piece of a body with its time and size; with --redact none also its bytes",
    ),
    live: switchFlag(
      "Show the capture in a browser while the program runs; the address is printed on stderr",
    ),
    ship: textFlag(
      "URL",
      "Insert the records into the ClickHouse at URL while the program runs, such as http://127.0.0.1:8123/",
    ),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: { parse: text, placeholder: "COMMAND", brief: "Program to run, and its arguments, behind --" },
  },
  docs: {
    brief: "Run a program and record what it says on the wire",
    description:
      "Runs the program with its terminal, passes signals on and ends with its exit code. Upstream connections use the\n" +
      "CA bundle, the proxy and the client certificate of culvert. At the end a table on stderr tells what was covered.\n\n" +
      "forward  The program gets a proxy and the CA of this run, whose key is never written anywhere. The hosts of the\n" +
      "         codex client and of the provider are intercepted, all others are tunnelled and counted.\n" +
      "reverse  The base URLs of the program lead to a relay on loopback: -c openai_base_url and chatgpt_base_url for\n" +
      "         codex, OPENAI_BASE_URL for others.\n" +
      "keylog   Nothing is opened: the program is asked for its TLS keys (SSLKEYLOGFILE), and the encrypted bytes are\n" +
      "         written with them to traffic.pcapng, which Wireshark shows in clear.\n\n" +
      "The record is a directory for this user alone. Secrets are replaced before they are written, except in keylog\n" +
      "mode, where the file holds everything.",
    examples: [
      "culvert capture --provider demo -o demo-capture -- curl -s --oauth2-bearer sk-demo-not-a-secret https://api.culvert.test/v1/models",
      "culvert capture --provider demo -o relay-capture --mode reverse -- sh -c 'curl -s --oauth2-bearer sk-demo-not-a-secret $OPENAI_BASE_URL/models'",
    ],
    seeAlso: [
      "culvert view",
      "culvert export",
      "culvert replay",
      "culvert run",
      "culvert serve",
      "culvert help capture",
    ],
  },
  load: () => import("./run.ts"),
});
