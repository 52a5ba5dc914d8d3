/**
 * Explains a presented certificate chain in sentences: who intercepts the connection, which certificates are weak, wrong
 * or missing, and what to do.
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { Findings } from "../failure/explain.ts";
import type { NetworkFault } from "../failure/fault.ts";
import { isLoopback } from "../route/route_table.ts";
import { isAddress } from "../tunnel/dial_tcp.ts";
import type { IssuerOrigin } from "./issuer_origin.ts";
import type { PresentedCertificate, PresentedChain } from "./presented_chain.ts";
import { refusedLink } from "./refused_link.ts";

/** The facts that a chain is judged by. */
export interface ChainContext {
  /** The reason why the chain was rejected; absent if the roots in force accept it. */
  readonly fault?: NetworkFault;
  /** The host that the certificate must be valid for, without brackets. */
  readonly host: string;
  readonly trust: TrustStore;
  /** Wall clock, ms since 1970. */
  readonly now: number;
}

/** The result of {@link chainFindings}. */
export interface ChainFindings extends Findings {
  /** The exact cause of the fault, if the message of the TLS library is ambiguous; a clause for the error message. */
  readonly reason?: string;
}

type Chain = readonly [PresentedCertificate, ...PresentedCertificate[]];

/**
 * Explains a chain.
 *
 * @param presented the chain that the server sent; without a certificate the result is empty
 */
export async function chainFindings(
  presented: PresentedChain,
  context: ChainContext,
): Promise<ChainFindings> {
  const [first, ...rest] = presented.certificates;
  if (first === undefined) return { sentences: [], details: {} };
  const chain: Chain = [first, ...rest];
  const [{ issuerOrigin }, { weaknesses }] = await Promise.all([
    import("./issuer_origin.ts"),
    import("../../trust/certificate/certificate_facts.ts"),
  ]);
  const origin = issuerOrigin(chain, context.trust);
  const intercepted = isIntercepted(origin, context.host);
  const weak = chain.flatMap((link, index) => weaknesses(link, `Certificate ${index + 1} of the chain`))
    // The signature of a root is not verified, so that its hash does not matter.
    .filter(({ code }) => code !== "weak_root_signature");
  const cause = context.fault === undefined ? undefined : refusedLink(chain, origin, context.fault);
  return {
    ...(cause?.reason === undefined ? {} : { reason: cause.reason }),
    sentences: [
      ...(intercepted ? [`This connection is intercepted by "${origin.name}".`] : []),
      ...(context.fault === undefined ? [] : cause?.sentences ??
        explainFault(chain, origin, intercepted, { ...context, fault: context.fault })),
      ...weak.map(({ message }) => `${message}.`),
    ],
    details: {
      intercepted,
      issuer_origin: origin.kind,
      presented_chain: chain.map(described),
      ...(presented.protocol === undefined ? {} : { tls_version: presented.protocol }),
    },
  };
}

/**
 * Returns whether the connection is intercepted: the certificate of a public host name was issued by a private CA.
 *
 * @param host without brackets
 */
function isIntercepted(origin: IssuerOrigin, host: string): boolean {
  return origin.kind !== "public" && isPublicName(host);
}

/** Returns whether a public CA may issue a certificate for a name. */
function isPublicName(host: string): boolean {
  if (isAddress(host) || isLoopback(host) || !host.includes(".")) return false;
  // RFC 6761, RFC 6762, RFC 9476, ICANN's .internal, and domains that companies use internally.
  return !/\.(test|example|invalid|localhost|local|internal|intranet|corp|home|lan|private|arpa|alt|onion)$/
    .test(host);
}

function explainFault(
  chain: Chain,
  origin: IssuerOrigin,
  intercepted: boolean,
  context: ChainContext & { readonly fault: NetworkFault },
): readonly string[] {
  const [leaf] = chain;
  // The server rejected the client, so its own certificate does not show the reason.
  if (context.fault.condition !== undefined) return [];
  if (origin.kind === "lookalike" || origin.kind === "unverifiable") {
    return unknownIssuer(chain, origin, intercepted);
  }
  switch (context.fault.code) {
    case "tls_unknown_issuer":
      return unknownIssuer(chain, origin, intercepted);
    case "tls_name_mismatch":
      if (isAddress(context.host) && leaf.altNames.includes(`DNS:${context.host}`)) {
        return [
          `The certificate has the address ${context.host} as a DNS name, which is not valid for an address: it must ` +
          "be reissued with an IP address entry in its subjectAltName.",
        ];
      }
      return [`The certificate is for ${listed(leaf.altNames)}, not for ${context.host}.`];
    case "tls_expired":
    case "tls_not_yet_valid":
      return outsideValidity(chain, context.now);
    case "tls_ca_as_leaf":
      return [
        `The server presents "${leaf.subject}", which has CA:TRUE; a server requires its own certificate, ` +
        "with CA:FALSE, issued by that CA.",
      ];
    default:
      return leaf.altNames.length === 0
        ? [`The certificate of "${leaf.subject}" has no subjectAltName; it must be reissued with one.`]
        : [`The server presents "${leaf.subject}", issued by "${leaf.issuer}".`];
  }
}

function unknownIssuer(
  chain: Chain,
  origin: IssuerOrigin,
  intercepted: boolean,
): readonly string[] {
  const remedy =
    "Get its CA bundle (PEM) from its administrators, and set CODEX_CA_CERTIFICATE or --ca-cert to it.";
  switch (origin.kind) {
    case "itself":
      return [`The certificate "${chain[0].subject}" of the server is self-signed. ${remedy}`];
    case "unverifiable":
      return [
        `A root named "${origin.name}" is in force, but ${
          origin.obstacle ?? "its signature cannot be verified"
        }.`,
      ];
    case "lookalike":
      return [
        `A root named "${origin.name}" is in force, but its key is not the key that signed the certificate: ` +
        `the bundle is out of date, or from another machine. ${remedy}`,
      ];
    case "public":
    case "trusted":
      return ["Its root is in force, but the chain to it is incomplete or has an invalid signature."];
    case "unknown": {
      const alone = chain.length === 1
        ? " The server sent only its own certificate: its issuer is either a root that is not trusted here, or an " +
          "intermediate that the server should have sent."
        : "";
      const known = intercepted ? "" : `The certificate was issued by "${origin.name}".`;
      return [`${known}${alone} ${remedy}`.trim()];
    }
  }
}

function outsideValidity(chain: Chain, now: number): readonly string[] {
  const at = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const wrong =
    chain.find(({ notBefore, notAfter }) => Date.parse(notBefore) > now || Date.parse(notAfter) < now) ??
      chain[0];
  return [
    `"${wrong.subject}" is valid from ${wrong.notBefore} to ${wrong.notAfter}; the clock of this machine shows ${at}.`,
    Date.parse(wrong.notBefore) > now
      ? "Check the clock first."
      : "If the clock is right, the administrators of the server (or of the interceptor) must renew it.",
  ];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 5).map((name) => name.replace(/^(DNS|IP Address):/, ""));
  return names.length > 5 ? `${shown.join(", ")} and ${names.length - 5} more` : shown.join(", ");
}

function described(link: PresentedCertificate): Readonly<Record<string, DetailValue>> {
  return {
    subject: link.subject,
    issuer: link.issuer,
    not_before: link.notBefore,
    not_after: link.notAfter,
    is_ca: link.isCa,
    key: link.keyBits === undefined ? link.keyType : `${link.keyType} ${link.keyBits}`,
    signature_hash: link.signatureHash,
    sha256: link.sha256,
  };
}
