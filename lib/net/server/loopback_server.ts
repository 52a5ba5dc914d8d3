/**
 * An HTTP server on loopback, for requests of programs of this machine that were given its address.
 *
 * @module
 */

/** Why a server cannot listen on a port. */
export type LoopbackProblem = "in use" | "not permitted";

/** A server that listens. */
export interface LoopbackServer {
  readonly port: number;
  /** Stops listening, and resolves when the requests under way are answered and all connections are closed. */
  readonly close: () => Promise<void>;
}

type Handler = (request: Request) => Promise<Response>;
type Server = Deno.HttpServer<Deno.NetAddr>;

/**
 * Listens on a port of 127.0.0.1 and ::1. A client may try ::1 first for `localhost`, where another program could
 * receive what is meant for this one. Windows does not permit ports that it reserves for virtual machines.
 *
 * @param port 0: the system chooses
 * @param handle answers a request
 */
export function serveLoopback(port: number, handle: Handler): LoopbackServer | LoopbackProblem {
  const first = serve("127.0.0.1", port, handle);
  if (typeof first === "string") return first;
  const second = serve("::1", first.addr.port, handle);
  if (second === "in use") {
    void first.shutdown();
    return second;
  }
  // Without IPv6 no other program can listen on ::1 either.
  const servers = typeof second === "string" ? [first] : [first, second];
  return {
    port: first.addr.port,
    close: async () => void await Promise.all(servers.map((server) => server.shutdown())),
  };
}

function serve(hostname: string, port: number, handle: Handler): Server | LoopbackProblem {
  try {
    return Deno.serve({ hostname, port, onListen: () => {} }, handle);
  } catch (error) {
    if (error instanceof Deno.errors.AddrInUse) return "in use";
    // A reserved port, or no such address on this machine.
    if (error instanceof Error) return "not permitted";
    throw error;
  }
}
