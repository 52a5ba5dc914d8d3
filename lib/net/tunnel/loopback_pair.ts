/**
 * A TCP connection whose other end is a connection of any kind. `Deno.startTls` accepts only a TCP
 * connection, so TLS within TLS (a target behind an `https` proxy) goes over a pair of loopback sockets.
 *
 * @module
 */
import { type ByteConn, closeQuietly, writeAll } from "./byte_conn.ts";

const READ_BYTES = 65_536;

/**
 * Makes a TCP connection that is joined to `inner`: bytes written to one are read from the other. Closing
 * either closes both.
 */
export async function overLoopback(inner: ByteConn): Promise<Deno.TcpConn> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    for (;;) {
      const other = await listener.accept();
      // Any program of this machine may connect to the port while it is open; only the connection of this
      // process is accepted.
      if (other.remoteAddr.port !== near.localAddr.port) other.close();
      else {
        void join(inner, other);
        return near;
      }
    }
  } finally {
    listener.close();
  }
}

async function join(one: ByteConn, other: ByteConn): Promise<void> {
  const close = () => {
    closeQuietly(one);
    closeQuietly(other);
  };
  // A failure of either direction ends both, and the peers see that the connections are closed.
  await Promise.all([pump(one, other), pump(other, one)]).then(close, close);
}

async function pump(from: ByteConn, to: ByteConn): Promise<void> {
  const buffer = new Uint8Array(READ_BYTES);
  for (;;) {
    const count = await from.read(buffer);
    if (count === null) return await to.closeWrite();
    await writeAll(to, buffer.subarray(0, count));
  }
}
