/** mitmproxy: an interceptor that developers use. */
import { join } from "../../support/paths.ts";
import { freePort, type Peer, peerDirectory, peerFile, startPeer } from "./process.ts";

/** Programs it needs. */
export const MITMPROXY = ["mitmdump"] as const;

/** Its configuration. */
export interface MitmproxyOptions {
  /** PEM of the roots with which origins are verified. */
  readonly originRoots: string;
  /** `user:password` that it requires. */
  readonly credentials?: string;
  /** Forwards bodies as they arrive. Default true; false is the default of mitmproxy, which buffers SSE. */
  readonly streaming?: boolean;
}

/** A mitmproxy that runs. */
export interface Mitmproxy extends Peer {
  /** Path of the PEM of its CA, which is new at each start. */
  readonly bundle: string;
}

/** Starts `mitmdump`. */
export async function startMitmproxy(options: MitmproxyOptions): Promise<Mitmproxy> {
  const directory = await peerDirectory("mitmproxy");
  const roots = await peerFile(directory, "origin-roots.pem", options.originRoots);
  const port = freePort();
  const peer = await startPeer({
    program: "mitmdump",
    args: [
      ...["--listen-host", "127.0.0.1", "--listen-port", String(port)],
      ...["--set", `confdir=${directory}`],
      ...["--set", `ssl_verify_upstream_trusted_ca=${roots}`],
      ...(options.streaming === false ? [] : ["--set", "stream_large_bodies=1"]),
      ...(options.credentials === undefined ? [] : ["--set", `proxyauth=${options.credentials}`]),
    ],
    port,
    directory,
  });
  return { ...peer, bundle: join(directory, "mitmproxy-ca-cert.pem") };
}
