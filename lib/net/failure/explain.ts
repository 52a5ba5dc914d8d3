/**
 * Makes the error for the user from a {@link NetworkFault}: what was attempted, over which route, with which
 * roots, why it failed, and what to do next. The doctor uses the same code.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import { describeRoute, type Route } from "../route/route.ts";
import { advice } from "./advice.ts";
import type { NetworkFault } from "./fault.ts";

/** The attempt that failed. */
export interface Attempted {
  readonly url: URL;
  readonly route: Route;
  readonly trust: TrustStore;
}

/** The result of a probe that is added to a fault. */
export interface Findings {
  /** Full sentences for people, the most telling first. */
  readonly sentences: readonly string[];
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** Returns the target of a URL as `host:port`, with the default port of the scheme if the URL has none. */
export function hostAndPort(url: URL): string {
  if (url.port !== "") return url.host;
  return `${url.host}:${url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80}`;
}

/** Returns the doctor command for a target. Only its origin is named: a path or query may be private. */
export function doctorCommand(url: URL): string {
  return `culvert doctor ${url.origin.replace(/^ws/, "http")}`;
}

/** Returns the command that shows the certificates that a target presents. */
export function fetchCommand(url: URL): string {
  return `culvert ca fetch ${url.host}`;
}

/** Returns whether a fault is about certificates or TLS, so that its explanation names the roots. */
function isTlsFault(fault: NetworkFault): boolean {
  return fault.code.startsWith("tls_");
}

/**
 * Makes the error.
 *
 * @param findings the result of a probe of the same route, if one was made
 */
export function explain(fault: NetworkFault, attempted: Attempted, findings?: Findings): CulvertError {
  const { url, route, trust } = attempted;
  const hasFindings = findings !== undefined && findings.sentences.length > 0;
  const sentences = [
    ...findings?.sentences ?? [],
    ...(hasFindings ? [] : fault.remedy === undefined ? advice(fault, route) : [fault.remedy]),
    ...(isIssuerMissing(fault, findings) ? [`${fetchCommand(url)} shows what is presented.`] : []),
    `For all checks: ${doctorCommand(url)}`,
  ];
  return new CulvertError(fault.code, messageOf(fault, attempted), {
    hint: sentences.join(" "),
    details: {
      host: url.hostname,
      port: Number(hostAndPort(url).replace(/^.*:/, "")),
      route: describeRoute(route),
      failed_at: fault.at,
      ...(fault.stage === undefined ? {} : { stage: fault.stage }),
      ...(fault.condition === undefined ? {} : { condition: fault.condition }),
      ...(route.kind === "proxy" ? { proxy_source: route.source } : {}),
      ...(fault.proxyStatus === undefined ? {} : { proxy_status: fault.proxyStatus }),
      ...(fault.challenges === undefined ? {} : { proxy_challenges: fault.challenges }),
      ...(isTlsFault(fault) ? trustDetails(trust) : {}),
      ...(fault.text === undefined ? {} : { reason: fault.text }),
      ...findings?.details,
    },
  });
}

function messageOf(fault: NetworkFault, { url, route, trust }: Attempted): string {
  const way = route.kind === "direct" ? `directly, because ${route.reason}` : `by ${describeRoute(route)}`;
  const where = fault.at === "proxy" && !fault.reason.includes("proxy") ? "at the proxy, " : "";
  const roots = fault.code.startsWith("tls_") && fault.condition === undefined
    ? `; trusted roots: ${describeRoots(trust)}`
    : "";
  const what = fault.stage === "open" ? "Lost the connection to" : "Cannot reach";
  return `${what} ${hostAndPort(url)} (${way}): ${where}${fault.reason}${roots}`;
}

/** Returns whether another bundle would help, so that the next step is to show the presented chain. */
function isIssuerMissing(fault: NetworkFault, findings: Findings | undefined): boolean {
  if (findings === undefined || findings.sentences.length === 0) return false;
  return fault.code === "tls_unknown_issuer" || findings.details["issuer_origin"] === "lookalike";
}

/** Describes the trusted roots, with the variable and the file if a bundle is part of them. */
export function describeRoots(trust: TrustStore): string {
  const source = trust.bundle?.source;
  if (source === undefined) return trust.description;
  const named = [source.name, source.path].filter((part) => !trust.description.includes(part));
  return named.length === 0 ? trust.description : `${trust.description} (${named.join(" = ")})`;
}

function trustDetails(trust: TrustStore): Readonly<Record<string, DetailValue>> {
  const source = trust.bundle?.source;
  return {
    roots: { ...trust.counts },
    ...(source === undefined ? {} : { bundle_source: source.name, bundle_path: source.path }),
  };
}
