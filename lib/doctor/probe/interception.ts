/**
 * Determines whether TLS is intercepted, and by whom.
 *
 * @module
 */
import type { PresentedChain } from "../../net/diagnosis/presented_chain.ts";
import type { ProbeResult } from "../../net/diagnosis/probe.ts";
import type { Route } from "../../net/route/route.ts";

/** The result, with the name of the CA in which the presented chain ends. */
export type Interception =
  /** A public CA issued the certificate, or the server presents the same CA without the proxy. */
  | { readonly kind: "none"; readonly by: string; readonly isPublic: boolean }
  /** A public name with a certificate of a private CA, or another CA than the server presents without the proxy. */
  | { readonly kind: "certain"; readonly by: string; readonly directly?: string }
  /** A private CA behind a proxy: either the CA of the server, or that of the proxy. */
  | { readonly kind: "perhaps"; readonly by: string };

/**
 * Names that never exist in the DNS (RFC 6761, RFC 7686, RFC 9476), so that they are not sent to a resolver.
 */
const NEVER_RESOLVED = /\.(test|invalid|example|onion|alt)$/;

/** Returns whether a host may be contacted without the proxy, to read its certificates. */
export function isWorthAskingDirectly(url: URL): boolean {
  return !NEVER_RESOLVED.test(url.hostname);
}

/**
 * Evaluates a presented chain.
 *
 * @param seen the probe of the route that turns take
 * @param route that route
 * @param direct returns the chain that the server presents without the proxy; called only if it is needed
 * @returns `undefined` if no chain was presented
 */
export async function interceptionOf(
  seen: ProbeResult,
  route: Route,
  direct: () => Promise<PresentedChain | undefined>,
): Promise<Interception | undefined> {
  const by = issuerOf(seen.chain);
  if (by === undefined) return undefined;
  const { details } = seen.findings;
  if (details["issuer_origin"] === "public") return { kind: "none", by, isPublic: true };
  if (details["intercepted"] === true) return { kind: "certain", by };
  if (route.kind === "direct") return { kind: "none", by, isPublic: false };
  const directly = issuerOf(await direct());
  if (directly === undefined) return { kind: "perhaps", by };
  return directly === by ? { kind: "none", by, isPublic: false } : { kind: "certain", by, directly };
}

/**
 * Returns the result as a sentence without a full stop.
 *
 * @param hostname the server that was asked
 * @param isTrusted whether the roots in force accept the chain
 */
export function describeInterception(found: Interception, hostname: string, isTrusted: boolean): string {
  const by = `"${commonName(found.by)}"`;
  switch (found.kind) {
    case "none":
      return `The certificate of ${hostname} is issued by ${by}` +
        (found.isPublic ? "" : `, a private CA${isTrusted ? " that is trusted here" : ""}`);
    case "certain":
      return `TLS is intercepted by ${by}, whose root is ${isTrusted ? "" : "not "}trusted here` +
        (found.directly === undefined
          ? ""
          : ` (${hostname} itself presents a certificate of "${commonName(found.directly)}")`);
    case "perhaps":
      return `TLS may be intercepted by ${by}, a private CA, which belongs to the proxy or to the server`;
  }
}

/** Returns the remedy for a missing root of an interceptor; `undefined` without interception. */
export function interceptionRemedy(found: Interception): string | undefined {
  if (found.kind === "none") return undefined;
  const certainly = found.kind === "certain" ? "is" : "may be";
  return `TLS ${certainly} intercepted by "${commonName(found.by)}". Ask your network team for its root CA ` +
    "(PEM), then set CODEX_CA_CERTIFICATE or --ca-cert.";
}

/** Returns the common name of a distinguished name, or all of it where it has none. */
export function commonName(name: string): string {
  return /(?:^|, )CN=([^,]+)/.exec(name)?.[1] ?? name;
}

/** Returns the outermost issuer that a chain names. */
function issuerOf(chain: PresentedChain | undefined): string | undefined {
  return chain?.certificates.at(-1)?.issuer;
}
