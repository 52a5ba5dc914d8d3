/**
 * The face of a forward proxy where the runtime's own HTTP server is not up to it: that of Deno 2.4.2 knows no
 * CONNECT and gives no socket for an upgrade. Reads the first head on a connection, and tells a CONNECT from a
 * request.
 *
 * @module
 */
import type { Server, Socket } from "node:net";
import { openTcp, splice } from "./forward.ts";
import { ignoreBrokenPeer } from "./listener.ts";

/** A head is not read beyond so many bytes. */
const LIMIT = 65_536;

/** What was asked by CONNECT. */
export interface ConnectRequest {
  /** `host:port`. */
  readonly authority: string;
  /** `Proxy-Authorization`. */
  readonly credentials?: string | undefined;
  /** What came behind the head already. */
  readonly rest: Uint8Array;
}

/** What is done with a connection. */
export interface FrontOptions {
  readonly connect: (request: ConnectRequest, socket: Socket) => void;
  /** Port of the HTTP server on this machine that takes everything else. */
  readonly requestPort: number;
}

/** Makes the server; the caller binds it. */
export async function createFront({ connect, requestPort }: FrontOptions): Promise<Server> {
  const greet = (socket: Socket) => {
    socket.on("error", ignoreBrokenPeer);
    void readRequestHead(socket).then(async (head) => {
      if (head === undefined) return void socket.destroy();
      const request = connectRequest(head);
      if (request !== undefined) return connect(request, socket);
      const inner = await openTcp({ host: "127.0.0.1", port: requestPort });
      if (inner === undefined) return void socket.destroy();
      inner.write(head);
      splice(socket, inner);
    });
  };
  return (await import("node:net")).createServer(greet);
}

/** Everything up to the blank line and a bit beyond; undefined where none comes. */
function readRequestHead(socket: Socket): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    let read = new Uint8Array(0);
    const finish = (result: Uint8Array | undefined) => {
      socket.off("data", take);
      socket.off("close", gone);
      socket.pause();
      resolve(result);
    };
    const gone = () => finish(undefined);
    const take = (chunk: Uint8Array) => {
      const longer = new Uint8Array(read.length + chunk.length);
      longer.set(read);
      longer.set(chunk, read.length);
      read = longer;
      if (blankLine(read) >= 0) finish(read);
      else if (read.length > LIMIT) finish(undefined);
    };
    socket.on("data", take);
    socket.once("close", gone);
  });
}

function connectRequest(read: Uint8Array): ConnectRequest | undefined {
  const end = blankLine(read);
  const [first = "", ...lines] = new TextDecoder("latin1").decode(read.subarray(0, end)).split("\r\n");
  const authority = /^CONNECT (\S+) HTTP\/1\.[01]$/.exec(first)?.[1];
  if (authority === undefined) return undefined;
  const credentials = lines.map((line) => /^proxy-authorization:\s*(.*\S)/i.exec(line)?.[1]).find(Boolean);
  return { authority, credentials, rest: read.slice(end + 4) };
}

/** Where the blank line begins that ends the head; -1 where it has not come. */
function blankLine(bytes: Uint8Array): number {
  for (let at = 0; at + 3 < bytes.length; at++) {
    if (bytes[at] === 13 && bytes[at + 1] === 10 && bytes[at + 2] === 13 && bytes[at + 3] === 10) return at;
  }
  return -1;
}
