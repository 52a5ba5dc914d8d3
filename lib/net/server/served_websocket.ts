/**
 * The server's end of a websocket: an upgrade that can be accepted, refused with any status or left without an
 * answer, and a socket that can be closed with any code or dropped.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";
import { statusReason } from "../status_reason.ts";

/** An upgrade that waits for an answer. Until it is accepted or refused, nothing is sent. */
export interface UpgradeOffer {
  /**
   * Accepts with 101.
   *
   * @param headers additional headers of the reply
   * @param options `compresses: false` declines permessage-deflate
   */
  readonly accept: (
    headers?: Readonly<Record<string, string>>,
    options?: { readonly compresses?: boolean },
  ) => Promise<ServedWebSocket>;
  /** Answers with another status and closes the connection. */
  readonly refuse: (
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => void;
  /** Closes the connection without an answer. */
  readonly drop: () => void;
}

/** The server's end of an open websocket. */
export interface ServedWebSocket {
  /** Resolves when the frame was handed to the system; `false` when the peer is gone. */
  readonly send: (data: string | Uint8Array) => Promise<boolean>;
  /** Text messages of the client until it is gone. Can be iterated once. */
  readonly messages: AsyncIterable<string>;
  /** Sends a close frame, with any code that RFC 6455 §7.4 allows in one. */
  readonly close: (code: number, reason: string) => void;
  /** Ends the TCP connection without a close frame. */
  readonly drop: () => void;
  /**
   * Stops reading: pings, close frames and messages stay unanswered. Without TLS the client can send no more when the
   * buffers of the system are full. With TLS the runtime reads on and keeps what arrives (Deno 2.9.6).
   */
  readonly stall: () => void;
  /** Resolves with the close code once the socket is closed; 1006 if the connection broke. */
  readonly closed: Promise<number>;
}

/** Makes an offer of one `upgrade` event of a server. */
export function serveUpgrade(message: IncomingMessage, socket: Duplex, head: Uint8Array): UpgradeOffer {
  return {
    accept: async (headers = {}, { compresses = true } = {}) => {
      // @ts-types="@types/ws"
      const { WebSocketServer } = await import("ws");
      const server = new WebSocketServer({
        noServer: true,
        perMessageDeflate: compresses,
        clientTracking: false,
      });
      server.on("headers", (lines: string[]) => {
        for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
      });
      const { Buffer } = await import("node:buffer");
      return await new Promise((resolve) => {
        server.handleUpgrade(message, socket, Buffer.from(head), (open) => resolve(served(open)));
      });
    },
    refuse: (status, headers, body) => {
      const length = new TextEncoder().encode(body).length;
      const lines = Object.entries({ ...headers, "content-length": String(length), "connection": "close" });
      socket.end(
        `HTTP/1.1 ${status} ${statusReason(status) ?? "Refused"}\r\n` +
          `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
      );
    },
    drop: () => socket.destroy(),
  };
}

function served(socket: WebSocket): ServedWebSocket {
  const waiting: string[] = [];
  let over = false;
  let wake: (() => void) | undefined;
  const closed = new Promise<number>((resolve) => {
    socket.once("close", (code) => {
      over = true;
      wake?.();
      resolve(code);
    });
  });
  socket.on("message", (data, isBinary) => {
    if (!isBinary) waiting.push(String(data));
    wake?.();
  });
  // The peer may break off at any time; `closed` reports it.
  socket.on("error", () => {});
  async function* messages(): AsyncGenerator<string> {
    while (true) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (over) return;
      else await new Promise<void>((resolve) => wake = resolve);
    }
  }
  return {
    send: (data) =>
      new Promise((resolve) => {
        if (socket.readyState !== 1) resolve(false);
        else socket.send(data, (error) => resolve(error === undefined || error === null));
      }),
    messages: messages(),
    close: (code, reason) => socket.close(code, reason),
    drop: () => socket.terminate(),
    stall: () => socket.pause(),
    closed,
  };
}
