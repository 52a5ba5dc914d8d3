/**
 * Whether somebody reads along, and who.
 *
 * @module
 */
import type { PresentedChain } from "../../net/diagnosis/presented_chain.ts";
import type { ProbeResult } from "../../net/diagnosis/probe.ts";
import type { Route } from "../../net/route/route.ts";

/** The answer, with the name that the chain ends in. */
export type Interception =
  /** A CA that everybody knows vouches for the server, or the server says the same to whoever comes directly. */
  | { readonly kind: "none"; readonly by: string; readonly isPublic: boolean }
  /** A public name with a private CA, or another CA than the server itself presents. */
  | { readonly kind: "certain"; readonly by: string; readonly directly?: string }
  /** A private CA behind a proxy: the server's own, or the proxy's. */
  | { readonly kind: "perhaps"; readonly by: string };

/** Names under these are never found in the DNS (RFC 6761, RFC 7686, RFC 9476): nobody is asked for them. */
const NEVER_FOUND = /\.(test|invalid|example|onion|alt)$/;

/** Whether it may help to ask a host directly what it presents. */
export function isWorthAskingDirectly(url: URL): boolean {
  return !NEVER_FOUND.test(url.hostname);
}

/**
 * Judges what was presented.
 *
 * @param seen by the route that turns take
 * @param route that route
 * @param direct asks the server itself, past the proxy; called only where its answer decides
 * @returns nothing where no chain was seen
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
  const itself = issuerOf(await direct());
  if (itself === undefined) return { kind: "perhaps", by };
  return itself === by ? { kind: "none", by, isPublic: false } : { kind: "certain", by, directly: itself };
}

/**
 * The answer in words, without a full stop.
 *
 * @param hostname of the server that was asked for
 * @param isTrusted whether the roots in force accept the chain
 */
export function describeInterception(found: Interception, hostname: string, isTrusted: boolean): string {
  switch (found.kind) {
    case "none":
      return `${hostname} is vouched for by "${found.by}"` +
        (found.isPublic ? "" : `, a CA of no public kind${isTrusted ? " that is trusted here" : ""}`);
    case "certain":
      return `Intercepted by "${found.by}", whose root is ${isTrusted ? "" : "not "}trusted here` +
        (found.directly === undefined ? "" : ` (${hostname} itself presents one of "${found.directly}")`);
    case "perhaps":
      return `Perhaps intercepted by "${found.by}", a CA of no public kind: the proxy's, or the server's own`;
  }
}

/** The outermost issuer that a chain names. */
function issuerOf(chain: PresentedChain | undefined): string | undefined {
  return chain?.certificates.at(-1)?.issuer;
}
