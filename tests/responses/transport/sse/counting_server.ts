/** An HTTPS server that counts its connections. */
import type { ServerResponse } from "node:http";
import { createServer } from "node:https";
import { LEAF } from "../../../net/kit.ts";
import { COMPLETED, CREATED, frames } from "../../kit.ts";

/** The counts. */
export interface CountingServer extends AsyncDisposable {
  readonly baseUrl: string;
  readonly count: { connections: number; requests: number };
}

/** Streams a whole response over TLS and HTTP/1.1; `tail` defines what follows the last event. */
export async function countingServer(tail: (response: ServerResponse) => void): Promise<CountingServer> {
  const count = { connections: 0, requests: 0 };
  const server = createServer({ cert: LEAF.certificate, key: LEAF.privateKey }, (request, response) => {
    count.requests += 1;
    request.resume();
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(frames([CREATED, COMPLETED]));
    tail(response);
  });
  server.on("secureConnection", () => count.connections += 1);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    baseUrl: `https://localhost:${address.port}/v1`,
    count,
    [Symbol.asyncDispose]: () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
}
