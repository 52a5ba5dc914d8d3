/**
 * Determines whether a public or a private CA issued a presented chain.
 *
 * @module
 */
import { X509Certificate } from "node:crypto";
import { rootCertificates } from "node:tls";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { PresentedCertificate } from "./presented_chain.ts";

/** The root of a chain. */
export interface IssuerOrigin {
  /**
   * `public`: one of Mozilla's roots signed it. `trusted`: one of the further roots in force did.
   * `lookalike`: a root in force has the issuer's name, but its key did not sign. `unverifiable`: a root in
   * force has the issuer's name, and the signature cannot be verified here. `unknown`: none of these.
   * `itself`: the server's certificate is self-signed, and is not a root in force.
   */
  readonly kind: "public" | "trusted" | "lookalike" | "unverifiable" | "unknown" | "itself";
  /** Why the signature cannot be verified. */
  readonly obstacle?: string;
  /** The outermost issuer that the chain names. */
  readonly name: string;
  /** The root that signed or is presented: only for `public` and `trusted`. */
  readonly root?: X509Certificate;
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
  const mozilla = anchors(links, rootCertificates);
  if (typeof mozilla === "object" && "signer" in mozilla) {
    return { kind: "public", name, root: mozilla.signer };
  }
  const own = anchors(links, trust.additionalRoots);
  if (typeof own === "object" && "signer" in own) return { kind: "trusted", name, root: own.signer };
  if (typeof own === "object") return { kind: "unverifiable", name, obstacle: own.obstacle };
  if (chain.length === 1 && chain[0].isSelfSigned) return { kind: "itself", name };
  return { kind: own === "named" ? "lookalike" : "unknown", name };
}

/** A signature that cannot be verified here. */
interface Obstacle {
  readonly obstacle: string;
}

/** A root that signed, or that is part of the chain. */
interface Anchor {
  readonly signer: X509Certificate;
}

function anchors(
  links: readonly X509Certificate[],
  roots: readonly string[],
): Anchor | "named" | "none" | Obstacle {
  let found: "named" | "none" | Obstacle = "none";
  for (const pem of roots) {
    const root = read(pem);
    if (root === undefined) continue;
    for (const link of links) {
      if (link.fingerprint256 === root.fingerprint256) return { signer: root };
      if (link.issuer !== root.subject) continue;
      const verdict = verdictOn(link, root);
      if (verdict === "signed") return { signer: root };
      // One root that cannot be verified leaves the result open.
      if (verdict !== "refuted") found = verdict;
      else if (found === "none") found = "named";
    }
  }
  return found;
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    // A root that only the TLS library can parse cannot be compared here.
    return undefined;
  }
}

/** Returns whether the signature of a root is valid, is invalid, or cannot be verified here. */
function verdictOn(link: X509Certificate, root: X509Certificate): "signed" | "refuted" | Obstacle {
  let key: X509Certificate["publicKey"];
  try {
    key = root.publicKey;
  } catch {
    return {
      obstacle: `its root "${root.subject}" has a key of a kind that cannot be read here, such as RSA-PSS`,
    };
  }
  const type = key.asymmetricKeyType ?? "unknown";
  try {
    if (link.verify(key)) return "signed";
  } catch {
    return { obstacle: `its root has a key of type ${type}, whose signatures cannot be verified here` };
  }
  if (type === "rsa-pss") {
    return { obstacle: "its root has a key of type rsa-pss, whose signatures cannot be verified here" };
  }
  return "refuted";
}
