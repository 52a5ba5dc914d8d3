/** Parts that the tests with real peers share: a simulated API, and the program configured for it. */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { culvert, type CulvertRun } from "../support/culvert.ts";
import { join } from "../support/paths.ts";

/** A key that must not be in any output. */
export const PLANTED_KEY = "sk-planted-0123456789abcdef";
/** The answer of the API. */
export const ANSWER = "Because the air scatters blue light more than red.";

/** Options of a run of the program. */
export interface Way {
  /** `--proxy`. Unlike the variables, it also applies to loopback. */
  readonly proxy?: string;
  /** `CODEX_CA_CERTIFICATE`. */
  readonly bundle?: string;
  /** Default: the root of the API. */
  readonly baseUrl?: string;
  /** Uses a provider of `config.toml` that supports websockets, so that `--transport auto` has a choice. */
  readonly websockets?: boolean;
  /** Paths for `CULVERT_CLIENT_CERT` and `CULVERT_CLIENT_KEY`. */
  readonly identity?: { readonly certificate: string; readonly key: string };
  readonly args?: readonly string[];
}

/** An API over TLS, and the program. */
export interface Bench extends AsyncDisposable {
  readonly api: MockApi;
  /** PEM of the root above the API's certificate, and a file with it. */
  readonly roots: string;
  readonly bundle: string;
  /** Runs `culvert respond` with a prompt. */
  readonly respond: (way: Way) => Promise<CulvertRun>;
}

/** Starts the API. */
export async function bench(): Promise<Bench> {
  const api = await startMockApi({ scenario: { text: ANSWER } });
  const directory = await Deno.makeTempDir({ prefix: "culvert-real-" });
  const bundle = join(directory, "api-ca.pem");
  await Deno.writeTextFile(bundle, api.authority.certificate);
  await Deno.writeTextFile(
    join(directory, "config.toml"),
    `[model_providers.real]\nname = "real"\nbase_url = "${api.baseUrl}"\nsupports_websockets = true\n`,
  );
  return {
    api,
    roots: api.authority.certificate,
    bundle,
    respond: (way) =>
      culvert([
        "respond",
        ...(way.websockets === true ? ["--provider", "real"] : ["--base-url", way.baseUrl ?? api.baseUrl]),
        ...(way.proxy === undefined ? [] : ["--proxy", way.proxy]),
        ...way.args ?? [],
        "Why is the sky blue?",
      ], {
        env: {
          CODEX_HOME: directory,
          CULVERT_API_KEY: PLANTED_KEY,
          ...(way.identity === undefined
            ? {}
            : { CULVERT_CLIENT_CERT: way.identity.certificate, CULVERT_CLIENT_KEY: way.identity.key }),
          ...(way.bundle === undefined ? {} : { CODEX_CA_CERTIFICATE: way.bundle }),
        },
        limitMs: 60_000,
      }),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
