/** A server that requires a client certificate of the CA of the tests: HTTP and an echo over websockets. */
import * as https from "node:https";
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import { WebSocketServer } from "ws";
import type { KeyPairPem } from "../../lib/pki/pki.ts";
import { CA, LEAF } from "./kit.ts";

export interface MutualTlsServer extends AsyncDisposable {
  readonly port: number;
  readonly pair: KeyPairPem;
}

/** Starts it; each answer contains the common name of the client. */
export async function mutualTlsServer(
  version: "TLSv1.2" | "TLSv1.3",
  pair: KeyPairPem = LEAF,
): Promise<MutualTlsServer> {
  const server = https.createServer({
    cert: pair.certificate,
    key: pair.privateKey,
    ca: [CA.certificate],
    requestCert: true,
    rejectUnauthorized: true,
    minVersion: version,
    maxVersion: version,
  }, (_request, response) => response.end(`hello ${name}`));
  const sockets = new Set<Duplex>();
  // The certificate is not available any more when a session is resumed.
  let name = "";
  server.on("secureConnection", (socket: TLSSocket) => {
    const { subject } = socket.getPeerCertificate();
    if (subject !== undefined) name = String(subject.CN);
  });
  server.on("connection", (socket: Duplex) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  server.on("tlsClientError", () => {});
  const echo = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket: Duplex, head) => {
    socket.on("error", () => {});
    echo.handleUpgrade(request, socket, head, (peer) => {
      peer.on("message", (data) => peer.send(`${name}: ${data}`));
    });
  });
  const port = await new Promise<number>((resolve, reject) =>
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") reject(new Error("No port"));
      else resolve(address.port);
    })
  );
  return {
    port,
    pair,
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}
