/**
 * Selects the certificate of a presented chain that could be trusted as a root.
 *
 * @module
 */
import type { PresentedCertificate } from "../../../net/diagnosis/presented_chain.ts";

/** The selected certificate, or the reason why none was selected. */
export type TopmostCa =
  | {
    /** `root`: it is self-signed. `intermediate`: its issuer was not presented. */
    readonly kind: "root" | "intermediate";
    readonly certificate: PresentedCertificate;
    /** 1-based position in the chain. */
    readonly index: number;
  }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Follows the chain from the certificate of the server while each certificate names the next one as its issuer. The
 * certificate of the server itself is never selected, even if it is a CA: verifiers reject a CA as a server.
 *
 * @param chain in the order in which it was presented, the certificate of the server first
 */
export function topmostCa(chain: readonly PresentedCertificate[]): TopmostCa {
  let at = 0;
  while (at + 1 < chain.length && chain[at]?.issuer === chain[at + 1]?.subject) at += 1;
  const certificate = chain[at];
  if (certificate === undefined || at === 0) {
    return { kind: "none", reason: "only the server's own certificate was presented" };
  }
  if (!certificate.isCa) {
    return {
      kind: "none",
      reason: `"${certificate.subject}", the last certificate of the chain, is not a CA`,
    };
  }
  return { kind: certificate.isSelfSigned ? "root" : "intermediate", certificate, index: at + 1 };
}
