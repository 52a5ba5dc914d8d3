/**
 * A company network with a collector in it: an API and a collector over TLS, whose names only a proxy can
 * resolve, and that proxy, which intercepts TLS with its own CA.
 */
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { localUpstream } from "../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../lib/net/server/proxy/intercepting_proxy.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { join } from "../../support/paths.ts";
import { type Collector, startCollector } from "./collector.ts";

/** A running network. */
export interface Company extends AsyncDisposable {
  /** The collector at `https://collector.culvert.test/`. */
  readonly collector: Collector;
  /** Proxy, bundle, home and key for a program under test. */
  readonly env: Readonly<Record<string, string>>;
  /** Hosts whose TLS the proxy intercepted. */
  readonly intercepted: readonly string[];
}

/** Starts the network. */
export async function startCompany(): Promise<Company> {
  const [inspection, servers] = await Promise.all([
    createAuthority("Example Corp TLS Inspection"),
    createAuthority("Example Corp Servers"),
  ]);
  const names = ["api.culvert.test", "collector.culvert.test"];
  const api = await startMockApi({ authority: servers, names: [names[0] ?? ""] });
  const tls = await servers.issue({ commonName: names[1] ?? "", names: [names[1] ?? ""] });
  const collector = startCollector({ tls });
  const ports = new Map([["api.culvert.test", api.port], ["collector.culvert.test", collector.port]]);
  const intercepted: string[] = [];
  const proxy = await startInterceptingProxy({
    observe: (event) => {
      if (event.kind === "connect" && event.action === "intercepted") intercepted.push(event.host);
    },
    upstream: localUpstream({
      roots: [servers.certificate],
      resolve: (host, port) => ({ host: "127.0.0.1", port: ports.get(host) ?? port }),
    }),
    interception: {
      issue: async (name: string) => {
        const { certificate, privateKey } = await inspection.issue({ commonName: name, names: [name] });
        return { certificate: certificate + inspection.certificate, privateKey };
      },
    },
  });
  const directory = await Deno.makeTempDir({ prefix: "culvert-company-" });
  const bundle = join(directory, "ca.pem");
  await Deno.writeTextFile(bundle, inspection.certificate);
  await Deno.writeTextFile(
    join(directory, "config.toml"),
    `openai_base_url = "https://api.culvert.test/v1"\n`,
  );
  return {
    collector,
    intercepted,
    env: {
      HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
      CODEX_CA_CERTIFICATE: bundle,
      CODEX_HOME: directory,
      CULVERT_API_KEY: "sk-company-not-a-secret",
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([proxy.close(), api.close(), collector[Symbol.asyncDispose]()]);
      await Deno.remove(directory, { recursive: true });
    },
  };
}
