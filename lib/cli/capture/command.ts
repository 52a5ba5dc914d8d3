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
import {
  parsedFlag,
  pathFlag,
  requiredFlag,
  requiredListFlag,
  switchFlag,
} from "../command/flags/flag_kinds.ts";

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
    output: pathFlag(
      "DIR",
      "Directory of the capture; default: culvert-capture-TIME in the working directory",
    ),
    mode: {
      kind: "enum",
      values: ["forward", "reverse", "keylog"],
      optional: true,
      brief: "How to record; default: the mode that records most of the program",
    },
    intercept: requiredListFlag(
      "HOST",
      "Host to intercept in forward mode instead of the default hosts, *.DOMAIN or *; repeatable",
    ),
    redact: {
      kind: "enum",
      values: ["safe", "share", "none"],
      optional: true,
      brief: "Parts to remove: secrets (safe, default), also prompts and tools (share), nothing (none)",
    },
    maxSize: parsedFlag(
      byteSize,
      "SIZE",
      "Size after which no more bodies or packets are recorded, such as 500M; default 1G. The program is not interrupted",
    ),
    websocket: {
      kind: "boolean",
      optional: true,
      brief: "Relay websockets in reverse mode (default); --no-websocket answers 426",
    },
    provider: requiredFlag("ID", "Provider that the program uses; demo captures in a simulated network"),
    baseUrl: requiredFlag("URL", "Address of the API to which reverse mode relays"),
    rawChunks: switchFlag(
      "Record each chunk of a body with its time and size; with --redact none also its bytes",
    ),
    live: switchFlag(
      "Show the capture in a browser while the program runs; the address is printed on stderr",
    ),
    ship: requiredFlag(
      "URL",
      "Insert the records into ClickHouse at URL while the program runs, such as http://127.0.0.1:8123/",
    ),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    minimum: 1,
    parameter: { parse: text, placeholder: "COMMAND", brief: "Program to run, and its arguments, after --" },
  },
  docs: {
    brief: "Run a program and record its network traffic",
    description:
      "Runs the program with its terminal, passes signals on and ends with its exit code. Upstream connections use the\n" +
      "CA bundle, the proxy and the client certificate of culvert. At the end a table on stderr shows which\n" +
      "connections were recorded.\n\n" +
      "In forward mode, the program gets a proxy and the CA of this run, whose key is kept in memory only. The hosts of\n" +
      "the codex client and of the provider are intercepted; connections to other hosts are tunnelled and counted.\n\n" +
      "In reverse mode, the program gets the address of a relay on loopback as its base URL: codex by -c openai_base_url\n" +
      "and -c chatgpt_base_url, other programs by OPENAI_BASE_URL.\n\n" +
      "In keylog mode, no connection is intercepted. The program writes its TLS keys (SSLKEYLOGFILE), and culvert stores\n" +
      "them with the encrypted bytes in traffic.pcapng, which Wireshark can decrypt.\n\n" +
      "Only the current user can read the directory of the capture. Secrets are replaced before they are written, except\n" +
      "in keylog mode, where the file contains all bytes.",
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
