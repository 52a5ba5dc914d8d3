/**
 * What a presented chain says about a failure, in sentences: who intercepts, what is weak, odd or missing, and
 * what to do about it.
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

/** What the sentences are made of. */
export interface ChainContext {
  /** Why the chain was refused; absent where the roots in force accept it. */
  readonly fault?: NetworkFault;
  /** Whom the certificate should name, without brackets. */
  readonly host: string;
  readonly trust: TrustStore;
  /** Wall clock, ms. */
  readonly now: number;
}

/** What the chain says. */
export interface ChainFindings extends Findings {
  /** The exact reason of the fault, where the words of the TLS library leave several; a clause for the message. */
  readonly reason?: string;
}

type Chain = readonly [PresentedCertificate, ...PresentedCertificate[]];

/**
 * Writes the sentences.
 *
 * @param presented what the server sent, with at least one certificate
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
    // On a root, an old hash hurts nobody.
    .filter(({ code }) => code !== "weak_root_signature");
  const cause = context.fault === undefined ? undefined : refusedLink(chain, origin, context.fault);
  return {
    ...(cause?.reason === undefined ? {} : { reason: cause.reason }),
    sentences: [
      ...(intercepted ? [`This connection is intercepted by "${origin.name}".`] : []),
      ...(context.fault === undefined ? [] : cause?.sentences ??
        aboutTheFault(chain, origin, intercepted, { ...context, fault: context.fault })),
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
 * Whether somebody stands in between: a name of the public internet is answered for by a CA that is not public.
 *
 * @param host without brackets
 */
export function isIntercepted(origin: IssuerOrigin, host: string): boolean {
  return origin.kind !== "public" && isPublicName(host);
}

/** Whether a name could have a certificate of a public CA at all. */
function isPublicName(host: string): boolean {
  if (isAddress(host) || isLoopback(host) || !host.includes(".")) return false;
  // RFC 6761, RFC 6762, RFC 9476, ICANN's .internal, and what companies use for themselves.
  return !/\.(test|example|invalid|localhost|local|internal|intranet|corp|home|lan|private|arpa|alt|onion)$/
    .test(host);
}

function aboutTheFault(
  chain: Chain,
  origin: IssuerOrigin,
  intercepted: boolean,
  context: ChainContext & { readonly fault: NetworkFault },
): readonly string[] {
  const [leaf] = chain;
  // The server refuses the client, for a reason that its own certificate does not show.
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
          `The certificate has the address ${context.host} as a DNS name, which does not count for an address: it must ` +
          "be issued anew with an IP address entry in its subjectAltName.",
        ];
      }
      return [`The certificate is for ${listed(leaf.altNames)}, not for ${context.host}.`];
    case "tls_expired":
    case "tls_not_yet_valid":
      return outOfTime(chain, context.now);
    case "tls_ca_as_leaf":
      return [
        `The server presents "${leaf.subject}", which has CA:TRUE; a server needs a certificate of its own, ` +
        "with CA:FALSE, issued by that CA.",
      ];
    default:
      return leaf.altNames.length === 0
        ? [`The certificate of "${leaf.subject}" has no subjectAltName; it must be issued anew with one.`]
        : [`The server presents "${leaf.subject}", issued by "${leaf.issuer}".`];
  }
}

function unknownIssuer(
  chain: Chain,
  origin: IssuerOrigin,
  intercepted: boolean,
): readonly string[] {
  const remedy =
    "Get its CA bundle (PEM) from its administrators and point CODEX_CA_CERTIFICATE or --ca-cert at it.";
  switch (origin.kind) {
    case "itself":
      return [`The server signed its certificate "${chain[0].subject}" itself. ${remedy}`];
    case "unverifiable":
      return [
        `A root named "${origin.name}" is in force, but ${
          origin.obstacle ?? "its signature cannot be verified"
        }.`,
      ];
    case "lookalike":
      return [
        `A root named "${origin.name}" is in force, but it has another key than the one that signed: ` +
        `the bundle is out of date, or from another machine. ${remedy}`,
      ];
    case "public":
    case "trusted":
      return ["Its root is in force, but the chain between them is incomplete or wrongly signed."];
    case "unknown": {
      const alone = chain.length === 1
        ? " The server sent its own certificate alone: either that issuer is a root missing here, or an " +
          "intermediate that the server should have sent."
        : "";
      const known = intercepted ? "" : `The certificate was issued by "${origin.name}".`;
      return [`${known}${alone} ${remedy}`.trim()];
    }
  }
}

function outOfTime(chain: Chain, now: number): readonly string[] {
  const at = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  const wrong =
    chain.find(({ notBefore, notAfter }) => Date.parse(notBefore) > now || Date.parse(notAfter) < now) ??
      chain[0];
  return [
    `"${wrong.subject}" is valid from ${wrong.notBefore} to ${wrong.notAfter}; the clock of this machine says ${at}.`,
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
