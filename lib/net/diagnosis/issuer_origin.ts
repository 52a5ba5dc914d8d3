/**
 * Who stands behind a presented chain: a public CA, or somebody's own.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { PresentedCertificate } from "./presented_chain.ts";

/** Where a chain ends. */
export interface IssuerOrigin {
  /**
   * `public`: one of Mozilla's roots signed it. `trusted`: one of the further roots in force did. `lookalike`: a
   * root in force has the issuer's name, but its key did not sign. `unknown`: none of these. `itself`: the
   * server's certificate signed itself, and is no root in force.
   */
  readonly kind: "public" | "trusted" | "lookalike" | "unknown" | "itself";
  /** The outermost issuer that the chain names. */
  readonly name: string;
}

/**
 * Looks for the root of a chain.
 *
 * @param chain as presented, at least one certificate
 * @param trust the roots in force
 */
export function issuerOrigin(
  chain: readonly [PresentedCertificate, ...PresentedCertificate[]],
  trust: TrustStore,
): IssuerOrigin {
  const links = chain.map((link) => new X509Certificate(link.der));
  const outermost = chain.at(-1) ?? chain[0];
  const name = outermost.issuer;
  if (anchors(links, rootCertificates) === "signed") return { kind: "public", name };
  const own = anchors(links, trust.additionalRoots);
  if (own === "signed") return { kind: "trusted", name };
  if (chain.length === 1 && chain[0].isSelfSigned) return { kind: "itself", name };
  return { kind: own === "named" ? "lookalike" : "unknown", name };
}

function anchors(links: readonly X509Certificate[], roots: readonly string[]): "signed" | "named" | "none" {
  let found: "named" | "none" = "none";
  for (const pem of roots) {
    const root = read(pem);
    if (root === undefined) continue;
    for (const link of links) {
      if (link.fingerprint256 === root.fingerprint256) return "signed";
      if (link.issuer !== root.subject) continue;
      if (isSignedBy(link, root)) return "signed";
      found = "named";
    }
  }
  return found;
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // A root that only the TLS library can read is no help here.
    return undefined;
  }
}

function isSignedBy(link: X509Certificate, root: X509Certificate): boolean {
  try {
    return link.verify(root.publicKey);
  } catch {
    // A kind of key or hash that this runtime cannot verify: it is not known to hold.
    return false;
  }
}
