/**
 * Hands a request that arrived at a proxy on to its origin: header names, order and duplicates kept, bytes passed
 * undecoded, chunk for chunk. One upstream connection a request: pooled TLS sockets were seen to hang after
 * aborted requests (Deno 2.9.6).
 *
 * @module
 */
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { ignoreBrokenPeer, reset } from "./listener.ts";

/** An origin, as the client named it and as it is reached. */
export interface Origin {
  /** Name for SNI and certificate. */
  readonly host: string;
  readonly port: number;
  /** Where the connection really goes. */
  readonly address: { readonly host: string; readonly port: number };
  /** The whole set of roots for its certificate, PEM. Absent: no TLS. */
  readonly roots?: readonly string[];
}

/** What a middlebox does to the exchange. */
export interface ForwardPolicy {
  /** Holds `text/event-stream` back until it is complete, as buffering middleboxes do. */
  readonly bufferEventStreams?: boolean;
  /** Waits so long before it forwards, ms. */
  readonly delayMs?: number;
}

/** Headers between two neighbours only (RFC 9110 §7.6.1), beside `upgrade`, which has its own handling. */
const HOP_BY_HOP = /^(connection|keep-alive|proxy-connection|proxy-authorization|transfer-encoding|te)$/i;

/**
 * Forwards one exchange.
 *
 * @param message the request as received
 * @param response where the answer goes
 * @returns the origin's status, 502 where it could not be reached, 0 where the client went away first
 */
export async function forwardRequest(
  message: IncomingMessage,
  response: ServerResponse,
  origin: Origin,
  policy: ForwardPolicy = {},
): Promise<number> {
  message.on("error", ignoreBrokenPeer);
  response.on("error", ignoreBrokenPeer);
  if (policy.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, policy.delayMs));
  const upstream = await openRequest(message, origin, endToEnd(message.rawHeaders));
  return await new Promise((resolve) => {
    // The client may have left meanwhile, and then no further `close` comes.
    if (response.destroyed || response.socket?.destroyed === true) upstream.destroy();
    response.once("close", () => {
      upstream.destroy();
      resolve(0);
    });
    upstream.on("error", (error) => {
      if (response.headersSent) reset(response.socket);
      else {
        response.writeHead(502, { "content-type": "text/plain" });
        response.end(`The proxy could not reach ${origin.host}:${origin.port}: ${error.message}\n`);
      }
      resolve(502);
    });
    upstream.on("response", (reply: IncomingMessage) => {
      passReply(reply, response, policy);
      resolve(reply.statusCode ?? 0);
    });
    message.pipe(upstream);
  });
}

function passReply(reply: IncomingMessage, response: ServerResponse, policy: ForwardPolicy): void {
  const cut = () => reset(response.socket);
  reply.on("error", cut);
  reply.on("aborted", cut);
  const head = () => {
    response.writeHead(reply.statusCode ?? 502, reply.statusMessage ?? "", endToEnd(reply.rawHeaders));
    response.flushHeaders();
  };
  const isEventStream = (reply.headers["content-type"] ?? "").startsWith("text/event-stream");
  if (policy.bufferEventStreams === true && isEventStream) {
    const held: Uint8Array[] = [];
    reply.on("data", (chunk: Uint8Array) => held.push(chunk));
    reply.on("end", () => {
      head();
      for (const chunk of held) response.write(chunk);
      response.end();
    });
  } else {
    head();
    reply.pipe(response);
  }
}

/**
 * Forwards an upgrade by replaying its head to the origin and joining the two sockets, so that everything after
 * it (status, headers, frames, close codes, pings) is the peers' own.
 *
 * @returns whether the origin could be reached
 */
export async function forwardUpgrade(
  message: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
  origin: Origin,
): Promise<boolean> {
  const upstream = await openSocket(origin);
  if (upstream === undefined) {
    socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    return false;
  }
  if (socket.destroyed) {
    upstream.destroy();
    return true;
  }
  const lines = pairs(message.rawHeaders).filter(([name]) => !/^proxy-/i.test(name));
  upstream.write(
    `${message.method} ${message.url} HTTP/1.1\r\n` +
      `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`,
  );
  if (head.length > 0) upstream.write(head);
  splice(socket, upstream);
  return true;
}

/**
 * Forwards an upgrade as the plain GET that is left of it when a proxy removes the hop-by-hop headers, as squid
 * with ssl-bump does.
 *
 * @returns the origin's status, 502 where it could not be reached
 */
export async function forwardStripped(
  message: IncomingMessage,
  socket: Duplex,
  origin: Origin,
): Promise<number> {
  const headers = pairs(message.rawHeaders).filter(([name]) =>
    !HOP_BY_HOP.test(name) && !/^upgrade$/i.test(name)
  );
  const upstream = await openRequest(message, origin, headers.flat());
  return await new Promise((resolve) => {
    socket.once("close", () => upstream.destroy());
    upstream.on("error", () => {
      socket.end("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
      resolve(502);
    });
    upstream.on("response", (reply: IncomingMessage) => {
      const status = reply.statusCode ?? 502;
      reply.on("error", () => reset(socket));
      const passed = pairs(endToEnd(reply.rawHeaders)).map(([name, value]) => `${name}: ${value}\r\n`);
      socket.write(
        `HTTP/1.1 ${status} ${reply.statusMessage ?? ""}\r\n${passed.join("")}connection: close\r\n\r\n`,
      );
      reply.pipe(socket);
      resolve(status);
    });
    upstream.end();
  });
}

/** Joins two sockets until both are done. An abrupt end on one side becomes one on the other. */
export function splice(one: Duplex, other: Duplex): void {
  for (const [from, to] of [[one, other], [other, one]] as const) {
    from.on("error", () => reset(to));
    from.once("close", () => {
      if (!from.readableEnded) reset(to);
    });
    from.pipe(to);
  }
}

/** Opens a plain connection; undefined where nobody answers. */
export async function openTcp(address: Origin["address"]): Promise<Socket | undefined> {
  const { connect } = await import("node:net");
  return await opened(connect({ host: address.host, port: address.port }), "connect");
}

async function openSocket(origin: Origin): Promise<Socket | undefined> {
  if (origin.roots === undefined) return await openTcp(origin.address);
  const { connect } = await import("node:tls");
  const socket = connect({
    host: origin.address.host,
    port: origin.address.port,
    servername: origin.host,
    ca: [...origin.roots],
    ALPNProtocols: ["http/1.1"],
  });
  return await opened(socket, "secureConnect");
}

function opened(socket: Socket, event: "connect" | "secureConnect"): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    socket.on("error", () => resolve(undefined));
    socket.once(event, () => resolve(socket));
  });
}

async function openRequest(
  message: IncomingMessage,
  origin: Origin,
  headers: readonly string[],
): Promise<ClientRequest> {
  const { host, port } = origin.address;
  const common = {
    host,
    port,
    method: message.method ?? "GET",
    path: pathOf(message.url ?? "/"),
    headers: [...headers, "connection", "close"],
    agent: false,
    setHost: false,
  } as const;
  if (origin.roots === undefined) return (await import("node:http")).request(common);
  const { request } = await import("node:https");
  return request({ ...common, servername: origin.host, ca: [...origin.roots] });
}

/** A proxy is asked for `http://host/path`, an origin for `/path`. */
function pathOf(url: string): string {
  if (!/^https?:\/\//i.test(url)) return url;
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function endToEnd(rawHeaders: readonly string[]): string[] {
  return pairs(rawHeaders).filter(([name]) => !HOP_BY_HOP.test(name)).flat();
}

function pairs(rawHeaders: readonly string[]): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    found.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return found;
}
