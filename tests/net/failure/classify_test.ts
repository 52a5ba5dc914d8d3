import { classify } from "../../../lib/net/failure/classify.ts";
import type { Route } from "../../../lib/net/route/route.ts";
import { assertEquals, assertExcludes } from "../../support/assert.ts";

const DIRECT: Route = { kind: "direct", reason: "test" };
const via = (scheme: "http" | "socks5"): Route => ({
  kind: "proxy",
  proxy: { scheme, host: "p", port: 1 },
  source: "ALL_PROXY",
});

/**
 * Observed texts: for servers that Deno cannot simulate, from other systems, and from Deno 2.4.2 where they
 * differ.
 */
const TEXTS: readonly (readonly [string, Route, string, string])[] = [
  [
    "client error (Connect): invalid peer certificate: Other(OtherError(UnsupportedCertVersion))",
    DIRECT,
    "tls_bad_certificate",
    "target",
  ],
  [
    "client error (Connect): invalid peer certificate: UnsupportedSignatureAlgorithm",
    DIRECT,
    "tls_bad_certificate",
    "target",
  ],
  ["invalid peer certificate: NotValidForName", DIRECT, "tls_name_mismatch", "target"],
  ["invalid peer certificate: Expired", DIRECT, "tls_expired", "target"],
  ["invalid peer certificate: NotValidYet", DIRECT, "tls_not_yet_valid", "target"],
  ["invalid peer certificate: BadEncoding", DIRECT, "tls_bad_certificate", "target"],
  ["client error (Connect): received fatal alert: ProtocolVersion", DIRECT, "tls_handshake", "target"],
  ["client error (Connect): received fatal alert: HandshakeFailure", DIRECT, "tls_handshake", "target"],
  [
    "client error (SendRequest): connection error: received fatal alert: CertificateRequired",
    DIRECT,
    "tls_handshake",
    "target",
  ],
  [
    "client error (Connect): tcp connect error: Connection refused (os error 111): Connection refused (os error 111)",
    DIRECT,
    "connect",
    "target",
  ],
  [
    "client error (Connect): tcp connect error: Connection refused (os error 111)",
    via("http"),
    "connect",
    "proxy",
  ],
  [
    "client error (Connect): tcp connect error: Connection timed out (os error 110)",
    DIRECT,
    "connect_timeout",
    "target",
  ],
  [
    "client error (Connect): tcp connect error: Network is unreachable (os error 101)",
    DIRECT,
    "connect",
    "target",
  ],
  [
    "client error (Connect): tcp connect error: No route to host (os error 113)",
    via("http"),
    "connect",
    "proxy",
  ],
  ["client error (Connect): Connection refused", via("socks5"), "connect", "target"],
  [
    "client error (Connect): dns error: failed to lookup address information: nodename nor servname provided, or not known",
    DIRECT,
    "dns",
    "target",
  ],
  ["client error (Connect): dns error: No such host is known. (os error 11001)", via("http"), "dns", "proxy"],
  ["client error (Connect): Connection reset by peer (os error 104)", DIRECT, "reset", "target"],
  ["client error (SendRequest): connection closed before message completed", DIRECT, "reset", "target"],
  ["Fetch failed: Requests to port 9 are blocked", DIRECT, "config", "target"],
  ["client error (Connect): something new", DIRECT, "connect", "target"],
];

Deno.test("each error text of the runtime is mapped to its error code", () => {
  for (const [text, route, code, at] of TEXTS) {
    const fault = classify(
      new TypeError("fetch failed", {
        cause: new Error(`error sending request for url (https://u:hunter2@h/?token=hunter2): ${text}`),
      }),
      route,
    );
    assertEquals([fault?.code, fault?.at], [code, at], text);
    assertExcludes(JSON.stringify(fault), "hunter2");
    assertEquals(classify(new TypeError(text), route)?.code ?? "connect", code, text);
  }
});

Deno.test("an internal error is not reported as a network error", () => {
  assertEquals(classify(new TypeError("x is not a function"), DIRECT), undefined);
  assertEquals(classify("text", DIRECT), undefined);
});
