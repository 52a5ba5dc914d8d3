/**
 * A forward proxy that reads along: CONNECT is answered, TLS is terminated with a certificate made for the host,
 * and what is inside is forwarded. Without `interception` it is a plain tunnelling proxy.
 *
 * The connected socket is piped into an ordinary HTTPS server on a private port. Serving from a socket that is
 * not a listener's own loses keep-alive and leaks descriptors (Deno 2.9.6), and that server offers http/1.1
 * alone because it speaks nothing else.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Server, Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  type ForwardPolicy,
  forwardRequest,
  forwardStripped,
  forwardUpgrade,
  openTcp,
  type Origin,
  splice,
} from "./forward.ts";
import { bind, ignoreBrokenPeer, type ServerIdentity } from "./listener.ts";
import { type ConnectRequest, createFront } from "./proxy_front.ts";
import { servesOnSockets } from "./serves_on_sockets.ts";

/** What reading along takes. */
export interface Interception {
  /** Makes the certificate chain for a host. Called once a host. */
  readonly issue: (host: string) => Promise<ServerIdentity>;
  /** The whole set of roots that origins are checked against, PEM. */
  readonly originRoots: readonly string[];
  /** Hosts that are tunnelled all the same. */
  readonly bypass?: (host: string) => boolean;
}

/** What became of a CONNECT. */
export type ConnectAction = "intercepted" | "tunnelled" | "unauthorized" | "blocked" | "unreachable";

/** What a proxy tells. Paths come without their query; no header, no body. */
export type ProxyEvent =
  | { readonly kind: "connect"; readonly host: string; readonly port: number; readonly action: ConnectAction }
  /** The client did not accept the certificate, or spoke something else than TLS. */
  | { readonly kind: "handshake_failed"; readonly host: string; readonly reason: string }
  /** A request inside an intercepted connection, or a plain one. */
  | {
    readonly kind: "request";
    readonly host: string;
    readonly method: string;
    readonly path: string;
    readonly upgrade: boolean;
  };

/** What the proxy does to those who use it. */
export interface ProxyBehavior extends ForwardPolicy {
  /** Asks for Basic authentication (407). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Hosts answered with 403 and a page, as a filter list does. */
  readonly blocked?: readonly string[];
  /** What happens to an upgrade inside an intercepted connection: `strip` as squid, `ignore`: no answer ever. */
  readonly websocket?: "pass" | "strip" | "ignore";
  /** Told as it happens. */
  readonly observe?: (event: ProxyEvent) => void;
}

/** What to start. */
export interface InterceptingProxyOptions extends ProxyBehavior {
  readonly interception?: Interception;
  /** Where a host is really reached; default: as named. */
  readonly resolve?: (host: string, port: number) => Origin["address"];
  /** The proxy's own certificate: it is then an `https:` proxy. */
  readonly identity?: ServerIdentity;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/** A proxy that listens. */
export interface RunningProxy {
  readonly port: number;
  /** Everything it told so far. */
  readonly events: readonly ProxyEvent[];
  readonly close: () => Promise<void>;
}

/**
 * Starts a proxy.
 *
 * @param options behaviour
 */
export async function startInterceptingProxy(options: InterceptingProxyOptions = {}): Promise<RunningProxy> {
  const proxy = new InterceptingProxy(options);
  const port = await proxy.start();
  return { port, events: proxy.events, close: () => proxy.close() };
}

class InterceptingProxy {
  readonly events: ProxyEvent[] = [];
  readonly #options: InterceptingProxyOptions;
  readonly #sockets = new Set<Socket>();
  readonly #servers: Server[] = [];
  /** Promises, not results: of parallel CONNECTs to one host only the first makes a certificate. */
  readonly #insides = new Map<string, Promise<number>>();

  constructor(options: InterceptingProxyOptions) {
    this.#options = options;
  }

  async start(): Promise<number> {
    const { identity, hostname, port } = this.#options;
    const server = identity === undefined
      ? (await import("node:http")).createServer()
      : (await import("node:https")).createServer({ cert: identity.certificate, key: identity.privateKey });
    this.#keep(server);
    server.on("connect", (message: IncomingMessage, socket: Duplex, rest: Uint8Array) => {
      socket.on("error", ignoreBrokenPeer);
      const request = {
        authority: message.url ?? "",
        credentials: message.headers["proxy-authorization"],
        rest,
      };
      void this.#connect(request, socket);
    });
    server.on("request", (message, response) => void this.#plain(message, response));
    if (await servesOnSockets()) return await bind(server, port ?? 0, hostname ?? "127.0.0.1");
    const front = await createFront({
      connect: (request, socket) => void this.#connect(request, socket),
      requestPort: await bind(server, 0, "127.0.0.1"),
    });
    this.#keep(front);
    return await bind(front, port ?? 0, hostname ?? "127.0.0.1");
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#insides.values());
    const closing = this.#servers.map((server) =>
      new Promise<void>((resolve) => server.close(() => resolve()))
    );
    for (const socket of this.#sockets) socket.destroy();
    // Otherwise its connections cannot be ended from here, and it would wait for their peers.
    if (await servesOnSockets()) await Promise.all(closing);
  }

  #keep(server: Server): void {
    this.#servers.push(server);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("error", ignoreBrokenPeer);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("secureConnection", (socket: Socket) => socket.on("error", ignoreBrokenPeer));
    server.on("clientError", (_error: Error, socket: Duplex) => socket.destroy());
  }

  #tell(event: ProxyEvent): void {
    this.events.push(event);
    this.#options.observe?.(event);
  }

  async #connect({ authority, credentials, rest }: ConnectRequest, socket: Duplex): Promise<void> {
    const { host, port } = splitAuthority(authority);
    const tell = (action: ConnectAction) => this.#tell({ kind: "connect", host, port, action });
    if (!this.#isAuthorized(credentials)) {
      tell("unauthorized");
      return void socket.end(rawReply(407, "Proxy Authentication Required", UNAUTHORIZED_PAGE, CHALLENGE));
    }
    if (this.#isBlocked(host)) {
      tell("blocked");
      return void socket.end(rawReply(403, "Forbidden", blockPage(host)));
    }
    const { interception } = this.#options;
    const intercepts = interception !== undefined && interception.bypass?.(host) !== true;
    const inner = await this.#far(host, port, intercepts ? interception : undefined);
    if (inner === undefined) {
      tell("unreachable");
      return void socket.end(rawReply(502, "Bad Gateway", `Cannot reach ${host}:${port}\n`));
    }
    tell(intercepts ? "intercepted" : "tunnelled");
    // The client may have left while the certificate was made.
    if (socket.destroyed) return void inner.destroy();
    this.#sockets.add(inner);
    inner.once("close", () => this.#sockets.delete(inner));
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    if (rest.length > 0) inner.write(rest);
    splice(socket, inner);
  }

  /** The far end of a tunnel: the origin itself, or our own server in its stead. */
  async #far(
    host: string,
    port: number,
    interception: Interception | undefined,
  ): Promise<Socket | undefined> {
    if (interception === undefined) return await openTcp(this.#addressOf(host, port));
    try {
      return await openTcp({ host: "127.0.0.1", port: await this.#inside(host, port, interception) });
    } catch (error) {
      this.#insides.delete(`${host}:${port}`);
      const reason = error instanceof Error ? error.message : String(error);
      this.#tell({ kind: "handshake_failed", host, reason: `no certificate could be made: ${reason}` });
      return undefined;
    }
  }

  /** The port of the HTTPS server that stands in for `host:port`. */
  #inside(host: string, port: number, interception: Interception): Promise<number> {
    const key = `${host}:${port}`;
    const known = this.#insides.get(key);
    if (known !== undefined) return known;
    const made = this.#startInside(host, port, interception);
    this.#insides.set(key, made);
    return made;
  }

  async #startInside(host: string, port: number, interception: Interception): Promise<number> {
    const { createServer } = await import("node:https");
    const identity = await interception.issue(host);
    const server = createServer({
      cert: identity.certificate,
      key: identity.privateKey,
      ALPNProtocols: ["http/1.1"],
    });
    this.#keep(server);
    const origin: Origin = {
      host,
      port,
      address: this.#addressOf(host, port),
      roots: interception.originRoots,
    };
    server.on("tlsClientError", (error: Error, socket: Duplex) => {
      socket.on("error", ignoreBrokenPeer);
      this.#tell({ kind: "handshake_failed", host, reason: error.message });
    });
    server.on("request", (message: IncomingMessage, response: ServerResponse) => {
      this.#tell(requestEvent(host, message, false));
      void forwardRequest(message, response, origin, this.#options);
    });
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      socket.on("error", ignoreBrokenPeer);
      this.#tell(requestEvent(host, message, true));
      const way = this.#options.websocket ?? "pass";
      if (way === "pass") void forwardUpgrade(message, socket, head, origin);
      if (way === "strip") void forwardStripped(message, socket, origin);
    });
    return await bind(server, 0, "127.0.0.1");
  }

  /** A request for `http://…`, which no CONNECT wraps. */
  async #plain(message: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on("error", ignoreBrokenPeer);
    if (!this.#isAuthorized(message.headers["proxy-authorization"])) {
      response.writeHead(407, CHALLENGE);
      return void response.end(UNAUTHORIZED_PAGE);
    }
    const url = URL.parse(message.url ?? "");
    if (url === null || url.protocol !== "http:") {
      response.writeHead(400, { "content-type": "text/plain" });
      return void response.end("This is a proxy: ask it for an absolute http: URL, or use CONNECT\n");
    }
    if (this.#isBlocked(url.hostname)) {
      response.writeHead(403, { "content-type": "text/html" });
      return void response.end(blockPage(url.hostname));
    }
    const host = url.hostname.replace(/^\[|\]$/g, "");
    const port = url.port === "" ? 80 : Number(url.port);
    this.#tell(requestEvent(host, message, false));
    await forwardRequest(
      message,
      response,
      { host, port, address: this.#addressOf(host, port) },
      this.#options,
    );
  }

  #addressOf(host: string, port: number): Origin["address"] {
    return this.#options.resolve?.(host, port) ?? { host, port };
  }

  #isBlocked(host: string): boolean {
    return this.#options.blocked?.includes(host.toLowerCase()) === true;
  }

  #isAuthorized(given: string | undefined): boolean {
    const { credentials } = this.#options;
    if (credentials === undefined) return true;
    const bytes = new TextEncoder().encode(`${credentials.username}:${credentials.password}`);
    const wanted = `Basic ${btoa(String.fromCharCode(...bytes))}`;
    return given === wanted;
  }
}

const CHALLENGE = { "proxy-authenticate": 'Basic realm="Corporate proxy"' } as const;
const UNAUTHORIZED_PAGE = "The proxy asks for a user name and a password\n";

function blockPage(host: string): string {
  return `<html><head><title>Blocked</title></head><body><h1>Access to ${host} is blocked</h1></body></html>\n`;
}

function rawReply(
  status: number,
  reason: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): string {
  const lines = Object.entries({
    ...headers,
    "content-type": body.startsWith("<") ? "text/html" : "text/plain",
    "content-length": String(new TextEncoder().encode(body).length),
    "connection": "close",
  });
  return `HTTP/1.1 ${status} ${reason}\r\n` +
    `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`;
}

function requestEvent(host: string, message: IncomingMessage, upgrade: boolean): ProxyEvent {
  const path = URL.parse(message.url ?? "/", "http://unused")?.pathname ?? "/";
  return { kind: "request", host, method: message.method ?? "GET", path, upgrade };
}

/** Takes `host:port` or `[v6]:port` apart. */
function splitAuthority(authority: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(authority);
  return { host: match?.[1] ?? match?.[2] ?? authority, port: Number(match?.[3] ?? "443") };
}
