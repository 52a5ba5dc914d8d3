/** squid with ssl-bump: an interceptor that companies use. It removes the websocket upgrade. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { join } from "../../support/paths.ts";
import { freePort, type Peer, peerDirectory, peerFile, runToEnd, startPeer } from "./process.ts";

/** Programs it needs, from the package squid-openssl: the package squid has no ssl-bump. */
export const SQUID = ["squid", "/usr/lib/squid/security_file_certgen"] as const;

/** A squid that runs. */
export interface Squid extends Peer {
  /** Path of the PEM of its CA. */
  readonly bundle: string;
}

/**
 * Starts squid with ssl-bump.
 *
 * @param options `originRoots`: PEM of the roots with which origins are verified; `isPassive`: TLS is tunnelled
 *   and not intercepted
 */
export async function startSquid(
  options: { readonly originRoots: string; readonly isPassive?: boolean },
): Promise<Squid> {
  const directory = await peerDirectory("squid");
  const port = freePort();
  // The certificate daemon of squid makes RSA keys; the CA may have any type of key that OpenSSL supports.
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
  // Started as root, squid switches to this user, who must be able to write there.
  if (Deno.uid() === 0) await runToEnd("chown", ["-R", "proxy:proxy", directory]);
  // A unique name: processes with the same name share memory, and a killed one does not remove it.
  const peer = await startPeer({
    program: "squid",
    args: ["-N", "-n", `culvert${port}`, "-f", config],
    port,
    directory,
    logFile: "cache.log",
  });
  return { ...peer, bundle };
}
