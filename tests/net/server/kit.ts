/** Servers and clients of `node:http` for the tests of proxies, which expose the bytes on the wire. */
import * as http from "node:http";
import * as net from "node:net";

/** A server on 127.0.0.1. */
export interface TestOrigin extends AsyncDisposable {
  readonly port: number;
  readonly server: http.Server;
}

/** Starts an HTTP server of Node. */
export async function nodeOrigin(
  handle: (request: http.IncomingMessage, response: http.ServerResponse) => void,
): Promise<TestOrigin> {
  const server = http.createServer(handle);
  return { server, ...await listening(server) };
}

/** Starts a server of TCP sockets, for answers that no HTTP library would write. */
export async function bareOrigin(
  serve: (socket: net.Socket) => void,
): Promise<Omit<TestOrigin, "server">> {
  return await listening(net.createServer((socket) => {
    // Peers that disconnect are part of these tests.
    socket.on("error", () => {});
    serve(socket);
  }));
}

async function listening(server: net.Server): Promise<{ readonly port: number } & AsyncDisposable> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** Sends text on a new connection and reads until the peer closes it. */
export async function rawExchange(port: number, text: string): Promise<string> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(text));
  let read = "";
  const decoder = new TextDecoder("latin1");
  try {
    for await (const chunk of conn.readable) read += decoder.decode(chunk, { stream: true });
  } catch (error) {
    read += `[${error instanceof Error ? error.name : String(error)}]`;
  }
  return read;
}

/** Resolves when a condition holds; fails after 20 s. */
export async function eventually(condition: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + 20_000;
  while (!condition()) {
    if (performance.now() > limit) throw new Error(`Not within 20 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
