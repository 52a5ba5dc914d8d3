/**
 * One HTTP client a route, so that connections are reused and never cross routes.
 *
 * @module
 */
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import type { ProxyEndpoint, Route } from "../route/route.ts";
import { PROXY_VARIABLES } from "../route/route_table.ts";

/** Routes kept, as in the codex client. */
const LIMIT = 16;

/** The runtime reads these by itself when a client is made; what was resolved must not be overruled. */
const HIDDEN: readonly string[] = [...PROXY_VARIABLES, "REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** A bounded pool; the client that was not used for longest makes room. */
export class HttpClientPool {
  readonly #trust: TrustStore;
  readonly #world: World;
  readonly #clients = new Map<string, Deno.HttpClient>();

  /**
   * @param trust roots of every client
   * @param world for hiding variables
   */
  constructor(trust: TrustStore, world: World) {
    this.#trust = trust;
    this.#world = world;
  }

  /** How many routes have a client. */
  get size(): number {
    return this.#clients.size;
  }

  /** The client for a route, made at first need. */
  clientFor(route: Route): Deno.HttpClient {
    const key = route.kind === "direct" ? "direct" : JSON.stringify(route.proxy);
    const known = this.#clients.get(key);
    const client = known ?? this.#create(route);
    // Re-inserting makes the order of the map the order of use.
    this.#clients.delete(key);
    this.#clients.set(key, client);
    const [oldest] = this.#clients;
    if (this.#clients.size > LIMIT && oldest !== undefined) {
      this.#clients.delete(oldest[0]);
      oldest[1].close();
    }
    return client;
  }

  /** Closes all. Exchanges under way end by themselves. */
  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #create(route: Route): Deno.HttpClient {
    const caCerts = [...this.#trust.additionalRoots];
    return this.#world.withoutVariables(HIDDEN, () =>
      Deno.createHttpClient(
        route.kind === "direct" ? { caCerts } : { caCerts, proxy: proxyOption(route.proxy) },
      ));
  }
}

function proxyOption(proxy: ProxyEndpoint): Deno.Proxy {
  const host = proxy.host.includes(":") ? `[${proxy.host}]` : proxy.host;
  const url = `${proxy.scheme}://${host}:${proxy.port}`;
  if (proxy.username === undefined) return { url };
  return { url, basicAuth: { username: proxy.username, password: proxy.password ?? "" } };
}
