/** Shared parts of the tests of inference traces by the real program. */
import { type Bench, bench } from "./kit.ts";
import type { MockApiOptions } from "../../../lib/mock/api/api.ts";
import { type CulvertOptions } from "../../support/culvert.ts";
import { type StartedCulvert, startedCulvert } from "../../support/started_culvert.ts";
import { join } from "../../support/paths.ts";
import { PLANTED_KEY } from "./kit.ts";

export const CALL_ID = "x-codex-inference-call-id";
export const DROPPED = "response stream dropped before provider terminal event";

/** A bench with a folder for traces. */
export interface TraceBench extends Bench {
  readonly traces: string;
  /** Starts `respond` with `--trace`, and tells what it prints. */
  readonly started: (args: readonly string[], options?: CulvertOptions) => Promise<StartedCulvert>;
}

export async function traceBench(options: MockApiOptions = {}): Promise<TraceBench> {
  const scene = await bench(options);
  const traces = join(scene.directory, "traces");
  const env = { CODEX_CA_CERTIFICATE: scene.bundle, CULVERT_API_KEY: PLANTED_KEY };
  return {
    ...scene,
    traces,
    started: (args, given = {}) =>
      startedCulvert(["respond", "--base-url", scene.api.baseUrl, "--trace", traces, ...args], {
        ...given,
        env: { ...env, ...given.env },
      }),
  };
}
