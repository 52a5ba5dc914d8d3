/**
 * Returns the advice for a network failure without a result of a probe.
 *
 * @module
 */
import type { Route } from "../route/route.ts";
import type { NetworkFault } from "./fault.ts";
import { lacksBasic } from "./proxy_auth.ts";

/** The advice for a server that requires a client certificate, or rejected it. */
export const CLIENT_CERTIFICATE_ADVICE = {
  required:
    "Give the certificate and its key with --client-cert FILE --client-key FILE, or with CULVERT_CLIENT_CERT " +
    "and CULVERT_CLIENT_KEY.",
  rejected:
    "Check that the file of --client-cert or CULVERT_CLIENT_CERT has the whole chain, is not expired, and was " +
    "issued by a CA that the server accepts.",
} as const;

/** The advice for a network whose users must log in, or a proxy that redirects them to a page where they do. */
export const NETWORK_LOGIN_ADVICE =
  "The network requires a login: open a web page in a browser, log in, and try again.";

/** Returns whether a proxy answers with this status to CONNECT so that a user logs in: a redirect, or 511 (RFC 6585 §6). */
function requiresLogin(status: number): boolean {
  return status === 511 || (status >= 300 && status < 400);
}

/** Returns the advice as full sentences. */
export function advice(fault: NetworkFault, route: Route): readonly string[] {
  const source = route.kind === "proxy" ? route.source : "HTTPS_PROXY";
  const isAtProxy = fault.at === "proxy";
  switch (fault.condition) {
    case "client_certificate_required":
      return [CLIENT_CERTIFICATE_ADVICE.required];
    case "client_certificate_rejected":
      return [CLIENT_CERTIFICATE_ADVICE.rejected];
    case "no_application_protocol":
      return ["A websocket requires HTTP/1.1; use --transport sse."];
    case "proxy_scheme":
    case undefined:
      break;
  }
  switch (fault.code) {
    case "tls_unknown_issuer":
      return [
        "If this network intercepts TLS, set CODEX_CA_CERTIFICATE or --ca-cert to its CA bundle (PEM).",
      ];
    case "tls_expired":
    case "tls_not_yet_valid":
      return ["Compare the clock of this machine with the dates of the certificate."];
    case "proxy_auth":
      return [proxyCredentialsAdvice(fault.challenges ?? [], route)];
    case "config":
      return ["Configure the server to listen on another port."];
    case "proxy_refused":
      if (requiresLogin(fault.proxyStatus ?? 0)) return [NETWORK_LOGIN_ADVICE];
      return [`Check the address in ${source}, and whether this proxy may reach the host.`];
    case "dns":
      return isAtProxy
        ? [`Check the host name in ${source}.`]
        : ["If this network resolves external names only through a proxy, set HTTPS_PROXY."];
    case "connect":
    case "connect_timeout":
      if (fault.stage === "upgrade") return ["Some proxies accept a websocket upgrade but never answer it."];
      return isAtProxy
        ? [`Check the address in ${source}, and whether the proxy is running.`]
        : ["Check host and port, and whether the server is running."];
    case "tls_handshake":
      if (/accepts none|not secure/.test(fault.reason)) {
        return [
          "Ask the administrators of the server, or of the interceptor in front of it, to allow TLS 1.2 with ECDHE and " +
          "AES-GCM, or TLS 1.3.",
        ];
      }
      if (!fault.reason.includes("speak TLS")) return [];
      return isAtProxy
        ? [`Check port and scheme in ${source}: the address of a proxy without TLS begins with http://.`]
        : ["Check port and scheme of the address: the address of a server without TLS begins with http://."];
    case "reset":
      if (!fault.reason.includes("during the TLS handshake")) return [];
      return [
        "A firewall may cut TLS connections to this host. Ask your network team" +
        (route.kind === "proxy" ? "." : ", or set HTTPS_PROXY."),
      ];
    default:
      return [];
  }
}

/**
 * Returns the advice for a 407. Only Basic, and user and password of SOCKS5, are supported.
 *
 * @param challenges the schemes that the proxy requested, if known
 */
function proxyCredentialsAdvice(challenges: readonly string[], route: Route): string {
  const proxy = route.kind === "proxy" ? route : undefined;
  // A password on the command line is visible to every process of the machine.
  const variable = proxy === undefined || proxy.source === "--proxy" ? "HTTPS_PROXY" : proxy.source;
  if (lacksBasic(challenges)) {
    return `The proxy asks for ${challenges.join(" or ")}, which culvert does not support; run a local ` +
      `authenticating proxy such as px or cntlm, and set ${variable} to its address.`;
  }
  if (proxy?.proxy.username !== undefined) {
    return `Check user and password in ${proxy.source}; special characters must be percent-encoded.`;
  }
  const scheme = proxy?.proxy.scheme ?? "http";
  if (proxy?.source === "--proxy") {
    return `Put the address with user and password into ${variable}, and remove --proxy, which takes precedence: ` +
      `${scheme}://user:password@host:port, percent-encoded.`;
  }
  return `Put user and password into ${variable}: ${scheme}://user:password@host:port, percent-encoded.`;
}
