/** A simulated network, and `culvert serve` in it. */
import { type Network, type NetworkOptions, startNetwork } from "../../../lib/mock/network.ts";
import { type StartedCulvert, startedCulvert } from "../../support/started_culvert.ts";

/** A server that runs. */
export interface ServeScene extends AsyncDisposable {
  readonly network: Network;
  readonly program: StartedCulvert;
  /** `http://127.0.0.1:PORT/v1`. */
  readonly baseUrl: string;
  /** The local bearer token. */
  readonly token: string;
  /** Sends a request with the local token, by the runtime's own client. */
  readonly fetch: (path: string, init?: RequestInit) => Promise<Response>;
}

/** How to start it. */
export interface ServeOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly network?: NetworkOptions;
  /** Prepares the network before the server starts. */
  readonly prepare?: (network: Network) => Promise<void>;
}

/** Starts both and waits for the variables that the server prints. */
export async function serving(options: ServeOptions = {}): Promise<ServeScene> {
  const network = await startNetwork(options.network);
  await options.prepare?.(network);
  const program = await startedCulvert(["serve", "-v", ...options.args ?? []], {
    env: {
      SHELL: "/bin/sh",
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: new URL("/oauth/token", network.baseUrl).href,
      ...network.env,
      ...options.env,
    },
  });
  const [, baseUrl = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
  const [, token = ""] = await program.seen("stdout", /OPENAI_API_KEY='([^']+)'/);
  return {
    network,
    program,
    baseUrl,
    token,
    fetch: (path, init = {}) =>
      fetch(`${baseUrl}${path}`, { ...init, headers: { authorization: `Bearer ${token}`, ...init.headers } }),
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      await network.close();
    },
  };
}

/** A turn as any SDK asks for one. */
export const TURN = {
  method: "POST",
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ model: "gpt-5.2", input: "hello", stream: true }),
} as const;
