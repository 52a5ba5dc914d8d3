/**
 * A hostile little network on loopback: an API behind a private CA that only a proxy can find, and that proxy,
 * which intercepts TLS with a CA of its own. Whoever wants through needs the proxy's address and the company's
 * bundle.
 *
 * @module
 */
import { join } from "node:path";
import {
  type ProxyBehavior,
  type ProxyEvent,
  startInterceptingProxy,
} from "../net/server/intercepting_proxy.ts";
import type { Environment } from "../world/world.ts";
import { servesOnSockets } from "../net/server/serves_on_sockets.ts";
import { type MockApi, type MockApiOptions, startMockApi } from "./api/api.ts";
import { companyBundle } from "./bundle/company_bundle.ts";
import { createAuthority } from "../pki/pki.ts";

/** What to start. */
export interface NetworkOptions {
  /** How the API behaves; its name and its CA are the network's own. */
  readonly api?: Omit<MockApiOptions, "names" | "authority">;
  /** How the proxy behaves; that it reads along is the network's own. */
  readonly proxy?: ProxyBehavior;
  /** The name that the proxy knows the API by. Default `api.culvert.test`; `.test` never exists (RFC 6761). */
  readonly host?: string;
}

/** A network that runs. */
export interface Network extends AsyncDisposable {
  /** The API behind the proxy: give it scenarios, look at what it was asked. */
  readonly api: MockApi;
  /** `https://api.culvert.test/v1`, found by the proxy alone. */
  readonly baseUrl: string;
  /** For `--proxy` or `HTTPS_PROXY`; with user information where the proxy asks for it. */
  readonly proxyUrl: string;
  /** For `--ca-cert` or `CODEX_CA_CERTIFICATE`: absolute path of the company's bundle. */
  readonly bundlePath: string;
  /** A folder that is removed at the end; the bundle and the `CODEX_HOME` are in it. */
  readonly directory: string;
  /**
   * Whether the proxy reads along and websockets are served. Not on a runtime whose HTTP server cannot: there the
   * proxy tunnels, and the company's CA has issued the API's own certificate.
   */
  readonly intercepts: boolean;
  /** Subject of the CA that intercepts. */
  readonly interceptor: string;
  /** Subject of the CA that really issued the API's certificate. */
  readonly apiIssuer: string;
  /** An API key that the API accepts. */
  readonly apiKey: string;
  /**
   * The same as environment variables, for a program under test. Its `CODEX_HOME` has a `config.toml` that leads
   * the provider `openai` to the API, so that culvert need not be told anything else.
   */
  readonly env: Readonly<Record<string, string>>;
  /** The same again, as the world of a client in this process: these variables, and none of the real ones. */
  readonly world: { readonly env: Environment };
  /** What the proxy saw so far. */
  readonly proxyEvents: readonly ProxyEvent[];
  /** Stops everything and removes the folder. The same as disposing of it. */
  close(): Promise<void>;
}

/**
 * Starts the network.
 *
 * @param options defaults: a proxy without a password, an API that gives good answers
 */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const host = options.host ?? "api.culvert.test";
  const interceptor = "Example Corp TLS Inspection";
  const intercepts = await servesOnSockets();
  const apiIssuer = intercepts ? "Culvert Mock API CA" : interceptor;
  const [corporate, legacy, ownAuthority] = await Promise.all([
    createAuthority(interceptor, { organization: "Example Corp" }),
    createAuthority("Example Corp Legacy Root", { organization: "Example Corp" }),
    createAuthority(apiIssuer),
  ]);
  const apiAuthority = intercepts ? ownAuthority : corporate;
  const api = await startMockApi({ ...options.api, authority: apiAuthority, names: [host, "localhost"] });
  const proxy = await startInterceptingProxy({
    ...options.proxy,
    ...(intercepts
      ? {
        interception: {
          originRoots: [apiAuthority.certificate],
          issue: async (name: string) => {
            const { certificate, privateKey } = await corporate.issue({ commonName: name, names: [name] });
            // With its own CA behind it, as mitmproxy and others present it.
            return { certificate: certificate + corporate.certificate, privateKey };
          },
        },
      }
      : {}),
    resolve: (name, port) => name === host ? { host: "127.0.0.1", port: api.port } : { host: name, port },
  });
  const directory = await Deno.makeTempDir({ prefix: "culvert-network-" });
  const bundlePath = join(directory, "company-roots.pem");
  await Deno.writeTextFile(bundlePath, await companyBundle(corporate, legacy));
  const baseUrl = `https://${host}/v1`;
  const proxyUrl = proxyAddress(proxy.port, options.proxy?.credentials);
  const apiKey = "sk-demo-not-a-secret";
  const home = join(directory, "home");
  await Deno.mkdir(home);
  await Deno.writeTextFile(join(home, "config.toml"), `openai_base_url = "${baseUrl}"\n`);
  const env: Readonly<Record<string, string>> = {
    HTTPS_PROXY: proxyUrl,
    CODEX_CA_CERTIFICATE: bundlePath,
    CODEX_HOME: home,
    CULVERT_API_KEY: apiKey,
  };
  const close = async () => {
    await Promise.all([proxy.close(), api.close()]);
    await Deno.remove(directory, { recursive: true });
  };
  return {
    api,
    baseUrl,
    proxyUrl,
    bundlePath,
    directory,
    intercepts,
    interceptor,
    apiIssuer,
    apiKey,
    env,
    world: { env: (name) => env[name] },
    proxyEvents: proxy.events,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function proxyAddress(
  port: number,
  credentials: { readonly username: string; readonly password: string } | undefined,
): string {
  if (credentials === undefined) return `http://127.0.0.1:${port}`;
  const { username, password } = credentials;
  return `http://${encodeURIComponent(username)}:${encodeURIComponent(password)}@127.0.0.1:${port}`;
}
