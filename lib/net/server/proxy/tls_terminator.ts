/**
 * The server that stands in for an intercepted origin: it terminates TLS with a certificate made for the host, and
 * hands every request over.
 *
 * It listens on a private port, and the proxy joins each CONNECTed socket to a new connection to it. A server that
 * is given sockets by `emit("connection")` loses keep-alive and leaks descriptors (Deno 2.9.6). There is one server
 * for each authority, so that clients which send no SNI, such as those that connect to an address, are served too.
 *
 * @module
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { rawReply, type UpgradeRequest } from "../forward/forward_upgrade.ts";
import { ignoreBrokenPeer } from "../forward/splice.ts";
import type { ServerIdentity } from "../listener.ts";
import { bind, PROXY_SERVER_OPTIONS, type ServerGroup, withoutLimits } from "../tracked_server.ts";

/** What a terminator does with what it decrypts. */
export interface TerminatorHandlers {
  /** The identifier of the client's connection; `undefined` for a connection that is not from the proxy itself. */
  readonly connectionOf: (socket: Socket) => number | undefined;
  /** A connection is closed on this side, and every request on it has been handed over. */
  readonly closed: (remotePort: number, localPort: number) => void;
  readonly request: (message: IncomingMessage, response: ServerResponse, connectionId: number) => void;
  readonly upgrade: (upgrade: UpgradeRequest, connectionId: number) => void;
  /** The TLS handshake failed. */
  readonly handshakeFailed: (reason: string) => void;
  /** A request was refused, since its connection is not from the proxy itself. */
  readonly strayRequest: () => void;
}

/** Answered rather than only disconnected, so that no client waits for an answer. */
const STRAY = {
  status: 403,
  contentType: "text/plain",
  body: "This port serves only connections through the proxy of the capture\n",
} as const;

const NESTED_CONNECT = {
  status: 405,
  contentType: "text/plain",
  body: "CONNECT inside of an intercepted connection is not supported\n",
} as const;

/**
 * Default time allowed for a handshake, ms. The runtime keeps the memory of a failed handshake until this time has
 * passed (Deno 2.9.6); without an option it would be 120 s.
 */
const HANDSHAKE_LIMIT_MS = 30_000;

/**
 * Starts a terminator on 127.0.0.1.
 *
 * @param handshakeLimitMs time allowed for a handshake, ms. Default 30 s
 * @returns its port
 */
export async function startTerminator(
  identity: ServerIdentity,
  group: ServerGroup,
  handlers: TerminatorHandlers,
  handshakeLimitMs = HANDSHAKE_LIMIT_MS,
): Promise<number> {
  const { createServer } = await import("node:https");
  const server = createServer({
    ...PROXY_SERVER_OPTIONS,
    cert: identity.certificate,
    key: identity.privateKey,
    handshakeTimeout: handshakeLimitMs,
    // The server speaks nothing else; codex takes h2 where it is offered.
    ALPNProtocols: ["http/1.1"],
  });
  withoutLimits(server);
  group.add(server);
  server.on("tlsClientError", (error: Error, socket: Duplex) => {
    socket.on("error", ignoreBrokenPeer);
    handlers.handshakeFailed(error.message);
  });
  server.on("connection", (socket: Socket) => {
    // Read now: a closed socket has no ports.
    const { remotePort = 0, localPort = 0 } = socket;
    socket.once("close", () => handlers.closed(remotePort, localPort));
  });
  // Any program of this machine can connect to the port; only the proxy's own connections are served.
  const onRequest = (message: IncomingMessage, response: ServerResponse) => {
    const connectionId = handlers.connectionOf(message.socket);
    if (connectionId !== undefined) return handlers.request(message, response, connectionId);
    response.on("error", ignoreBrokenPeer);
    response.writeHead(STRAY.status, { "content-type": STRAY.contentType, "connection": "close" });
    response.end(STRAY.body);
    handlers.strayRequest();
  };
  server.on("request", onRequest);
  // Forwarded with the header, so that the origin decides.
  server.on("checkContinue", onRequest);
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Uint8Array) => {
    socket.on("error", ignoreBrokenPeer);
    const connectionId = handlers.connectionOf(message.socket);
    if (connectionId !== undefined) return handlers.upgrade({ message, socket, head }, connectionId);
    socket.end(rawReply(STRAY));
    handlers.strayRequest();
  });
  server.on("connect", (_message: IncomingMessage, socket: Duplex) => {
    socket.on("error", ignoreBrokenPeer);
    socket.end(rawReply(NESTED_CONNECT));
  });
  return await bind(server, 0, "127.0.0.1");
}
