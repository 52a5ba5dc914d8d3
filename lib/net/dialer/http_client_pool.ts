/**
 * One HTTP client for each route, so that connections are reused and never cross routes.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { World } from "../../world/world.ts";
import type { ClientIdentity } from "../client_identity.ts";
import type { ProxyEndpoint, Route } from "../route/route.ts";
import { PROXY_VARIABLES } from "../route/route_table.ts";
import { inBrackets } from "../target.ts";

/** The maximum number of routes with a client, as in the codex client. */
const LIMIT = 16;

/** The runtime reads these when a client is created; they must not override the resolved route and roots. */
const HIDDEN: readonly string[] = [...PROXY_VARIABLES, "REQUEST_METHOD", "SSL_CERT_FILE", "SSL_CERT_DIR"];

/** The parts that every client is created from. */
export interface HttpClientParts {
  readonly trust: TrustStore;
  readonly world: World;
  readonly identity?: ClientIdentity | undefined;
}

/** A bounded pool. If it is full, the least recently used client is closed. */
export class HttpClientPool {
  readonly #parts: HttpClientParts;
  readonly #clients = new Map<string, Deno.HttpClient>();
  #isClosed = false;

  /** @param parts roots and client certificate of every client, and the process whose variables are hidden */
  constructor(parts: HttpClientParts) {
    this.#parts = parts;
  }

  /** The number of routes that have a client. */
  get size(): number {
    return this.#clients.size;
  }

  /**
   * Returns the client for a route, and creates it on first use.
   *
   * @throws CulvertError `usage` after {@link HttpClientPool.close}
   */
  clientFor(route: Route): Deno.HttpClient {
    this.mustBeOpen();
    const key = route.kind === "direct" ? "direct" : JSON.stringify(route.proxy);
    const client = this.#clients.get(key) ?? this.#create(route);
    // Inserting the client again keeps the map in the order of use.
    this.#clients.delete(key);
    this.#clients.set(key, client);
    const [oldest] = this.#clients;
    if (this.#clients.size > LIMIT && oldest !== undefined) {
      this.#clients.delete(oldest[0]);
      oldest[1].close();
    }
    return client;
  }

  /** @throws CulvertError `usage` after {@link HttpClientPool.close} */
  mustBeOpen(): void {
    if (this.#isClosed) {
      throw new CulvertError("usage", "The request was not sent: its client was closed before");
    }
  }

  /** Closes all clients permanently. Exchanges that are in progress continue to their end. */
  close(): void {
    this.#isClosed = true;
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #create(route: Route): Deno.HttpClient {
    const { trust, world, identity } = this.#parts;
    const tls = identity === undefined ? {} : { cert: identity.certificate, key: identity.key };
    return world.withoutVariables(HIDDEN, () =>
      Deno.createHttpClient({
        caCerts: [...trust.additionalRoots],
        ...tls,
        ...(route.kind === "direct" ? {} : { proxy: proxyOption(route.proxy) }),
      }));
  }
}

function proxyOption(proxy: ProxyEndpoint): Deno.Proxy {
  const url = `${proxy.scheme}://${inBrackets(proxy.host)}:${proxy.port}`;
  if (proxy.username === undefined) return { url };
  return { url, basicAuth: { username: proxy.username, password: proxy.password ?? "" } };
}
