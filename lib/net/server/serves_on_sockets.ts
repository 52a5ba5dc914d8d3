/**
 * What the runtime's HTTP server is worth.
 *
 * @module
 */

/**
 * Whether the runtime's HTTP server stands on sockets, as that of Node does: then it knows CONNECT, and upgrades
 * can be taken and passed on. Deno 2.9.6 has such a one, 2.4.2 has not.
 */
export async function servesOnSockets(): Promise<boolean> {
  const [{ createServer }, { Server }] = await Promise.all([import("node:http"), import("node:net")]);
  return createServer() instanceof Server;
}
