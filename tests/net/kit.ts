/** Shared parts of the tests of `lib/net`: a dialer with chosen roots and routes, and servers. */
import * as net from "node:net";
import { processWorld } from "../../lib/cli/app/process.ts";
import { CulvertError } from "../../lib/errors.ts";
import { createDialer } from "../../lib/net/dialer/create_dialer.ts";
import type { ClientIdentity } from "../../lib/net/client_identity.ts";
import type { Observer } from "../../lib/net/observer.ts";
import type { Dialer, HttpReply, HttpRequest } from "../../lib/net/dialer/dialer.ts";
import { createRouteTable } from "../../lib/net/route/route_table.ts";
import { createAuthority, type KeyPairPem } from "../../lib/pki/pki.ts";
import type { TrustStore } from "../../lib/trust/trust_store.ts";
import type { World } from "../../lib/world/world.ts";
import { environment } from "./route/route_cases.ts";

/** The private CA of this run, and a certificate of localhost under it. */
export const CA = await createAuthority("Culvert Test CA");
export const LEAF = await CA.issue({
  commonName: "localhost",
  names: ["localhost", "127.0.0.1", "::1", "api.test"],
});

/** Returns the real world with another environment. */
export function worldWith(values: Readonly<Record<string, string>> = {}, over: Partial<World> = {}): World {
  return { ...processWorld(), env: environment(values), ...over };
}

/** Returns a trust store with the given roots in addition to those of the runtime. */
export function trusting(...roots: readonly string[]): TrustStore {
  return {
    counts: { mozilla: 0, system: 0, bundle: roots.length },
    additionalRoots: roots,
    warnings: [],
    description: `${roots.length} of the test`,
  };
}

export interface KitOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly proxy?: string;
  readonly trust?: TrustStore;
  readonly world?: World;
  readonly observer?: Observer;
  readonly identity?: ClientIdentity;
}

/** Returns a dialer that trusts {@link CA} by default. Close it with `using`. */
export async function dialerFor(options: KitOptions = {}): Promise<Dialer & Disposable> {
  const world = options.world ?? worldWith(options.env);
  const { routes } = await createRouteTable({
    env: world.env,
    ...(options.proxy === undefined ? {} : { proxy: options.proxy }),
  });
  const dialer = createDialer({
    trust: options.trust ?? trusting(CA.certificate),
    routes,
    world,
    userAgent: "culvert-test/0",
    identity: options.identity,
    ...(options.observer === undefined ? {} : { observer: options.observer }),
  });
  return { ...dialer, [Symbol.dispose]: dialer.close };
}

/** Sends a request, by default a GET. */
export function get(url: string, over: Partial<HttpRequest> = {}): HttpRequest {
  return { method: "GET", url: new URL(url), headers: {}, ...over };
}

/** Reads a reply to its end. */
export async function textOf(reply: HttpReply): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of reply.body ?? []) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

/** A server, its port, and its end. */
export interface TestServer extends AsyncDisposable {
  readonly port: number;
}

/** An HTTP server, over TLS if a certificate is given. */
export function httpServer(
  handler: (request: Request) => Response | Promise<Response>,
  pair?: KeyPairPem,
): TestServer {
  const stop = new AbortController();
  const options = { hostname: "127.0.0.1", port: 0, signal: stop.signal, onListen: () => {} };
  const server = pair === undefined
    ? Deno.serve(options, handler)
    : Deno.serve({ ...options, cert: pair.certificate, key: pair.privateKey }, handler);
  return {
    port: server.addr.port,
    [Symbol.asyncDispose]: async () => {
      // Not a graceful end, because a test that left a reply unread must not hang.
      stop.abort();
      await server.finished;
    },
  };
}

/** Starts a TCP server that calls a function for each connection. */
export async function rawServer(onConnection: (socket: net.Socket) => void): Promise<TestServer> {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    // The peers of these servers close their connections in various ways.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Returns a closed port. */
export function deafPort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  return port;
}

/** Returns the CulvertError that a promise rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<CulvertError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof CulvertError) return error;
    throw error;
  }
  throw new Error("It did not fail");
}

/** Returns all texts of an error that could be printed. */
export function everythingOf(error: CulvertError): string {
  return [Deno.inspect(error, { depth: 10 }), error.stack, error.hint, JSON.stringify(error.details)].join(
    "\n",
  );
}
