/**
 * The failures of connections to a server: one table for the tests of the dialer and of the program. Each
 * name is a clause.
 */
import type { ErrorCode } from "../../../lib/errors.ts";
import { createSelfSigned, type KeyPairPem } from "../../../lib/pki/pki.ts";
import type { ProxyScheme } from "../../../lib/net/route/route.ts";
import type { ProxyFault } from "../../support/proxy.ts";
import { CA, deafPort, LEAF } from "../kit.ts";
import { signedByRsa } from "../diagnosis/odd_certificates.ts";

const HOUR_MS = 3_600_000;

/** A server certificate that must be refused. */
export interface TlsFailure {
  /** The certificate of the server. */
  readonly name: string;
  /** Creates the certificate. */
  readonly pair: () => Promise<KeyPairPem & { readonly root?: string }>;
  readonly code: ErrorCode;
  /** Part of the message. */
  readonly says: string;
  /**
   * Whether no root of the test is trusted. Default: its CA is trusted, and the root of the pair if it has
   * one.
   */
  readonly untrusted?: true;
  /** The name of the server in the URL. Default: localhost. */
  readonly host?: string;
}

const localhost = { commonName: "localhost", names: ["localhost"] };
/** Certificates that are refused, each by its own code. */
export const TLS_FAILURES: readonly TlsFailure[] = [
  {
    name: "the issuer is not trusted",
    pair: () => Promise.resolve(LEAF),
    untrusted: true,
    code: "tls_unknown_issuer",
    says: "issued by an untrusted CA",
  },
  {
    name: "an intermediate is missing",
    pair: async () => await (await CA.intermediate("Middle")).issue(localhost),
    code: "tls_unknown_issuer",
    says: "issued by an untrusted CA",
  },
  {
    name: "the certificate has another name",
    pair: () => CA.issue({ commonName: "x", names: ["other.example"] }),
    code: "tls_name_mismatch",
    says: "for another name",
  },
  {
    name: "the certificate lacks the IP address",
    pair: () => CA.issue(localhost),
    host: "127.0.0.1",
    code: "tls_name_mismatch",
    says: "for another name",
  },
  {
    name: "the certificate has expired",
    pair: () =>
      CA.issue({ ...localhost, notBefore: Date.now() - 9 * HOUR_MS, notAfter: Date.now() - HOUR_MS }),
    code: "tls_expired",
    says: "expired",
  },
  {
    name: "the certificate is not yet valid",
    pair: () => CA.issue({ ...localhost, notBefore: Date.now() + 24 * HOUR_MS }),
    code: "tls_not_yet_valid",
    says: "by the clock of this machine",
  },
  {
    name: "the certificate has no subjectAltName",
    pair: () => CA.issue({ commonName: "localhost" }),
    code: "tls_bad_certificate",
    says: "no subjectAltName",
  },
  {
    name: "the certificate is for clients",
    pair: () => CA.issue({ ...localhost, usages: ["1.3.6.1.5.5.7.3.2"] }),
    code: "tls_bad_certificate",
    says: "not meant for servers",
  },
  {
    name: "the server presents a CA certificate",
    pair: async () => {
      const pair = await createSelfSigned({ ...localhost, isCa: true });
      return { ...pair, root: pair.certificate };
    },
    code: "tls_ca_as_leaf",
    says: "CA:TRUE",
  },
  {
    name: "the issuer has an RSA key below 2048 bits",
    pair: () => signedByRsa(1024, "SHA-256"),
    code: "tls_bad_certificate",
    says: "whose RSA key has 1024 bits",
  },
  {
    name: "the signature uses SHA-1",
    pair: () => signedByRsa(2048, "SHA-1"),
    code: "tls_bad_certificate",
    says: "SHA-1",
  },
];

/** A failure that is not about certificates. */
export interface ConnectionFailure {
  readonly name: string;
  /** The URL to connect to, for the port of a server that sends `answer`. */
  readonly url: (port: number) => string;
  /** The answer of the server to the first bytes, before it closes. Default: none. */
  readonly answer?: string;
  readonly code: ErrorCode;
  readonly says: string;
  /** Part of the hint. */
  readonly hint?: string;
  /** Whether another attempt may help. */
  readonly isRetried: boolean;
}

/** Failures below TLS or instead of TLS, without a proxy. */
export const CONNECTION_FAILURES: readonly ConnectionFailure[] = [
  {
    name: "the host name does not exist",
    url: () => "https://no-such-host.invalid/",
    code: "dns",
    says: "could not be resolved",
    hint: "HTTPS_PROXY",
    isRetried: true,
  },
  {
    name: "the port is closed",
    url: () => `https://127.0.0.1:${deafPort()}/`,
    code: "connect",
    says: "refused",
    hint: "whether the server is running",
    isRetried: true,
  },
  {
    name: "the server speaks plain HTTP at an https URL",
    url: (port) => `https://localhost:${port}/`,
    answer: "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    code: "tls_handshake",
    says: "does not speak TLS",
    hint: "the address of a server without TLS begins with http://",
    isRetried: false,
  },
  {
    name: "the server closes during the TLS handshake",
    url: (port) => `https://localhost:${port}/`,
    answer: "",
    code: "reset",
    says: "closed during the TLS handshake",
    isRetried: true,
  },
  {
    name: "the server closes without an answer",
    url: (port) => `http://localhost:${port}/`,
    answer: "",
    code: "reset",
    says: "cut",
    isRetried: true,
  },
  {
    name: "the server speaks another protocol than HTTP",
    url: (port) => `http://localhost:${port}/`,
    answer: "220 mail.example ESMTP\r\n\r\n",
    code: "connect",
    says: "does not speak HTTP",
    isRetried: true,
  },
  {
    name: "fetch blocks the port",
    url: () => "https://localhost:6667/",
    code: "config",
    says: "must not use",
    hint: "another port",
    isRetried: false,
  },
];

/** A failure of a proxy. */
export interface ProxyFailure {
  readonly name: string;
  readonly schemes: readonly ProxyScheme[];
  readonly fault?: ProxyFault;
  /** `user:password` that the proxy requires. */
  readonly credentials?: string;
  readonly code: ErrorCode;
  readonly says: string;
  /** Part of the hint. */
  readonly hint?: string;
  /** The target is plain HTTP. Default: HTTPS. */
  readonly plain?: boolean;
  /** Whether the port of the proxy is closed. */
  readonly deaf?: boolean;
  /** Whether another attempt may help. Default: no. */
  readonly isRetried?: true;
}

const HTTP_PROXIES: readonly ProxyScheme[] = ["http", "https"];
const SOCKS_PROXIES: readonly ProxyScheme[] = ["socks5", "socks5h"];
/** The failures of proxies. */
export const PROXY_FAILURES: readonly ProxyFailure[] = [
  {
    name: "the proxy answers 407 to CONNECT",
    schemes: HTTP_PROXIES,
    credentials: "a:b",
    code: "proxy_auth",
    says: "407",
  },
  {
    name: "the proxy answers 407 to a forwarded request",
    schemes: HTTP_PROXIES,
    credentials: "a:b",
    plain: true,
    code: "proxy_auth",
    says: "407",
  },
  {
    name: "the proxy answers a forwarded request with 407 and NTLM",
    schemes: HTTP_PROXIES,
    plain: true,
    fault: {
      kind: "status",
      status: 407,
      headers: ["Proxy-Authenticate: NTLM", "Proxy-Authenticate: Negotiate"],
    },
    code: "proxy_auth",
    says: "407",
    hint: "NTLM or Negotiate",
  },
  {
    name: "the proxy answers 403",
    schemes: HTTP_PROXIES,
    fault: { kind: "status", status: 403 },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "the proxy does not speak HTTP",
    schemes: HTTP_PROXIES,
    fault: { kind: "garbage" },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "the proxy closes without an answer",
    schemes: HTTP_PROXIES,
    fault: { kind: "eof" },
    code: "proxy_refused",
    says: "proxy",
  },
  {
    name: "the proxy sends an endless answer",
    schemes: HTTP_PROXIES,
    fault: { kind: "long" },
    code: "proxy_refused",
    says: "8 KiB",
  },
  {
    name: "the SOCKS proxy rejects the credentials",
    schemes: SOCKS_PROXIES,
    credentials: "a:b",
    code: "proxy_auth",
    says: "SOCKS",
  },
  {
    name: "the SOCKS ruleset forbids the connection",
    schemes: SOCKS_PROXIES,
    fault: { kind: "socks", reply: 2 },
    code: "proxy_refused",
    says: "SOCKS",
  },
  {
    name: "the target of the SOCKS proxy refuses the connection",
    schemes: SOCKS_PROXIES,
    fault: { kind: "socks", reply: 5 },
    code: "connect",
    says: "SOCKS",
    isRetried: true,
  },
  {
    name: "the proxy does not speak SOCKS",
    schemes: SOCKS_PROXIES,
    fault: { kind: "garbage" },
    code: "proxy_refused",
    says: "does not speak SOCKS5",
  },
  {
    name: "the SOCKS proxy closes the connection",
    schemes: SOCKS_PROXIES,
    fault: { kind: "eof" },
    code: "proxy_refused",
    says: "does not speak SOCKS5",
  },
  {
    name: "the proxy is down",
    schemes: [...HTTP_PROXIES, ...SOCKS_PROXIES],
    deaf: true,
    code: "connect",
    says: "the proxy",
    isRetried: true,
  },
];
