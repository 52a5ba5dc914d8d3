/**
 * From the words of the runtime to a {@link NetworkFault}. Deno gives neither codes nor types for what goes
 * wrong below `fetch`, `Deno.connect` and `Deno.startTls`, only text; the texts here were seen in 2.4.2 and
 * 2.9.6 against servers and proxies that fail in each way, and the tests do so again.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import { FaultError, type NetworkFault } from "./fault.ts";
import type { Route } from "../route/route.ts";

interface Rule {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly reason: string;
  /** `proxy`: always the proxy's end. `nearest`: the proxy's if there is one. Default: the target's. */
  readonly at?: "proxy" | "nearest";
  /** Holds on a SOCKS route only: the words are those of RFC 1928's reply codes. */
  readonly socks?: true;
}

const RULES: readonly Rule[] = [
  {
    pattern: /peer certificate: UnknownIssuer/,
    code: "tls_unknown_issuer",
    reason: "its certificate was issued by a CA that is not among the roots in force",
  },
  {
    pattern: /not valid for any names/,
    code: "tls_bad_certificate",
    reason: "its certificate names no host: it has no subjectAltName, and the common name no longer counts",
  },
  {
    pattern: /not valid for name|NotValidForName/,
    code: "tls_name_mismatch",
    reason: "its certificate is for another name",
  },
  {
    pattern: /certificate not valid yet|NotValidYet/,
    code: "tls_not_yet_valid",
    reason: "its certificate is not valid yet by the clock of this machine",
  },
  {
    pattern: /certificate expired|peer certificate: Expired/,
    code: "tls_expired",
    reason: "its certificate has expired",
  },
  {
    pattern: /CaUsedAsEndEntity/,
    code: "tls_ca_as_leaf",
    reason: "it presents a CA certificate (CA:TRUE) as its own",
  },
  {
    pattern: /UnsupportedCertVersion/,
    code: "tls_bad_certificate",
    reason: "its certificate is of X.509 version 1, which the TLS library refuses for servers",
  },
  {
    pattern: /UnsupportedSignatureAlgorithm/,
    code: "tls_bad_certificate",
    reason: "its certificate is signed by an algorithm the TLS library refuses, such as one with SHA-1",
  },
  {
    pattern: /peer certificate: BadSignature/,
    code: "tls_bad_certificate",
    reason: "a signature in its chain does not hold: it is by another key than that of the root in force, " +
      "or by an RSA key below 2048 bits",
  },
  {
    pattern: /extended key usage|InvalidPurpose/,
    code: "tls_bad_certificate",
    reason: "its certificate is not meant for servers (extended key usage)",
  },
  {
    pattern: /invalid peer certificate/,
    code: "tls_bad_certificate",
    reason: "the TLS library refuses its certificate",
  },
  {
    pattern: /alert: (CertificateRequired|NoCertificate)/,
    code: "tls_handshake",
    reason: "it asks for a client certificate",
  },
  {
    pattern: /alert: (ProtocolVersion|HandshakeFailure|InsufficientSecurity)/,
    code: "tls_handshake",
    reason: "it offers no TLS version or cipher that is still accepted (TLS 1.2 and 1.3 are)",
  },
  { pattern: /fatal alert/, code: "tls_handshake", reason: "it broke the TLS handshake off" },
  {
    pattern: /corrupt message|InvalidContentType|wrong version number/i,
    code: "tls_handshake",
    reason: "what answers there does not speak TLS",
  },
  {
    pattern: /proxy authentication required/i,
    code: "proxy_auth",
    reason: "the proxy does not accept the credentials, or the lack of them (407)",
    at: "proxy",
  },
  {
    pattern: /No acceptable auth methods|Password auth failure/,
    code: "proxy_auth",
    reason: "the SOCKS proxy does not accept the credentials, or the lack of them",
    at: "proxy",
  },
  {
    pattern: /proxy headers too long/,
    code: "proxy_refused",
    reason: "the proxy's answer to CONNECT is longer than 8 KiB",
    at: "proxy",
  },
  {
    pattern: /unexpected eof while tunneling/i,
    code: "proxy_refused",
    reason: "the proxy closed the connection instead of answering CONNECT",
    at: "proxy",
  },
  {
    pattern: /unsuccessful tunnel/,
    code: "proxy_refused",
    reason: "the proxy refused the tunnel, or is not a proxy",
    at: "proxy",
  },
  {
    pattern: /Invalid response version|unexpected end of file/,
    code: "proxy_refused",
    reason: "what answers there is not a SOCKS5 proxy",
    at: "proxy",
    socks: true,
  },
  {
    pattern: /not allowed by ruleset|General SOCKS server failure|Command not supported/i,
    code: "proxy_refused",
    reason: "the SOCKS proxy refused the connection",
    at: "proxy",
    socks: true,
  },
  {
    pattern: /Proxy server unreachable/,
    code: "connect",
    reason: "the proxy cannot be reached",
    at: "proxy",
  },
  {
    pattern: /(?:Connection refused|(?:Network|Host) unreachable|TTL expired)(?! \(os error)/,
    code: "connect",
    reason: "the SOCKS proxy could not connect to it",
    socks: true,
  },
  {
    pattern: /dns error|failed to lookup address|getaddrinfo|No such host|ENOTFOUND/i,
    code: "dns",
    reason: "its name could not be resolved",
    at: "nearest",
  },
  {
    pattern: /timed out \(os error|ETIMEDOUT|did not properly respond/,
    code: "connect_timeout",
    reason: "no connection was made before the system gave up",
    at: "nearest",
  },
  {
    pattern: /Connection refused|ECONNREFUSED|actively refused/,
    code: "connect",
    reason: "the connection was refused",
    at: "nearest",
  },
  {
    pattern: /unreachable|No route to host|EHOSTUNREACH|ENETUNREACH/i,
    code: "connect",
    reason: "there is no way to it from here",
    at: "nearest",
  },
  {
    pattern: /Requests to port \d+ are blocked/,
    code: "config",
    reason: "its port is one that web clients must not use (WHATWG fetch, port blocking)",
  },
  {
    pattern: /tls handshake eof/,
    code: "reset",
    reason: "the connection was closed during the TLS handshake",
  },
  {
    pattern: /invalid HTTP version|invalid HTTP header|invalid HTTP status/i,
    code: "connect",
    reason: "what answers there does not speak HTTP",
    at: "nearest",
  },
  {
    pattern:
      /reset by peer|ECONNRESET|broken pipe|EPIPE|forcibly closed|connection (was )?aborted|closed before message|unexpected[ -]eof|unexpected end of file|close_notify|reading a body|connection error|SendRequest|stream error|http2 error/i,
    code: "reset",
    reason: "the connection was cut",
  },
  { pattern: /tcp connect error/, code: "connect", reason: "no connection could be made", at: "nearest" },
];

/**
 * Recognises a failure of the network.
 *
 * @param thrown what `fetch`, a body, or one of the socket functions threw
 * @param route the way that was taken
 * @returns nothing where it is no failure of the network
 */
export function classify(thrown: unknown, route: Route): NetworkFault | undefined {
  if (thrown instanceof FaultError) return thrown.fault;
  const text = chainText(thrown);
  const socks = route.kind === "proxy" && route.proxy.scheme.startsWith("socks");
  const rule = RULES.find((rule) => (rule.socks !== true || socks) && rule.pattern.test(text));
  if (rule !== undefined) {
    const proxied = route.kind === "proxy";
    const at = rule.at === "proxy" || (rule.at === "nearest" && proxied) ? "proxy" : "target";
    return { code: rule.code, at, reason: rule.reason, text };
  }
  if (!/fetch failed|client error|os error/.test(text)) return undefined;
  return { code: "connect", at: "target", reason: "no connection could be made", text };
}

/** The messages of an error and of what lies under it, without addresses: those may hold a query or a user. */
function chainText(thrown: unknown): string {
  const parts: string[] = [];
  for (let error = thrown; error instanceof Error && parts.length < 8; error = error.cause) {
    parts.push(error.message);
  }
  return parts.join(": ")
    .replace(/ (?:from \S+ )?for (?:url )?\(?[a-z]+:\/\/[^\s)]*\)?(?: \([^)]*\))?/g, "")
    .replace(/[a-z][a-z0-9+.-]*:\/\/\S+/g, "…")
    .slice(0, 300);
}
