/**
 * `culvert help proxies`.
 *
 * @module
 */
import type { Topic } from "../topic.ts";

/** The topic. */
export const proxies: Topic = [
  {
    heading: "The way",
    text:
      "One rule for every connection: answers over SSE and websocket, login, refresh of a token. The first of these that says something:",
    rows: [
      ["--proxy URL", "every connection through that proxy"],
      ["--proxy none", "every connection direct"],
      ["loopback", "direct: no proxy can reach this machine's own"],
      ["NO_PROXY", "direct for the hosts it lists"],
      ["HTTPS_PROXY, HTTP_PROXY", "by the scheme of the target; wss counts as https, ws as http"],
      ["ALL_PROXY", "both"],
    ],
  },
  {
    heading: "Addresses",
    text:
      "http://, https://, socks5:// and socks5h:// with host, port, and user:password where the proxy asks for one. An empty variable counts as not set. Upper case counts before lower case.",
  },
  {
    heading: "Entries of NO_PROXY",
    text: "Separated by commas or blanks.",
    rows: [
      ["*", "everything"],
      ["corp.example, .corp.example", "that name and all below it"],
      ["*.corp.example", "names below it only"],
      ["10.1.2.3, fd00::1", "that address"],
      ["10.0.0.0/8, fd00::/8", "the addresses of that block"],
      ["host:8443", "that port only"],
    ],
  },
  {
    heading: "Whom to trust",
    text:
      "A proxy that opens TLS signs with a CA of the company. Name its PEM file by --ca-cert, CODEX_CA_CERTIFICATE or SSL_CERT_FILE, the first that is set and not empty. It is added to the roots of the system and to those of Mozilla; it never takes their place.",
  },
  {
    heading: "When it does not work",
    text: [
      "  culvert doctor            one question after another, each with its remedy",
      "  culvert respond -v hello  says which roots and which way were taken",
    ].join("\n"),
  },
];
