/**
 * Flags and help of `culvert serve`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { integerUpTo } from "../command/flags/parsers.ts";
import {
  NETWORK_FLAGS,
  type NetworkFlags,
  OUTPUT_ALIASES,
  OUTPUT_FLAGS,
  type OutputFlags,
  text,
} from "../command/shared_flags.ts";
import { PORT_FLAG } from "./listen_port.ts";
import { parsedFlag, pathFlag, requiredFlag, switchFlag } from "../command/flags/flag_kinds.ts";

/** Flags of `serve`. */
export type ServeFlags = OutputFlags & NetworkFlags & {
  readonly port?: number;
  readonly serverInfo?: string;
  readonly localAuth?: boolean;
  readonly websocket?: boolean;
  readonly httpShutdown?: boolean;
  readonly drain?: number;
  readonly output?: string;
  readonly provider?: string;
  readonly baseUrl?: string;
  readonly apiKeyFile?: string;
};

/** `culvert serve`. */
export const serveCommand = defineCommand<ServeFlags, string[]>({
  flags: {
    port: PORT_FLAG,
    serverInfo: pathFlag(
      "FILE",
      "Write port, process id and tokens as one line of JSON, mode 0600; removed at the end",
    ),
    localAuth: {
      kind: "boolean",
      optional: true,
      brief: "Require a random bearer token from clients (default); --no-local-auth requires none",
    },
    websocket: {
      kind: "boolean",
      optional: true,
      brief: "Relay websockets (default); --no-websocket answers 426, so that clients use HTTP",
    },
    httpShutdown: switchFlag("Stop at POST /shutdown with the shutdown token of --server-info"),
    drain: parsedFlag(
      integerUpTo(86_400),
      "SECONDS",
      "Time for running exchanges to end after SIGTERM; default 30",
    ),
    output: pathFlag(
      "DIR",
      "Record the exchanges in a directory like culvert capture, with secrets replaced",
    ),
    provider: requiredFlag("ID", "Provider: openai, ollama, lmstudio, demo, or an id in config.toml"),
    baseUrl: requiredFlag("URL", "Address of the API"),
    apiKeyFile: pathFlag("FILE", "File with the API key"),
    ...NETWORK_FLAGS,
    ...OUTPUT_FLAGS,
  },
  aliases: { o: "output", ...OUTPUT_ALIASES },
  positional: {
    kind: "array",
    parameter: {
      parse: text,
      placeholder: "COMMAND",
      brief: "Program to run with OPENAI_BASE_URL and OPENAI_API_KEY set; serve ends with it",
    },
  },
  docs: {
    brief: "Share roots, proxy and credential with other programs on this machine",
    description:
      "Listens on 127.0.0.1 and relays everything below /v1/ to the provider: SSE and websockets, chunk by chunk, with\n" +
      "the CA bundle, the proxy and the credential of culvert. An expired token is renewed, and a request that the\n" +
      "server answers with 401 is sent again after the credential was renewed. The client never receives the credential.\n\n" +
      "Prints the variables that configure a client for it. Clients send the printed token as their API key. Requests of\n" +
      "web pages are refused. After SIGTERM or Ctrl-C, serve accepts no more requests and waits for the running ones; the\n" +
      "exit code is 0 if all of them ended in time. A second signal stops immediately.",
    examples: [
      "culvert serve --provider demo -- sh -c 'curl -s --oauth2-bearer $OPENAI_API_KEY $OPENAI_BASE_URL/models'",
      `culvert serve --provider demo --server-info serve.json -- cat serve.json`,
    ],
    seeAlso: ["culvert run", "culvert capture", "culvert auth status"],
  },
  load: () => import("./run.ts"),
});
