/**
 * TLS with a client certificate over a connection: `Deno.startTls` ignores certificate and key (Deno 2.9.6),
 * `node:tls` presents them. Both use the same TLS library.
 *
 * @module
 */
import type { Duplex } from "node:stream";
import type { TLSSocket } from "node:tls";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { ClientIdentity } from "../client_identity.ts";
import { type ByteConn, duplexOf } from "./byte_conn.ts";
import { isAddress } from "./dial_tcp.ts";
import type { SecureConn } from "./tunnel.ts";

/**
 * Wraps a connection into TLS, verified against the roots in force.
 *
 * @param conn belongs to the result from now on
 * @param host name or address that the certificate must contain, without brackets
 * @throws the TLS library's error
 */
export async function startClientTls(
  conn: ByteConn,
  host: string,
  { identity, trust, alpn }: {
    readonly identity: ClientIdentity;
    readonly trust: TrustStore;
    readonly alpn: readonly string[];
  },
): Promise<SecureConn> {
  const tls = await import("node:tls");
  const socket: TLSSocket = tls.connect({
    socket: duplexOf(conn),
    host,
    ca: [...builtInRoots(tls), ...trust.additionalRoots],
    cert: identity.certificate,
    key: identity.key,
    ALPNProtocols: [...alpn],
    ...(isAddress(host) ? {} : { servername: host }),
  });
  await new Promise<void>((resolve, reject) => {
    socket.once("secureConnect", resolve);
    socket.once("error", reject);
    socket.once("close", () => reject(new Error("The connection was closed: unexpected end of file")));
  });
  if ((socket.getPeerX509Certificate()?.subjectAltName ?? "") === "") {
    // `node:tls` would also accept the common name; the other connections do not.
    socket.destroy();
    throw new Error("certificate not valid for any names");
  }
  const { alpnProtocol } = socket;
  return {
    conn: connOf(socket),
    alpn: typeof alpnProtocol === "string" && alpnProtocol !== "" ? alpnProtocol : undefined,
  };
}

/** Returns the built-in roots of the runtime. `ca` replaces them, so they are passed again. */
function builtInRoots(tls: typeof import("node:tls")): readonly string[] {
  try {
    return tls.rootCertificates;
  } catch (error) {
    // Without the permission to list them, only the roots of the system are used.
    if (error instanceof Deno.errors.NotCapable) return [];
    throw error;
  }
}

/** Wraps a Node stream into a connection. */
function connOf(stream: Duplex): ByteConn {
  let failure: Error | undefined;
  let wake = () => {};
  const onChange = () => wake();
  stream.on("error", (error: Error) => {
    failure ??= error;
    wake();
  });
  for (const event of ["readable", "end", "close"]) stream.on(event, onChange);
  let rest: Uint8Array = new Uint8Array(0);
  return {
    read: async (buffer) => {
      while (rest.length === 0) {
        const chunk: unknown = stream.read();
        if (chunk instanceof Uint8Array) rest = chunk;
        else if (failure !== undefined) throw failure;
        else if (stream.readableEnded || stream.destroyed) return null;
        else await new Promise<void>((resolve) => wake = resolve);
      }
      const count = Math.min(rest.length, buffer.length);
      buffer.set(rest.subarray(0, count));
      rest = rest.subarray(count);
      return count;
    },
    write: (bytes) =>
      new Promise((resolve, reject) =>
        // A copy, because the stream keeps the bytes until they are sent and the caller may reuse its buffer.
        stream.write(bytes.slice(), (error) => error ? reject(failure ?? error) : resolve(bytes.length))
      ),
    closeWrite: () => new Promise((resolve) => stream.end(() => resolve())),
    close: () => stream.destroy(),
  };
}
