/**
 * A TCP connection whose other end is a stream of ours. `Deno.startTls` takes nothing but a TCP connection, so
 * TLS within TLS (a `wss` target behind an `https` proxy) goes over a pair of loopback sockets; `node:tls` could
 * wrap a stream, but verifies by other rules than `fetch` does, and one trust policy needs one verifier.
 *
 * @module
 */

/**
 * Makes the near end of a pair whose far end is spliced to `inner`. Closing either closes both.
 */
export async function overLoopback(inner: Deno.Conn): Promise<Deno.TcpConn> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  try {
    const near = await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
    for (;;) {
      const far = await listener.accept();
      // Anything on this machine may connect to the port in the instant it is open; only our own end counts.
      if (far.remoteAddr.port !== near.localAddr.port) far.close();
      else {
        splice(inner, far);
        return near;
      }
    }
  } finally {
    listener.close();
  }
}

function splice(one: Deno.Conn, other: Deno.Conn): void {
  const pump = (from: Deno.Conn, to: Deno.Conn) => from.readable.pipeTo(to.writable);
  // Whatever ends one direction, the peer of the other learns it by the end of its own stream.
  void Promise.allSettled([pump(one, other), pump(other, one)]);
}
