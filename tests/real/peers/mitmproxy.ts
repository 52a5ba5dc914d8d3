/** mitmproxy: the interceptor that people run themselves. */
import { join } from "../../support/paths.ts";
import { freePort, type Peer, peerDirectory, peerFile, startPeer } from "./process.ts";

/** Programs it needs. */
export const MITMPROXY = ["mitmdump"] as const;

/** What it is told. */
export interface MitmproxyOptions {
  /** PEM of the roots that origins are checked against. */
  readonly originRoots: string;
  /** `user:password` that it asks for. */
  readonly credentials?: string;
  /** Passes bodies on as they come. Default true; false is mitmproxy's own default, which holds SSE back. */
  readonly streaming?: boolean;
}

/** A running one. */
export interface Mitmproxy extends Peer {
  /** Path of the PEM of its CA, which is made anew for each start. */
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
