/**
 * Which certificate of a presented chain could be trusted as a root.
 *
 * @module
 */
import type { PresentedCertificate } from "../../../net/diagnosis/presented_chain.ts";

/** The choice, or why there is none. */
export type TopmostCa =
  | {
    /** Whether it signed itself; else it is an intermediate, and its issuer was not presented. */
    readonly kind: "root" | "intermediate";
    readonly certificate: PresentedCertificate;
    /** 1-based place in the chain. */
    readonly index: number;
  }
  | { readonly kind: "none"; readonly reason: string };

/**
 * Goes up from the server's own certificate as far as each names the next as its issuer. The server's own is never
 * chosen, whatever it says of itself: trusting it would help with no other, and verifiers refuse a CA as a server.
 *
 * @param chain in the order it was presented, the server's own first
 */
export function topmostCa(chain: readonly PresentedCertificate[]): TopmostCa {
  let at = 0;
  while (at + 1 < chain.length && chain[at]?.issuer === chain[at + 1]?.subject) at += 1;
  const certificate = chain[at];
  if (certificate === undefined || at === 0) {
    return { kind: "none", reason: "only the server's own certificate was presented" };
  }
  if (!certificate.isCa) {
    return { kind: "none", reason: `"${certificate.subject}", the topmost, is not a CA` };
  }
  return { kind: certificate.isSelfSigned ? "root" : "intermediate", certificate, index: at + 1 };
}
