/** Shared parts of the tests of `respond`: a simulated API, and a program that is configured for it. */
import { type MockApi, type MockApiOptions, startMockApi } from "../../../lib/mock/api/api.ts";
import { culvert, type CulvertOptions, type CulvertRun, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** A key that must never be seen in any output. */
export const PLANTED_KEY = "sk-planted-0123456789abcdef";

/** A simulated API over TLS, and its CA in a file. */
export interface Bench extends AsyncDisposable {
  readonly api: MockApi;
  /** Path of a plain PEM bundle that holds the API's CA. */
  readonly bundle: string;
  /** A folder of the test's own, removed at the end. */
  readonly directory: string;
  /** Runs `culvert respond` against the API over SSE, trusting its CA. */
  readonly respond: (args: readonly string[], options?: CulvertOptions) => Promise<CulvertRun>;
  /** Starts it and leaves it running. */
  readonly start: (args: readonly string[], options?: CulvertOptions) => Deno.ChildProcess;
}

/** Sets one up. */
export async function bench(options: MockApiOptions = {}): Promise<Bench> {
  const api = await startMockApi(options);
  const directory = await Deno.makeTempDir({ prefix: "culvert-respond-" });
  const bundle = join(directory, "ca.pem");
  await Deno.writeTextFile(bundle, api.authority.certificate);
  const command = (args: readonly string[]) => ["respond", "--base-url", api.baseUrl, ...args];
  const settings = (given: CulvertOptions): CulvertOptions => ({
    ...given,
    env: { CODEX_CA_CERTIFICATE: bundle, CULVERT_API_KEY: PLANTED_KEY, ...given.env },
  });
  return {
    api,
    bundle,
    directory,
    respond: (args, given = {}) => culvert(command(args), settings(given)),
    start: (args, given = {}) => startCulvert(command(args), settings(given)),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
