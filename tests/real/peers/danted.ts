/** Dante: a SOCKS5 proxy. */
import { freePort, type Peer, peerDirectory, peerFile, startPeer } from "./process.ts";

/** Programs it needs. */
export const DANTED = ["danted"] as const;

/** Starts `danted` without authentication, for loopback only. */
export async function startDanted(): Promise<Peer> {
  const directory = await peerDirectory("danted");
  const port = freePort();
  const config = await peerFile(
    directory,
    "danted.conf",
    [
      "logoutput: stderr",
      `internal: 127.0.0.1 port = ${port}`,
      "external: 127.0.0.1",
      "clientmethod: none",
      "socksmethod: none",
      "user.privileged: root",
      "user.unprivileged: nobody",
      "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }",
      "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 log: connect }",
      "",
    ].join("\n"),
  );
  return await startPeer({ program: "danted", args: ["-f", config], port, directory });
}
