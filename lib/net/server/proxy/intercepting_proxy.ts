/**
 * A forward proxy that intercepts TLS: CONNECT is accepted, TLS is terminated with a certificate made for the host,
 * and the requests inside are forwarded. Without `interception` it is a plain tunnelling proxy.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { TapFactory } from "../../exchange_tap.ts";
import { nextConnectionId, TapSource } from "../../tap_source.ts";
import { targetOf } from "../../target.ts";
import { forwardRequest } from "../forward/forward_request.ts";
import {
  forwardStripped,
  forwardUpgrade,
  rawReply,
  type UpgradeRequest,
} from "../forward/forward_upgrade.ts";
import type { Forwarding, ForwardPolicy, OutgoingRequest } from "../forward/forwarding.ts";
import { withoutHeaders } from "../forward/raw_headers.ts";
import type { SenderFlow } from "../forward/request_body.ts";
import { endSoon, ignoreBrokenPeer, openLoopback, reset, splice } from "../forward/splice.ts";
import { type Origin, type Upstream, urlOf } from "../forward/upstream.ts";
import type { ServerIdentity } from "../listener.ts";
import { bind, PROXY_SERVER_OPTIONS, ServerGroup, withoutLimits } from "../tracked_server.ts";
import type { ConnectAction, ProxyEvent, TunnelTapFactory } from "./proxy_events.ts";
import {
  blockedReply,
  CHALLENGE,
  isAuthorized,
  NOT_A_PROXY_REQUEST,
  UNAUTHORIZED,
  unreachableReply,
} from "./proxy_replies.ts";
import { startTerminator } from "./tls_terminator.ts";

export type { ConnectAction, ProxyEvent } from "./proxy_events.ts";

/** How TLS is intercepted. */
export interface Interception {
  /** Makes the certificate chain of a host. Called once for each host and port. */
  readonly issue: (host: string) => Promise<ServerIdentity>;
  /** Whether a host is intercepted. Default: every host is; the others are tunnelled. */
  readonly intercepts?: (host: string, port: number) => boolean;
}

/** Options of the proxy. */
export interface ProxyBehavior extends ForwardPolicy {
  /** Requires Basic authentication (407). */
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Hosts answered with 403 and a page, as a filter list does. */
  readonly blocked?: readonly string[];
  /** The treatment of upgrades: `strip` forwards a plain GET, as squid does; `ignore` never answers. */
  readonly websocket?: "pass" | "strip" | "ignore";
  /** Receives events as they happen. */
  readonly observe?: (event: ProxyEvent) => void;
}

/** What to start. */
export interface InterceptingProxyOptions extends ProxyBehavior {
  /** Opens the connections to origins. */
  readonly upstream: Upstream;
  readonly interception?: Interception;
  /** Records the exchanges that are not tunnelled. */
  readonly tap?: TapFactory;
  /** Records the bytes of tunnels. */
  readonly tunnel?: TunnelTapFactory;
  /** The certificate of the proxy itself: it is then an `https:` proxy. */
  readonly identity?: ServerIdentity;
  /** Default 127.0.0.1. */
  readonly hostname?: string;
  /** Default 0: the system chooses. */
  readonly port?: number;
}

/** A proxy that listens. */
export interface RunningProxy {
  readonly port: number;
  /** Ends every connection and stops listening. */
  readonly close: () => Promise<void>;
}

/**
 * Starts a proxy.
 *
 * @throws the error of the system if it cannot listen
 */
export async function startInterceptingProxy(options: InterceptingProxyOptions): Promise<RunningProxy> {
  const proxy = new InterceptingProxy(options);
  const port = await proxy.start();
  return { port, close: () => proxy.close() };
}

/** A connection from the proxy to a terminator. */
interface InnerConnection {
  /** Of the client's connection. */
  readonly connectionId: number;
  readonly closedEnds: Set<"proxy" | "terminator">;
}

class InterceptingProxy {
  readonly #options: InterceptingProxyOptions;
  readonly #taps: TapSource;
  readonly #group = new ServerGroup(({ status, body }) =>
    this.#report({ kind: "refused_request", status, reason: body.trim() })
  );
  readonly #closing = new AbortController();
  /** Ports of the terminators. Promises, so that of parallel CONNECTs to one host only the first makes a certificate. */
  readonly #terminators = new Map<string, Promise<number>>();
  /**
   * The client's connection for each connection to a terminator, by the ports of both ends of the latter. One local port
   * leads to several terminators at once.
   */
  readonly #inner = new Map<string, InnerConnection>();
  /** What holds back the client of a connection, by its number: the TLS server reads without a limit (Deno 2.9.6). */
  readonly #flows = new Map<number, SenderFlow>();

  constructor(options: InterceptingProxyOptions) {
    this.#options = options;
    this.#taps = new TapSource(options.tap);
  }

  async start(): Promise<number> {
    const { identity, hostname, port } = this.#options;
    const server = identity === undefined
      ? (await import("node:http")).createServer(PROXY_SERVER_OPTIONS)
      : (await import("node:https")).createServer({
        ...PROXY_SERVER_OPTIONS,
        cert: identity.certificate,
        key: identity.privateKey,
      });
    withoutLimits(server);
    this.#group.add(server);
    server.on("connect", (message: IncomingMessage, socket: Duplex, rest: Uint8Array) => {
      // First of all: a socket that is handed over has no listener, and a reset would end the process.
      socket.on("error", ignoreBrokenPeer);
      void this.#connect(message, socket, rest);
    });
    const onRequest = (message: IncomingMessage, response: ServerResponse) => this.#plain(message, response);
    server.on("request", onRequest);
    server.on("checkContinue", onRequest);
    server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
      socket.on("error", ignoreBrokenPeer);
      this.#plainUpgrade({ message, socket, head });
    });
    return await bind(server, port ?? 0, hostname ?? "127.0.0.1");
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("The proxy is closed"));
    await Promise.allSettled(this.#terminators.values());
    await this.#group.close();
  }

  #report(event: ProxyEvent): void {
    this.#options.observe?.(event);
  }

  /** Answers one CONNECT. Never rejects. */
  async #connect(message: IncomingMessage, socket: Duplex, rest: Uint8Array): Promise<void> {
    const authority = splitAuthority(message.url ?? "");
    if (authority === undefined) return void socket.end(rawReply(NOT_A_PROXY_REQUEST));
    const { host, port } = authority;
    const report = (action: ConnectAction) => this.#report({ kind: "connect", host, port, action });
    if (!isAuthorized(message.headers["proxy-authorization"], this.#options.credentials)) {
      report("unauthorized");
      return void socket.end(rawReply(UNAUTHORIZED, CHALLENGE));
    }
    if (this.#isBlocked(host)) {
      report("blocked");
      return void socket.end(rawReply(blockedReply(host)));
    }
    const { interception } = this.#options;
    const intercepts = interception !== undefined && (interception.intercepts?.(host, port) ?? true);
    const gone = new AbortController();
    socket.once("close", () => gone.abort(new Error("The client closed the connection")));
    try {
      const opened = intercepts
        ? await this.#openTerminator(host, port, interception)
        : { far: await this.#openOrigin(host, port, gone.signal) };
      const { far } = opened;
      report(intercepts ? "intercepted" : "tunnelled");
      // The client may have left while the certificate was made.
      if (socket.destroyed) return void far.destroy();
      this.#group.track(far);
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      if (rest.length > 0) far.write(rest);
      // A client that refuses the certificate sends an alert and breaks off: the alert must arrive.
      if ("connectionId" in opened) {
        this.#holdBack(opened.connectionId, socket, far);
        splice(socket, far, undefined, (to) => to === far ? endSoon(to) : reset(to));
      } else this.#tunnel(socket, far, { host, port, rest });
    } catch (error) {
      report("unreachable");
      const origin = { host, port, isSecure: true };
      if (!socket.destroyed) socket.end(rawReply(unreachableReply(error, origin)));
    }
  }

  async #openOrigin(host: string, port: number, signal: AbortSignal): Promise<Duplex> {
    const both = AbortSignal.any([signal, this.#closing.signal]);
    return await this.#options.upstream.openTunnel({ host, port }, both);
  }

  /** Lets the exchanges of a connection stop and start what its client sends. */
  #holdBack(connectionId: number, client: Duplex, far: Duplex): void {
    let isPaused = false;
    this.#flows.set(connectionId, {
      pause: () => {
        if (isPaused) return;
        isPaused = true;
        client.unpipe(far);
      },
      resume: () => {
        if (!isPaused) return;
        isPaused = false;
        if (!client.destroyed && !far.destroyed) client.pipe(far);
      },
    });
    far.once("close", () => this.#flows.delete(connectionId));
  }

  #tunnel(socket: Duplex, far: Duplex, at: { host: string; port: number; rest: Uint8Array }): void {
    const { host, port, rest } = at;
    const tap = this.#options.tunnel?.({ host, port });
    let sentBytes = rest.length;
    let receivedBytes = 0;
    if (rest.length > 0) tap?.bytes("request", rest);
    splice(socket, far, {
      bytes: (from, data) => {
        if (from === socket) sentBytes += data.length;
        else receivedBytes += data.length;
        tap?.bytes(from === socket ? "request" : "response", data);
      },
      end: (from) => tap?.end(from === socket ? "request" : "response"),
    });
    const closed = () => this.#report({ kind: "tunnel_closed", host, port, sentBytes, receivedBytes });
    if (far.closed) closed();
    else far.once("close", closed);
  }

  /** Connects to the server that stands in for an origin. @throws where no certificate could be made */
  async #openTerminator(
    host: string,
    port: number,
    interception: Interception,
  ): Promise<{ readonly far: Duplex; readonly connectionId: number }> {
    const key = `${host}:${port}`;
    const known = this.#terminators.get(key);
    const starting = known ?? this.#startTerminator({ host, port, isSecure: true }, interception);
    if (known === undefined) this.#terminators.set(key, starting);
    let inner: Socket;
    try {
      inner = await openLoopback(await starting);
    } catch (error) {
      this.#terminators.delete(key);
      const reason = error instanceof Error ? error.message : String(error);
      this.#report({
        kind: "handshake_failed",
        host,
        port,
        reason: `no certificate could be made: ${reason}`,
      });
      throw error;
    }
    const ports = `${inner.localPort} ${inner.remotePort}`;
    const connectionId = nextConnectionId();
    const connection: InnerConnection = { connectionId, closedEnds: new Set() };
    this.#inner.set(ports, connection);
    inner.once("close", () => {
      // After a reset the system gives the port out again at once, before this event: then it is another's.
      if (this.#inner.get(ports) === connection) this.#closedEnd(ports, "proxy");
    });
    return { far: inner, connectionId };
  }

  /**
   * Takes note that one end of a connection to a terminator is closed. It is known until both are: a client that sends a
   * request and breaks off closes the end of the proxy before the terminator has read the request.
   */
  #closedEnd(ports: string, end: "proxy" | "terminator"): void {
    const connection = this.#inner.get(ports);
    if (connection?.closedEnds.add(end).size === 2) this.#inner.delete(ports);
  }

  async #startTerminator(origin: Origin, interception: Interception): Promise<number> {
    const { host, port } = origin;
    return await startTerminator(await interception.issue(host), this.#group, {
      connectionOf: ({ localPort, remotePort }) =>
        this.#inner.get(`${remotePort} ${localPort}`)?.connectionId,
      closed: (remotePort, localPort) => this.#closedEnd(`${remotePort} ${localPort}`, "terminator"),
      handshakeFailed: (reason) => this.#report({ kind: "handshake_failed", host, port, reason }),
      strayRequest: () => this.#report({ kind: "stray_request", host, port }),
      request: (message, response, connectionId) => this.#forward(message, response, origin, connectionId),
      upgrade: (upgrade, connectionId) => this.#forwardUpgrade(upgrade, origin, connectionId),
    });
  }

  /** Forwards a request for `http://…`, which no CONNECT wraps. */
  #plain(message: IncomingMessage, response: ServerResponse): void {
    response.on("error", ignoreBrokenPeer);
    const origin = this.#plainOrigin(message);
    if ("host" in origin) return this.#forward(message, response, origin, nextConnectionId());
    const { status, contentType, body } = origin;
    response.writeHead(status, [
      ...(status === 407 ? CHALLENGE : []),
      ...["content-type", contentType, "connection", "close"],
    ]);
    response.end(body);
  }

  #plainUpgrade(upgrade: UpgradeRequest): void {
    const origin = this.#plainOrigin(upgrade.message);
    if ("host" in origin) return this.#forwardUpgrade(upgrade, origin, nextConnectionId());
    upgrade.socket.end(rawReply(origin, origin.status === 407 ? CHALLENGE : []));
  }

  #plainOrigin(message: IncomingMessage): Origin | ReturnType<typeof blockedReply> {
    if (!isAuthorized(message.headers["proxy-authorization"], this.#options.credentials)) return UNAUTHORIZED;
    const url = URL.parse(message.url ?? "");
    if (url === null || url.protocol !== "http:") return NOT_A_PROXY_REQUEST;
    const target = targetOf(url);
    if (this.#isBlocked(target.host)) return blockedReply(target.host);
    return { ...target, isSecure: false };
  }

  #forward(message: IncomingMessage, response: ServerResponse, origin: Origin, connectionId: number): void {
    const { request, forwarding } = this.#begin(message, origin, connectionId, false);
    void forwardRequest(message, response, request, forwarding);
  }

  #forwardUpgrade(upgrade: UpgradeRequest, origin: Origin, connectionId: number): void {
    const { request, forwarding } = this.#begin(upgrade.message, origin, connectionId, true);
    const way = this.#options.websocket ?? "pass";
    if (way === "pass") void forwardUpgrade(upgrade, request, forwarding);
    if (way === "strip") void forwardStripped(upgrade, request, forwarding);
  }

  #begin(
    message: IncomingMessage,
    origin: Origin,
    connectionId: number,
    upgrade: boolean,
  ): { readonly request: OutgoingRequest; readonly forwarding: Forwarding } {
    const path = pathOf(message.url ?? "/");
    const method = message.method ?? "GET";
    const { host } = origin;
    this.#report({ kind: "request", host, method, path: path.replace(/\?.*$/s, ""), upgrade });
    const tap = this.#taps.tap(connectionId);
    tap.head({
      direction: "request",
      at: performance.now(),
      // The password of this proxy is not for the server.
      rawHeaders: withoutHeaders(message.rawHeaders, new Set(["proxy-authorization"])),
      method,
      url: urlOf(origin).origin + path,
    });
    return {
      request: { origin, path, rawHeaders: message.rawHeaders },
      forwarding: {
        upstream: this.#options.upstream,
        tap,
        policy: this.#options,
        flow: this.#flows.get(connectionId),
        failure: unreachableReply,
      },
    };
  }

  #isBlocked(host: string): boolean {
    return this.#options.blocked?.includes(host.toLowerCase()) === true;
  }
}

/** Returns path and query. A proxy is asked for `http://host/path`, an origin for `/path`. */
function pathOf(url: string): string {
  if (!/^https?:\/\//i.test(url)) return url;
  return /^https?:\/\/[^/?#]*([^#]*)/i.exec(url)?.[1]?.replace(/^(?!\/)/, "/") ?? "/";
}

/** Splits `host:port` or `[v6]:port`; `undefined` where it is neither. */
function splitAuthority(authority: string): { readonly host: string; readonly port: number } | undefined {
  const match = /^(?:\[([\da-f:.]+)\]|([^:/?#@\\\s]+)):(\d{1,5})$/i.exec(authority);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port === 0) return undefined;
  return URL.canParse(`https://${authority}`) ? { host, port } : undefined;
}
