/**
 * Finds the certificate that causes the TLS library to refuse a chain, if the error text of the library does
 * not name it: an RSA key that is too short, a critical extension, name constraints.
 *
 * @module
 */
import { readExtensions } from "../../trust/certificate/certificate_extensions.ts";
import { keyOf } from "../../trust/certificate/certificate_algorithms.ts";
import type { NetworkFault } from "../failure/fault.ts";
import type { IssuerOrigin } from "./issuer_origin.ts";
import type { PresentedCertificate } from "./presented_chain.ts";

/** The cause of a refusal. */
export interface RefusedLink {
  /**
   * Replaces the reason of the fault; a clause for the message. Absent: the error text of the library is
   * exact.
   */
  readonly reason?: string;
  /** The cause and the remedy, in full sentences. */
  readonly sentences: readonly string[];
}

/** A certificate of the chain, or the root in force above it. */
interface Link {
  readonly name: string;
  readonly der: Uint8Array;
}

/** The smallest RSA key whose signatures the TLS library accepts, bits. */
const SMALLEST_RSA = 2048;

/**
 * Looks for the certificate.
 *
 * @param chain as presented, at least one certificate
 * @param origin the root of the chain
 * @returns `undefined` if the fault is another one, or no such certificate was found
 */
export function refusedLink(
  chain: readonly [PresentedCertificate, ...PresentedCertificate[]],
  origin: IssuerOrigin,
  { code, text = "" }: NetworkFault,
): RefusedLink | undefined {
  if (code !== "tls_bad_certificate") return undefined;
  const links: readonly Link[] = [
    ...chain.map(({ subject, der }) => ({ name: subject, der })),
    ...(origin.root === undefined ? [] : [{ name: origin.name, der: new Uint8Array(origin.root.raw) }]),
  ];
  if (/BadSignature/.test(text)) return shortKey(links);
  if (/CriticalExtension/.test(text)) return criticalExtension(links);
  return /NameConstraint|UnsupportedNameType/.test(text) ? nameConstraints(links) : undefined;
}

/**
 * Finds an RSA key that is too short. The TLS library reports a signature by it like one by another key (Deno
 * 2.9.6).
 */
function shortKey(links: readonly Link[]): RefusedLink | undefined {
  for (const [index, { name, der }] of links.entries()) {
    const { type, bits = SMALLEST_RSA } = keyOf(der);
    if (type !== "rsa" || bits >= SMALLEST_RSA) continue;
    const limit = `the TLS library accepts RSA keys of ${SMALLEST_RSA} bits and more`;
    const renewed = `again with an RSA key of at least ${SMALLEST_RSA} bits, or an EC key`;
    return index === 0
      ? {
        reason: `the RSA key of its certificate has ${bits} bits; ${limit}`,
        sentences: [`Ask the administrators of the server to issue its certificate ${renewed}.`],
      }
      : {
        reason: `its certificate was issued by "${name}", whose RSA key has ${bits} bits; ${limit}`,
        sentences: [
          `Ask the administrators of "${name}" to issue this CA ${renewed}. Another bundle does not help.`,
        ],
      };
  }
  return undefined;
}

function criticalExtension(links: readonly Link[]): RefusedLink | undefined {
  for (const { name, der } of links) {
    const { unknownCritical } = readExtensions(der);
    if (unknownCritical.length === 0) continue;
    return {
      sentences: [
        `The certificate "${name}" has the critical extension ${unknownCritical.join(", ")}.`,
        "Ask its administrators to issue it again without it, or not as critical (RFC 5280 section 4.2).",
      ],
    };
  }
  return undefined;
}

function nameConstraints(links: readonly Link[]): RefusedLink | undefined {
  const sentences = links.flatMap(({ name, der }) => {
    const { permitted = [], excluded = [] } = readExtensions(der).nameConstraints ?? {};
    return [
      ...(permitted.length === 0
        ? []
        : [`The CA "${name}" may only issue certificates for ${permitted.join(", ")}.`]),
      ...(excluded.length === 0
        ? []
        : [`The CA "${name}" must not issue certificates for ${excluded.join(", ")}.`]),
    ];
  });
  if (sentences.length === 0) return undefined;
  return {
    sentences: [
      ...sentences,
      "Ask the administrators of the CA to issue the certificate from a CA that may issue it.",
    ],
  };
}
