/**
 * The error texts of the runtime for network failures. Deno gives neither codes nor types for failures below
 * `fetch`, `Deno.connect` and `Deno.startTls`, only text. The texts were observed with Deno 2.9.6 against
 * servers and proxies that fail in each way, and the tests provoke them again. `node:tls`, which is used for
 * client certificates, reports certificate failures in the words of OpenSSL.
 *
 * @module
 */
import type { ErrorCode } from "../../errors.ts";
import type { Condition } from "./fault.ts";

/** One error text. */
export interface Wording {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  /** A clause for the message, lower-case start. */
  readonly reason: string;
  /**
   * `proxy`: always the proxy's end. `nearest`: the proxy's, if there is one. `responder`: the end that
   * answers the request, which is the proxy only if it forwards a plain request. Default: that of the stage.
   */
  readonly at?: "proxy" | "nearest" | "responder";
  /** A condition that callers distinguish in addition to the code. */
  readonly condition?: Condition;
  /** Only on a SOCKS route: the texts are those of the reply codes of RFC 1928. */
  readonly socks?: true;
}

/** The server's certificate was refused. */
export const CERTIFICATE: readonly Wording[] = [
  {
    pattern: /peer certificate: UnknownIssuer|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY)/,
    code: "tls_unknown_issuer",
    reason: "its certificate was issued by an untrusted CA",
  },
  {
    pattern: /not valid for any names/,
    code: "tls_bad_certificate",
    reason:
      "its certificate contains no names: it has no subjectAltName, and the common name is no longer used",
  },
  {
    pattern: /not valid for name|NotValidForName|ERR_TLS_CERT_ALTNAME_INVALID/,
    code: "tls_name_mismatch",
    reason: "its certificate is for another name",
  },
  {
    pattern: /certificate not valid yet|NotValidYet|CERT_NOT_YET_VALID/,
    code: "tls_not_yet_valid",
    reason: "its certificate is not valid yet by the clock of this machine",
  },
  {
    pattern: /certificate expired|peer certificate: Expired|CERT_HAS_EXPIRED/,
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
    reason: "its certificate is signed by an algorithm that the TLS library refuses, such as one with SHA-1",
  },
  {
    pattern: /peer certificate: BadSignature/,
    code: "tls_bad_certificate",
    reason:
      "a signature in its chain could not be verified: it was made by a key other than the key of the trusted " +
      "root, or by an RSA key below 2048 bits",
  },
  {
    pattern: /extended key usage|InvalidPurpose|INVALID_PURPOSE/,
    code: "tls_bad_certificate",
    reason: "its certificate is not meant for servers (extended key usage)",
  },
  {
    pattern: /UnsupportedCriticalExtension|UnhandledCriticalExtension/,
    code: "tls_bad_certificate",
    reason: "a certificate of its chain has a critical extension that the TLS library does not know",
  },
  {
    pattern: /NameConstraintViolation/,
    code: "tls_bad_certificate",
    reason: "the name constraints of a CA of its chain do not allow its name",
  },
  {
    pattern: /UnsupportedNameType|MalformedNameConstraint|InvalidNetworkMaskConstraint/,
    code: "tls_bad_certificate",
    reason: "a CA of its chain has name constraints of a kind that the TLS library cannot process",
  },
  {
    pattern: /MalformedDnsIdentifier|MalformedExtensions|BadEncoding|BadDer/,
    code: "tls_bad_certificate",
    reason: "a certificate of its chain is malformed",
  },
  {
    pattern: /PathLenConstraintViolated/,
    code: "tls_bad_certificate",
    reason: "its chain is longer than a CA of the chain allows (path length constraint)",
  },
  {
    pattern: /peer certificate: Revoked|CERT_REVOKED/,
    code: "tls_bad_certificate",
    reason: "its certificate was revoked",
  },
  {
    pattern: /invalid peer certificate/,
    code: "tls_bad_certificate",
    reason: "the TLS library refuses its certificate",
  },
];

/**
 * The server refuses the client for its certificate. On TLS 1.3 this arrives after the handshake, at the first read.
 */
export const CLIENT_CERTIFICATE: readonly Wording[] = [
  {
    pattern: /alert: (CertificateRequired|NoCertificate)/,
    code: "tls_handshake",
    reason: "it requires a client certificate",
    condition: "client_certificate_required",
  },
  {
    pattern:
      /alert: (BadCertificate|UnsupportedCertificate|CertificateRevoked|CertificateExpired|CertificateUnknown|UnknownCA|AccessDenied|DecryptError)\b/,
    code: "tls_handshake",
    reason: "it rejected the client certificate",
    condition: "client_certificate_rejected",
  },
];

/** The handshake failed for another reason. */
export const HANDSHAKE: readonly Wording[] = [
  {
    pattern: /alert: NoApplicationProtocol/,
    code: "tls_handshake",
    reason: "it does not speak HTTP/1.1 (no_application_protocol)",
    condition: "no_application_protocol",
  },
  {
    pattern:
      /alert: (ProtocolVersion|HandshakeFailure|InsufficientSecurity)|PeerIncompatible|peer is incompatible/,
    code: "tls_handshake",
    reason: "it accepts none of the TLS versions (1.2, 1.3) and ciphers that are offered",
  },
  {
    pattern: /alert: Unrecogni[sz]edName/,
    code: "tls_handshake",
    reason: "it does not serve the requested name (unrecognized_name)",
  },
  {
    pattern: /fatal alert: (\w+)/,
    code: "tls_handshake",
    reason: "it aborted the TLS handshake",
  },
  {
    pattern: /corrupt message|InvalidContentType|wrong version number/i,
    code: "tls_handshake",
    reason: "the server there does not speak TLS",
  },
  {
    pattern: /tls handshake eof|before secure TLS connection was established/,
    code: "reset",
    reason: "the connection was closed during the TLS handshake",
  },
];

/**
 * Refusals of the proxy, as reported by the runtime's client. The tunnels in `lib/net/tunnel/` throw faults
 * instead.
 */
export const PROXY: readonly Wording[] = [
  {
    pattern: /proxy authentication required/i,
    code: "proxy_auth",
    reason: "the proxy requires a user name and password (407)",
    at: "proxy",
  },
  {
    pattern: /No acceptable auth methods|Password auth failure/,
    code: "proxy_auth",
    reason: "the SOCKS proxy requires a user name and password",
    at: "proxy",
  },
  {
    pattern: /proxy headers too long/,
    code: "proxy_refused",
    reason: "the answer of the proxy to CONNECT is longer than 8 KiB",
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
    reason: "the server at the address of the proxy does not speak SOCKS5",
    at: "proxy",
    socks: true,
  },
  {
    pattern:
      /not allowed by ruleset|General SOCKS server failure|Command not supported|Address type not supported|Unknown auth method/i,
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
];

/** No TCP connection could be made. */
export const ADDRESS: readonly Wording[] = [
  {
    pattern: /dns error|failed to lookup address|getaddrinfo|No such host|ENOTFOUND|EAI_AGAIN/i,
    code: "dns",
    reason: "its name could not be resolved",
    at: "nearest",
  },
  {
    pattern: /timed out \(os error|ETIMEDOUT|did not properly respond/,
    code: "connect_timeout",
    reason: "no TCP connection was made within the limit of the system",
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
    reason: "there is no route to it from this machine",
    at: "nearest",
  },
  {
    pattern: /Requests to port \d+ are blocked/,
    code: "config",
    reason: "its port is one that web clients must not use (WHATWG fetch, port blocking)",
  },
  {
    pattern: /tcp connect error: Connection reset/,
    code: "reset",
    reason: "the connection was reset as soon as it was made",
    at: "nearest",
  },
  { pattern: /tcp connect error/, code: "connect", reason: "no connection could be made", at: "nearest" },
];

/** The head of the answer breaks the grammar or the limits of HTTP. */
export const HTTP: readonly Wording[] = [
  {
    pattern: /message head is too large/,
    code: "connect",
    reason: "the head of its answer has a line, or a number of header fields, above the limit (100 fields)",
  },
  {
    pattern: /invalid content-length/i,
    code: "connect",
    reason: "its answer has an invalid Content-Length, or several that differ",
  },
  {
    pattern: /invalid HTTP header|invalid HTTP status/i,
    code: "connect",
    reason: "the head of its answer is not valid HTTP",
  },
  {
    pattern: /invalid HTTP version/i,
    code: "connect",
    reason: "the server there does not speak HTTP",
    at: "responder",
  },
];

/** The connection ended. */
export const CUT: readonly Wording[] = [
  {
    pattern:
      /connection reset|reset by peer|ECONNRESET|broken pipe|EPIPE|forcibly closed|connection (was )?aborted|closed before message|unexpected[ -]eof|unexpected end of file|close_notify|reading a body|connection error|SendRequest|stream error|http2 error/i,
    code: "reset",
    reason: "the connection was cut",
  },
];
