/**
 * The help topic `proxies`.
 *
 * @module
 */
import type { Topic } from "../topic.ts";

/** The topic. */
export const proxies: Topic = [
  {
    heading: "Choice of the route",
    text:
      "The same rules apply to every connection: answers over SSE and websockets, login, renewal of tokens. The first of these that applies is used:",
    rows: [
      ["--proxy URL", "every connection through that proxy"],
      ["--proxy none", "every connection direct"],
      ["loopback", "direct: a proxy cannot reach the loopback address of this machine"],
      ["NO_PROXY", "direct for the hosts that it lists"],
      ["HTTPS_PROXY, HTTP_PROXY", "by the scheme of the URL; wss counts as https, ws as http"],
      ["ALL_PROXY", "for both schemes"],
    ],
  },
  {
    heading: "Addresses",
    text:
      "http://, https://, socks5:// and socks5h:// with host and port, and user:password@ before the host where the proxy requires it. An empty variable counts as unset. The upper-case name of a variable takes precedence over the lower-case one.",
  },
  {
    heading: "Entries of NO_PROXY",
    text: "Separated by commas or spaces.",
    rows: [
      ["*", "every host"],
      ["corp.example, .corp.example", "that name and all names below it"],
      ["*.corp.example", "only names below it"],
      ["10.1.2.3, fd00::1", "that address"],
      ["10.0.0.0/8, fd00::/8", "the addresses of that block"],
      ["host:8443", "that host on that port only"],
    ],
  },
  {
    heading: "Trust",
    text:
      "A proxy that intercepts TLS issues certificates with its own CA. Name the PEM file of that CA in --ca-cert, CODEX_CA_CERTIFICATE or SSL_CERT_FILE; the first that is set and not empty is used. It is added to the roots of the system and of Mozilla, and never replaces them.",
  },
  {
    heading: "Troubleshooting",
    text: [
      "  culvert doctor            runs check after check, each with a remedy",
      "  culvert respond -v hello  prints the roots and the route that were used",
    ].join("\n"),
  },
];
