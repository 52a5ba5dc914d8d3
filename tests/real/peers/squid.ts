/** squid with ssl-bump: the interceptor that companies run. It strips the websocket upgrade. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { join } from "../../support/paths.ts";
import { freePort, type Peer, peerDirectory, peerFile, runToEnd, startPeer } from "./process.ts";

/** Programs it needs: of the package squid-openssl, for plain squid knows no ssl-bump. */
export const SQUID = ["squid", "/usr/lib/squid/security_file_certgen"] as const;

/** A running one. */
export interface Squid extends Peer {
  /** Path of the PEM of its CA. */
  readonly bundle: string;
}

/**
 * Starts squid with ssl-bump.
 *
 * @param options `originRoots`: PEM of the roots that origins are checked against; `isPassive`: TLS is passed through
 *   and not intercepted
 */
export async function startSquid(
  options: { readonly originRoots: string; readonly isPassive?: boolean },
): Promise<Squid> {
  const directory = await peerDirectory("squid");
  const port = freePort();
  // squid's certificate daemon makes RSA keys; the CA may be of any kind that its OpenSSL knows.
  const authority = await createAuthority("Squid Inspection CA", { key: { rsa: 2048 } });
  const bundle = await peerFile(directory, "ca.pem", authority.certificate);
  const key = await peerFile(directory, "ca.key", authority.privateKey);
  const roots = await peerFile(directory, "origin-roots.pem", options.originRoots);
  const certgen = SQUID[1];
  await runToEnd(certgen, ["-c", "-s", join(directory, "ssl_db"), "-M", "4MB"]);
  const config = await peerFile(
    directory,
    "squid.conf",
    [
      `http_port 127.0.0.1:${port} ssl-bump generate-host-certificates=on tls-cert=${bundle} tls-key=${key}`,
      `sslcrtd_program ${certgen} -s ${join(directory, "ssl_db")} -M 4MB`,
      "sslcrtd_children 2 startup=1 idle=1",
      "acl first at_step SslBump1",
      "ssl_bump peek first",
      `ssl_bump ${options.isPassive === true ? "splice" : "bump"} all`,
      `tls_outgoing_options cafile=${roots}`,
      "http_access allow all",
      "cache deny all",
      "shutdown_lifetime 0 seconds",
      "visible_hostname localhost",
      `pid_filename ${join(directory, "squid.pid")}`,
      `access_log stdio:${join(directory, "access.log")}`,
      `cache_log ${join(directory, "cache.log")}`,
      `coredump_dir ${directory}`,
      "netdb_filename none",
      "",
    ].join("\n"),
  );
  // Started as root squid becomes this user, who must be able to write there.
  if (Deno.uid() === 0) await runToEnd("chown", ["-R", "proxy:proxy", directory]);
  // A name of its own, for squids of one name share memory, and one that was killed leaves its there.
  const peer = await startPeer({
    program: "squid",
    args: ["-N", "-n", `culvert${port}`, "-f", config],
    port,
    directory,
    logFile: "cache.log",
  });
  return { ...peer, bundle };
}
