/**
 * From a {@link NetworkFault} to the error that the user reads: what was attempted, by which route, with which
 * roots, why it failed, and the next command to type. The doctor says the same, by the same code.
 *
 * @module
 */
import { CulvertError, type DetailValue } from "../../errors.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { NetworkFault } from "./fault.ts";
import { describeRoute, type Route } from "../route/route.ts";

/** What was attempted. */
export interface Attempted {
  readonly url: URL;
  readonly route: Route;
  readonly trust: TrustStore;
}

/** What a closer look added to a fault. */
export interface Findings {
  /** Full sentences for people, most telling first. */
  readonly sentences: readonly string[];
  readonly details: Readonly<Record<string, DetailValue>>;
}

/** `host:port` as the target is reached. */
export function hostAndPort(url: URL): string {
  if (url.port !== "") return url.host;
  return `${url.host}:${url.protocol === "https:" || url.protocol === "wss:" ? 443 : 80}`;
}

/** The doctor command for a target. Only its origin is named: a path or query may be private. */
export function doctorCommand(url: URL): string {
  return `culvert doctor ${url.origin.replace(/^ws/, "http")}`;
}

/** The command that shows what a target presents. */
export function fetchCommand(url: URL): string {
  return `culvert ca fetch ${url.host}`;
}

/** Whether the fault is about certificates, so that roots and chain belong into its explanation. */
export function isTlsFault(fault: NetworkFault): boolean {
  return fault.code.startsWith("tls_");
}

/**
 * Makes the error.
 *
 * @param findings what a probe of the same route saw, where one was made
 */
export function explain(fault: NetworkFault, attempted: Attempted, findings?: Findings): CulvertError {
  const { url, route, trust } = attempted;
  const way = route.kind === "direct" ? `directly, because ${route.reason}` : `by ${describeRoute(route)}`;
  const where = fault.at === "proxy" && !fault.reason.includes("proxy") ? "at the proxy, " : "";
  const roots = isTlsFault(fault) ? `; roots in force: ${describeRoots(trust)}` : "";
  const sentences = [
    ...findings?.sentences ?? [],
    ...(findings === undefined || findings.sentences.length === 0 ? advice(fault, route) : []),
    ...(isIssuerMissing(fault, findings) ? [`${fetchCommand(url)} shows what is presented.`] : []),
    `For the whole picture: ${doctorCommand(url)}`,
  ];
  return new CulvertError(
    fault.code,
    `Cannot reach ${hostAndPort(url)} (${way}): ${where}${fault.reason}${roots}`,
    {
      hint: sentences.join(" "),
      details: {
        host: url.hostname,
        port: Number(hostAndPort(url).replace(/^.*:/, "")),
        route: describeRoute(route),
        failed_at: fault.at,
        ...(fault.stage === undefined ? {} : { stage: fault.stage }),
        ...(route.kind === "proxy" ? { proxy_source: route.source } : {}),
        ...(fault.proxyStatus === undefined ? {} : { proxy_status: fault.proxyStatus }),
        ...(fault.challenges === undefined ? {} : { proxy_challenges: fault.challenges }),
        ...(isTlsFault(fault) ? trustDetails(trust) : {}),
        ...(fault.text === undefined ? {} : { reason: fault.text }),
        ...findings?.details,
      },
    },
  );
}

/** Whether another bundle would help, so that a look at the presented chain is the next step. */
function isIssuerMissing(fault: NetworkFault, findings: Findings | undefined): boolean {
  if (findings === undefined || findings.sentences.length === 0) return false;
  return fault.code === "tls_unknown_issuer" || findings.details["issuer_origin"] === "lookalike";
}

/** Which roots, with the variable and the file where a bundle is part of them. */
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

/** What to do where no probe could say more. */
function advice(fault: NetworkFault, route: Route): readonly string[] {
  const source = route.kind === "proxy" ? route.source : "HTTPS_PROXY";
  switch (fault.code) {
    case "tls_unknown_issuer":
      return [
        "If this network inspects TLS, point CODEX_CA_CERTIFICATE at its CA bundle (PEM), or use --ca-cert.",
      ];
    case "tls_expired":
    case "tls_not_yet_valid":
      return ["Compare the clock of this machine with the certificate's dates."];
    case "proxy_auth":
      return [proxyCredentialsAdvice(fault.challenges ?? [], route)];
    case "config":
      return ["Let the server listen on another port."];
    case "proxy_refused":
      return [`Check the address in ${source}, and whether this proxy may reach the host.`];
    case "dns":
      return fault.at === "proxy"
        ? [`Check the host name in ${source}.`]
        : ["If this network resolves outside names only through a proxy, set HTTPS_PROXY."];
    case "connect":
    case "connect_timeout":
      if (fault.stage === "upgrade") return ["Some proxies hold websockets back without an answer."];
      return fault.at === "proxy"
        ? [`Check the address in ${source}, and whether the proxy is up.`]
        : ["Check host and port, and whether the server is up."];
    case "tls_handshake":
      if (!fault.reason.includes("speak TLS")) return [];
      return fault.at === "proxy"
        ? [`Check port and scheme in ${source}: a proxy without TLS has http://.`]
        : ["Check port and scheme of the address: a server without TLS has http://."];
    default:
      return [];
  }
}

/**
 * What to do about a 407. Only Basic (and SOCKS5 user and password) is spoken.
 *
 * @param challenges the schemes the proxy asked for, if known
 */
export function proxyCredentialsAdvice(challenges: readonly string[], route: Route): string {
  const proxy = route.kind === "proxy" ? route : undefined;
  // A password on the command line is seen by every process of the machine.
  const variable = proxy === undefined || proxy.source === "--proxy" ? "HTTPS_PROXY" : proxy.source;
  if (challenges.length > 0 && !challenges.some((scheme) => scheme.toLowerCase() === "basic")) {
    return `The proxy asks for ${challenges.join(" or ")}, which culvert does not speak; run a local ` +
      `authenticating proxy such as px or cntlm and point ${variable} at it.`;
  }
  if (proxy?.proxy.username !== undefined) {
    return `Check user and password in ${proxy.source}; special characters must be percent-encoded.`;
  }
  const scheme = proxy?.proxy.scheme ?? "http";
  return `Put user and password into ${variable}: ${scheme}://user:password@host:port, percent-encoded.`;
}
