/**
 * A TLS server with a private CA, and a client that trusts the certificates of a bundle: the final test of
 * any bundle.
 */
import { processWorld } from "../../lib/cli/app/process.ts";
import { type Authority, createAuthority, type KeyPairPem } from "../../lib/pki/pki.ts";

/** A running server. */
export interface TlsServer extends AsyncDisposable {
  readonly port: number;
}

/** Serves 200 over TLS on loopback with the given certificate (and chain). */
export function startTlsServer(pair: KeyPairPem): TlsServer {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", cert: pair.certificate, key: pair.privateKey, onListen: () => {} },
    () => new Response("hello"),
  );
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/** A CA with a server that it certifies. */
export interface PrivateNetwork extends AsyncDisposable {
  readonly authority: Authority;
  readonly server: TlsServer;
}

/** Creates a CA and starts a server for `localhost` with a certificate of it. */
export async function startPrivateNetwork(commonName = "Culvert Test Root"): Promise<PrivateNetwork> {
  const authority = await createAuthority(commonName);
  const server = startTlsServer(await authority.issue({ commonName: "localhost", names: ["localhost"] }));
  return { authority, server, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

const PROXIES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((
  name,
) => [name, name.toLowerCase()]);

/**
 * Makes one request with these roots in addition to those of the runtime.
 *
 * @returns `ok`, or the text of the failure with its causes
 */
export async function request(server: TlsServer, roots: readonly string[]): Promise<string> {
  const client = processWorld().withoutVariables(
    PROXIES,
    () => Deno.createHttpClient({ caCerts: [...roots], poolMaxIdlePerHost: 0 }),
  );
  try {
    const response = await fetch(`https://localhost:${server.port}/`, { client });
    await response.text();
    return "ok";
  } catch (error) {
    let text = "";
    for (let at: unknown = error; at instanceof Error; at = at.cause) text += `${at.message}\n`;
    return text;
  } finally {
    client.close();
  }
}
