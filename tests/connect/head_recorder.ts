/** A TLS server that records the head of every request, byte for byte, and passes all bytes on to another server. */
import { Buffer } from "node:buffer";
import * as net from "node:net";
import * as tls from "node:tls";
import type { KeyPairPem } from "../../lib/pki/pki.ts";

/** A recorder that listens. */
export interface HeadRecorder extends AsyncDisposable {
  readonly port: number;
  /** Returns the heads recorded since the last call. */
  readonly take: () => readonly string[];
}

/**
 * Starts a recorder on loopback. A head must arrive in one piece, as those of these tests do.
 *
 * @param pair the certificate of the server
 * @param upstreamPort a server without TLS on loopback
 */
export async function startHeadRecorder(pair: KeyPairPem, upstreamPort: number): Promise<HeadRecorder> {
  const heads: string[] = [];
  const sockets = new Set<net.Socket>();
  const options = { cert: pair.certificate, key: pair.privateKey, ALPNProtocols: ["http/1.1"] };
  const server = tls.createServer(options, (client) => {
    const upstream = net.connect(upstreamPort, "127.0.0.1");
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    client.on("data", (bytes: Buffer) => {
      const text = bytes.toString("latin1");
      if (/^(GET|POST) \S+ HTTP\/1\.1\r\n/.test(text)) heads.push(text.slice(0, text.indexOf("\r\n\r\n")));
    });
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    take: () => heads.splice(0),
    [Symbol.asyncDispose]: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
