/** nginx in front of the API: a reverse proxy with or without buffering. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { freePort, type Peer, peerDirectory, peerFile, startPeer } from "./process.ts";

/** Programs it needs. */
export const NGINX = ["nginx"] as const;

/** Its configuration. */
export interface NginxOptions {
  /** The origin: port on loopback, and PEM of its root. */
  readonly origin: { readonly port: number; readonly roots: string };
  /** The default of nginx is on, which delays short streams until their end. */
  readonly buffering: boolean;
  /** PEM of the CA whose client certificates are required. */
  readonly clientRoots?: string;
}

/** An nginx that runs. */
export interface Nginx extends Peer {
  /** `https://localhost:PORT`. */
  readonly url: string;
  /** Path of the PEM of the root that issued its certificate. */
  readonly bundle: string;
}

/** Starts nginx with TLS on both sides. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const directory = await peerDirectory("nginx");
  const port = freePort();
  const authority = await createAuthority("Gateway CA");
  const identity = await authority.issue({ commonName: "localhost", names: ["localhost"] });
  const bundle = await peerFile(directory, "ca.pem", authority.certificate);
  const certificate = await peerFile(directory, "server.pem", identity.certificate);
  const key = await peerFile(directory, "server.key", identity.privateKey);
  const roots = await peerFile(directory, "origin-roots.pem", options.origin.roots);
  const { clientRoots } = options;
  const clients = clientRoots === undefined
    ? undefined
    : await peerFile(directory, "clients.pem", clientRoots);
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  const config = await peerFile(
    directory,
    "nginx.conf",
    `daemon off;
pid ${directory}/nginx.pid;
error_log stderr;
worker_processes 1;
events { worker_connections 256; }
http {
  access_log off;
  ${paths.map((name) => `${name}_temp_path ${directory}/${name};`).join("\n  ")}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port} ssl;
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
${
      clients === undefined
        ? ""
        : `    ssl_verify_client on;\n    ssl_client_certificate ${clients};\n`
    }    location / {
      proxy_pass https://127.0.0.1:${options.origin.port};
      proxy_ssl_trusted_certificate ${roots};
      proxy_ssl_verify on;
      proxy_ssl_name localhost;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering ${options.buffering ? "on" : "off"};
    }
  }
}
`,
  );
  const peer = await startPeer({
    program: "nginx",
    args: ["-c", config, "-p", directory, "-e", "stderr"],
    port,
    directory,
  });
  return { ...peer, bundle, url: `https://localhost:${port}` };
}
