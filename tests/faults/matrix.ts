/** Every fault at every point of every transport over every path, with the outcome that each must have. */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { localUpstream } from "../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../lib/net/server/proxy/intercepting_proxy.ts";
import { type Authority, createAuthority } from "../../lib/pki/pki.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { startProxy } from "../support/proxy.ts";
import { type Fault, FAULTS, type Point, POINTS, startFaultRelay } from "./fault_relay.ts";

export const TRANSPORTS = ["sse", "ws"] as const;
export type Transport = (typeof TRANSPORTS)[number];

/** How the program reaches the server. */
export const PATHS = ["direct", "CONNECT", "intercepted"] as const;
export type Path = (typeof PATHS)[number];

/** One case. */
export interface Cell {
  readonly fault: Fault;
  readonly transport: Transport;
  readonly point: Point;
  readonly path: Path;
}

/** The outcome of a case. Every connection of the case has the fault, and one retry is allowed. */
export interface Outcome {
  readonly exitCode: number;
  /** Requests that reached the model. */
  readonly requests: number;
  /** `culvert.retry` events. */
  readonly retries: number;
  /** Whether the text that came before the fault was passed on. */
  readonly keepsPartialText: boolean;
  /** `culvert.result` lines; the last line of the output must be one. */
  readonly resultLines: number;
  /** Whether the case ended within {@link LIMIT_MS}. */
  readonly isInTime: boolean;
}

/** Longest time of a case, ms: two attempts with an idle limit of {@link IDLE_MS} each, and the start of the program. */
export const LIMIT_MS = 25_000;
const IDLE_MS = 2_000;

const HOST = "api.culvert.test";
const WORDS = ["one ", "two ", "three ", "four ", "five"];

/** Every cell, in a stable order. */
export const CELLS: readonly Cell[] = PATHS.flatMap((path) =>
  TRANSPORTS.flatMap((transport) =>
    POINTS.flatMap((point) => FAULTS.map((fault) => ({ fault, transport, point, path })))
  )
);

/** The shared parts of one run: the authorities and a folder. */
export class MatrixRig implements AsyncDisposable {
  readonly #authority: Authority;
  readonly #interceptor: Authority;
  readonly #directory: string;

  private constructor(authority: Authority, interceptor: Authority, directory: string) {
    this.#authority = authority;
    this.#interceptor = interceptor;
    this.#directory = directory;
  }

  static async start(): Promise<MatrixRig> {
    const [authority, interceptor] = await Promise.all([
      createAuthority("Fault Matrix CA"),
      createAuthority("Fault Matrix Interceptor"),
    ]);
    const directory = await Deno.makeTempDir({ prefix: "culvert-faults-" });
    const roots = authority.certificate + interceptor.certificate;
    await Deno.writeTextFile(join(directory, "roots.pem"), roots);
    return new MatrixRig(authority, interceptor, directory);
  }

  /** Runs the program through one cell. */
  async run(cell: Cell): Promise<Outcome> {
    await using api = await startMockApi({
      plain: true,
      open: true,
      scenario: { text: WORDS, gapMs: 5 },
    });
    const names = [HOST, "localhost"];
    const { certificate, privateKey } = await this.#authority.issue({ commonName: HOST, names });
    await using relay = await startFaultRelay({
      certificate,
      privateKey,
      upstreamPort: api.port,
      fault: cell.fault,
      point: cell.point,
    });
    await using proxy = await this.#proxy(cell.path, relay.port);
    const base = cell.path === "direct" ? `https://localhost:${relay.port}/v1` : `https://${HOST}/v1`;
    const home = await Deno.makeTempDir({ dir: this.#directory });
    await Deno.writeTextFile(join(home, "config.toml"), config(base));
    const { code, stdout, durationMs } = await culvert(
      ["respond", "--json", "--provider", "faulty", "--transport", cell.transport, "count"],
      {
        env: {
          CODEX_HOME: home,
          CODEX_CA_CERTIFICATE: join(this.#directory, "roots.pem"),
          FAULTY_KEY: "sk-faulty",
          ...(proxy.url === undefined ? {} : { HTTPS_PROXY: proxy.url }),
        },
        limitMs: LIMIT_MS,
      },
    );
    return outcome(code, stdout, durationMs, api);
  }

  async #proxy(path: Path, port: number): Promise<AsyncDisposable & { readonly url?: string }> {
    if (path === "direct") return { [Symbol.asyncDispose]: () => Promise.resolve() };
    const target = { host: "127.0.0.1", port };
    if (path === "CONNECT") {
      const proxy = await startProxy({ leadTo: target });
      return {
        url: `http://127.0.0.1:${proxy.port}`,
        [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
      };
    }
    const proxy = await startInterceptingProxy({
      upstream: localUpstream({ roots: [this.#authority.certificate], resolve: () => target }),
      interception: {
        issue: async (name: string) => await this.#interceptor.issue({ commonName: name, names: [name] }),
      },
    });
    return { url: `http://127.0.0.1:${proxy.port}`, [Symbol.asyncDispose]: () => proxy.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#directory, { recursive: true });
  }
}

function config(base: string): string {
  return [
    "[model_providers.faulty]",
    'name = "Faulty"',
    `base_url = "${base}"`,
    'env_key = "FAULTY_KEY"',
    "supports_websockets = true",
    "request_max_retries = 1",
    "stream_max_retries = 1",
    `stream_idle_timeout_ms = ${IDLE_MS}`,
    `websocket_connect_timeout_ms = ${IDLE_MS}`,
    "",
  ].join("\n");
}

interface Line {
  readonly type?: string;
  readonly delta?: string;
}

function outcome(code: number, stdout: string, durationMs: number, api: MockApi): Outcome {
  const lines: readonly Line[] = stdout.trimEnd().split("\n").filter((line) => line !== "").map((line) =>
    JSON.parse(line)
  );
  const count = (type: string) => lines.filter((line) => line.type === type).length;
  const text = lines.map((line) => line.type === "response.output_text.delta" ? line.delta ?? "" : "").join(
    "",
  );
  const isLast = lines.at(-1)?.type === "culvert.result";
  return {
    exitCode: code,
    requests: api.log.turns.length,
    retries: count("culvert.retry"),
    keepsPartialText: text.startsWith("one two "),
    resultLines: isLast ? count("culvert.result") : 0,
    isInTime: durationMs < LIMIT_MS,
  };
}
