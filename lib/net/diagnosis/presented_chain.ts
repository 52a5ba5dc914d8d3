/**
 * Reads the certificate chain that a server, or the interceptor in front of it, presents, whether trusted or
 * not. Only the handshake is sent over such a connection.
 *
 * @module
 */
import type { CertificateFacts } from "../../trust/certificate/certificate_facts.ts";
import type { ClientIdentity } from "../client_identity.ts";
import { duplexOf } from "../tunnel/byte_conn.ts";
import { isAddress } from "../tunnel/dial_tcp.ts";

/** One certificate as presented. */
export interface PresentedCertificate extends CertificateFacts {
  readonly der: Uint8Array;
}

/** A chain in the order in which it was sent: the server's own certificate is the first. */
export interface PresentedChain {
  readonly certificates: readonly PresentedCertificate[];
  /** `TLSv1.3`, … */
  readonly protocol?: string;
}

/**
 * Makes one handshake without verification and reads the chain.
 *
 * @param conn an open connection to the server; it is closed afterwards
 * @param host for SNI, without brackets
 * @param identity the client certificate to present; only for a server that was verified before
 * @returns `undefined` if the handshake failed
 */
export async function presentedChain(
  conn: Deno.Conn,
  host: string,
  signal: AbortSignal,
  identity?: ClientIdentity,
): Promise<PresentedChain | undefined> {
  const [{ default: tls }, described] = await Promise.all([import("node:tls"), describer()]);
  const socket = duplexOf(conn);
  return await new Promise((resolve) => {
    const client = tls.connect({
      socket,
      rejectUnauthorized: false,
      ...(isAddress(host) ? {} : { servername: host }),
      ...(identity === undefined ? {} : { cert: identity.certificate, key: identity.key }),
    });
    const finish = (chain?: PresentedChain) => {
      signal.removeEventListener("abort", onAbort);
      client.destroy();
      socket.destroy();
      resolve(chain);
    };
    const onAbort = () => finish();
    signal.addEventListener("abort", onAbort, { once: true });
    // The caller already explains another failure, to which this one adds nothing.
    client.on("error", () => finish());
    socket.on("error", () => finish());
    client.once("secureConnect", () => {
      const certificates = described(rawChain(client.getPeerCertificate(true)));
      const protocol = client.getProtocol();
      finish({ certificates, ...(protocol === null ? {} : { protocol }) });
    });
    if (signal.aborted) finish();
  });
}

/** Returns a function that describes certificates, and skips values that are not certificates. */
export async function describer(): Promise<
  (ders: readonly Uint8Array[]) => readonly PresentedCertificate[]
> {
  const { certificateFacts } = await import("../../trust/certificate/certificate_facts.ts");
  return (ders) =>
    ders.flatMap((der) => {
      const facts = certificateFacts(der);
      return facts === undefined ? [] : [{ ...facts, der }];
    });
}

/** Returns the chain: Node links each certificate to its issuer, and the last one to itself. */
function rawChain(first: object): readonly Uint8Array[] {
  const chain: Uint8Array[] = [];
  const met = new Set<object>();
  for (let link: unknown = first; typeof link === "object" && link !== null && !met.has(link);) {
    met.add(link);
    const raw: unknown = Reflect.get(link, "raw");
    // A copy, because Node's Buffer shares the memory of a pool.
    if (raw instanceof Uint8Array) chain.push(new Uint8Array(raw));
    link = Reflect.get(link, "issuerCertificate");
  }
  return chain;
}
