/** tinyproxy: a CONNECT proxy without TLS, with an optional password. */
import { freePort, type Peer, peerDirectory, peerFile, startPeer } from "./process.ts";

/** Programs it needs. */
export const TINYPROXY = ["tinyproxy"] as const;

/**
 * Starts tinyproxy.
 *
 * @param options `credentials`: required by Basic authentication
 */
export async function startTinyproxy(
  options: { readonly credentials?: { readonly username: string; readonly password: string } } = {},
): Promise<Peer> {
  const directory = await peerDirectory("tinyproxy");
  const port = freePort();
  const { credentials } = options;
  const config = await peerFile(
    directory,
    "tinyproxy.conf",
    [
      `Port ${port}`,
      "Listen 127.0.0.1",
      "Allow 127.0.0.1",
      "Timeout 600",
      "MaxClients 100",
      "LogLevel Connect",
      ...(credentials === undefined ? [] : [`BasicAuth ${credentials.username} ${credentials.password}`]),
      "",
    ].join("\n"),
  );
  return await startPeer({ program: "tinyproxy", args: ["-d", "-c", config], port, directory });
}
