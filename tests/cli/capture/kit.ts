/** A simulated network, and `culvert capture` of a program of the system in it. */
import { type Network, type NetworkOptions, startNetwork } from "../../../lib/mock/network.ts";
import { culvert, type CulvertRun, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** A place to capture in. */
export interface CaptureScene extends AsyncDisposable {
  readonly network: Network;
  readonly directory: string;
  /** Runs `culvert capture` with these flags before `--` and a shell script after it. */
  readonly capture: (flags: readonly string[], script: string, limitMs?: number) => Promise<CulvertRun>;
  readonly records: () => Promise<readonly Record<string, unknown>[]>;
}

/** Starts a network. */
export async function captureScene(options: NetworkOptions = {}): Promise<CaptureScene> {
  const network = await startNetwork(options);
  const work = await Deno.makeTempDir({ prefix: "culvert-capture-" });
  const directory = join(work, "capture");
  return {
    network,
    directory,
    capture: (flags, script, limitMs = 40_000) =>
      culvert(["capture", "-o", directory, ...flags, "--", "sh", "-c", script], {
        env: { ...network.env, BASE: network.baseUrl, KEY: network.apiKey },
        cwd: work,
        limitMs,
      }),
    records: async () => jsonLines(await Deno.readTextFile(join(directory, "capture.jsonl"))),
    [Symbol.asyncDispose]: async () => {
      await network.close();
      await Deno.remove(work, { recursive: true });
    },
  };
}

/** Asks for one streamed turn by curl. `$1`: the base URL. */
export const CURL_TURN =
  `curl -sS --max-time 30 -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" ` +
  `-d '{"model":"gpt-5.2","input":"hello","stream":true}'`;
