/**
 * The server's end of a websocket: an upgrade that can be taken, refused in any shape or left hanging, and a
 * socket that can be closed with any code or dropped.
 *
 * @module
 */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
// @ts-types="@types/ws"
import type { WebSocket } from "ws";

/** An upgrade that waits for an answer. Neither taken nor refused, it stays silent. */
export interface UpgradeOffer {
  /**
   * Answers 101.
   *
   * @param headers extra headers of the reply
   */
  readonly accept: (headers?: Readonly<Record<string, string>>) => Promise<ServedWebSocket>;
  /** Answers with any other status, and closes. */
  readonly refuse: (
    status: number,
    headers: Readonly<Record<string, string>>,
    body: string,
  ) => void;
  /** Drops the connection without an answer. */
  readonly drop: () => void;
}

/** The server's end of an open websocket. */
export interface ServedWebSocket {
  /** Resolves when the frame went to the system; false when the peer is gone. */
  readonly send: (data: string | Uint8Array) => Promise<boolean>;
  /** Text messages of the client until it is gone. To be iterated once. */
  readonly messages: AsyncIterable<string>;
  /** Sends a close frame; any code of RFC 6455 §7.4 that may be sent. */
  readonly close: (code: number, reason: string) => void;
  /** Ends the TCP connection without a close frame. */
  readonly drop: () => void;
  /** Stops to read: pings, close frames and messages stay unanswered. */
  readonly stall: () => void;
  /** Resolves with the close code once the socket is closed; 1006 for one that broke. */
  readonly closed: Promise<number>;
}

/** Wraps one `upgrade` event of a server. */
export function serveUpgrade(message: IncomingMessage, socket: Duplex, head: Uint8Array): UpgradeOffer {
  return {
    accept: async (headers = {}) => {
      // @ts-types="@types/ws"
      const { WebSocketServer } = await import("ws");
      const server = new WebSocketServer({ noServer: true, perMessageDeflate: true, clientTracking: false });
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
        `HTTP/1.1 ${status} ${REASONS[status] ?? "Refused"}\r\n` +
          `${lines.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${body}`,
      );
    },
    drop: () => socket.destroy(),
  };
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  426: "Upgrade Required",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

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
  // The peer may break off at any time; `closed` tells it.
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
