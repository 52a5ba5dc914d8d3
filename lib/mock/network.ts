/**
 * A simulated company network on loopback: an API behind a private CA, whose name only a proxy can resolve,
 * and that proxy, which intercepts TLS with its own CA. A client needs the address of the proxy and the
 * company's bundle.
 *
 * @module
 */
import { join } from "node:path";
import { makeTemporaryFolder } from "../files/temporary_folder.ts";
import { localUpstream } from "../net/server/forward/local_upstream.ts";
import {
  type ProxyBehavior,
  type ProxyEvent,
  startInterceptingProxy,
} from "../net/server/proxy/intercepting_proxy.ts";
import type { Environment } from "../world/world.ts";
import { type MockApi, type MockApiOptions, startMockApi } from "./api/api.ts";
import { companyBundle } from "./bundle/company_bundle.ts";
import { createAuthority } from "../pki/pki.ts";

/** Options of {@link startNetwork}. */
export interface NetworkOptions {
  /** Options of the API. The network sets its name and its CA. */
  readonly api?: Omit<MockApiOptions, "names" | "authority">;
  /** Options of the proxy. It always intercepts TLS. */
  readonly proxy?: ProxyBehavior;
  /** The name by which the proxy reaches the API. Default `api.culvert.test`; `.test` never exists (RFC 6761). */
  readonly host?: string;
}

/** The name of the storage service that file content is sent to. */
const STORAGE_HOST = "files.culvert.test";

/** A running network. */
export interface Network extends AsyncDisposable {
  /** The API behind the proxy. It accepts scenarios, and stores the requests that it received. */
  readonly api: MockApi;
  /** `https://api.culvert.test/v1`, which only the proxy can reach. */
  readonly baseUrl: string;
  /** For `--proxy` or `HTTPS_PROXY`; with user information if the proxy requires it. */
  readonly proxyUrl: string;
  /** For `--ca-cert` or `CODEX_CA_CERTIFICATE`: absolute path of the company's bundle. */
  readonly bundlePath: string;
  /** A directory with the bundle and the `CODEX_HOME`, removed at the end. */
  readonly directory: string;
  /** Subject of the CA that intercepts. */
  readonly interceptor: string;
  /** Subject of the CA that issued the API's own certificate. */
  readonly apiIssuer: string;
  /** An API key that the API accepts. */
  readonly apiKey: string;
  /**
   * The same values as environment variables, for a program under test. The `config.toml` in its `CODEX_HOME`
   * sets the base URLs of the provider `openai` and of the ChatGPT backend, so that culvert needs no other
   * configuration.
   */
  readonly env: Readonly<Record<string, string>>;
  /** A world for a client in this process, with these variables and none of the real ones. */
  readonly world: { readonly env: Environment };
  /** The events of the proxy so far. */
  readonly proxyEvents: readonly ProxyEvent[];
  /** Stops all servers and removes the directory, like disposing of it. */
  close(): Promise<void>;
}

/**
 * Starts the network.
 *
 * @param options defaults: a proxy without a password, and an API that answers successfully
 */
export async function startNetwork(options: NetworkOptions = {}): Promise<Network> {
  const host = options.host ?? "api.culvert.test";
  // Created first, so that a failure leaves no server running.
  const directory = await makeTemporaryFolder("culvert-network-");
  const interceptor = "Example Corp TLS Inspection";
  const apiIssuer = "Culvert Mock API CA";
  const [corporate, legacy, apiAuthority] = await Promise.all([
    createAuthority(interceptor, { organization: "Example Corp" }),
    createAuthority("Example Corp Legacy Root", { organization: "Example Corp" }),
    createAuthority(apiIssuer),
  ]);
  const api = await startMockApi({
    storageOrigin: `https://${STORAGE_HOST}`,
    ...options.api,
    authority: apiAuthority,
    names: [host, "localhost", STORAGE_HOST],
  });
  const proxyEvents: ProxyEvent[] = [];
  const proxy = await startInterceptingProxy({
    ...options.proxy,
    observe: (event) => {
      proxyEvents.push(event);
      options.proxy?.observe?.(event);
    },
    upstream: localUpstream({
      roots: [apiAuthority.certificate],
      resolve: (name, port) =>
        name === host || name === STORAGE_HOST ? { host: "127.0.0.1", port: api.port } : { host: name, port },
    }),
    interception: {
      issue: async (name: string) => {
        const { certificate, privateKey } = await corporate.issue({ commonName: name, names: [name] });
        // Followed by its CA, as mitmproxy and others present it.
        return { certificate: certificate + corporate.certificate, privateKey };
      },
    },
  });
  const bundlePath = join(directory, "company-roots.pem");
  await Deno.writeTextFile(bundlePath, await companyBundle(corporate, legacy));
  const baseUrl = `https://${host}/v1`;
  const proxyUrl = proxyAddress(proxy.port, options.proxy?.credentials);
  const apiKey = "sk-demo-not-a-secret";
  const home = join(directory, "home");
  await Deno.mkdir(home);
  const backend = new URL("/backend-api", baseUrl).href;
  const config = `openai_base_url = "${baseUrl}"\nchatgpt_base_url = "${backend}"\n`;
  await Deno.writeTextFile(join(home, "config.toml"), config);
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
    interceptor,
    apiIssuer,
    apiKey,
    env,
    world: { env: (name) => env[name] },
    proxyEvents,
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
