/** The table of routes, which is checked with the resolver and with real proxies. */
import type { Environment } from "../../../lib/world/world.ts";

export interface RouteCase {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly proxy?: string;
  /** Target → description of its route. */
  readonly routes: Readonly<Record<string, string>>;
}

const NO_PROXY_SET = "direct (no proxy is set)";
const LOOPBACK = "direct (loopback)";
const P = (source: string) => `http://p:1 from ${source}`;
const entry = (text: string) => `direct (NO_PROXY entry "${text}")`;
const exceptFor = (list: string) => ({ ALL_PROXY: "http://p:1", NO_PROXY: list });

export const ROUTES: readonly RouteCase[] = [
  {
    name: "no variable is set",
    routes: { "https://a.example/": NO_PROXY_SET, "ws://a.example/": NO_PROXY_SET },
  },
  {
    name: "HTTPS_PROXY applies to https and wss, not to http and ws",
    env: { HTTPS_PROXY: "http://p:1" },
    routes: {
      "https://a.example/": P("HTTPS_PROXY"),
      "wss://a.example/": P("HTTPS_PROXY"),
      "http://a.example/": NO_PROXY_SET,
      "ws://a.example/": NO_PROXY_SET,
    },
  },
  {
    name: "HTTP_PROXY applies to http and ws, never to https and wss",
    env: { HTTP_PROXY: "http://p:1" },
    routes: {
      "http://a.example/": P("HTTP_PROXY"),
      "ws://a.example/": P("HTTP_PROXY"),
      "https://a.example/": NO_PROXY_SET,
      "wss://a.example/": NO_PROXY_SET,
    },
  },
  {
    name: "ALL_PROXY applies to schemes that have no separate variable",
    env: { ALL_PROXY: "http://p:1", HTTPS_PROXY: "http://q:2" },
    routes: { "https://a.example/": "http://q:2 from HTTPS_PROXY", "http://a.example/": P("ALL_PROXY") },
  },
  {
    name: "lower-case variables are read",
    env: { https_proxy: "http://p:1" },
    routes: { "https://a.example/": P("https_proxy") },
  },
  {
    name: "an upper-case variable takes precedence over a lower-case one",
    env: { https_proxy: "http://q:2", HTTPS_PROXY: "http://p:1" },
    routes: { "https://a.example/": P("HTTPS_PROXY") },
  },
  {
    name: "an empty upper-case variable does not hide the lower-case one",
    env: { HTTPS_PROXY: "", https_proxy: "http://p:1", ALL_PROXY: " ", NO_PROXY: "", no_proxy: "b.example" },
    routes: {
      "https://a.example/": P("https_proxy"),
      "https://b.example/": 'direct (no_proxy entry "b.example")',
    },
  },
  {
    name: "in a CGI script only the upper-case HTTP_PROXY is ignored",
    env: { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil:1", HTTPS_PROXY: "http://p:1" },
    routes: { "http://a.example/": NO_PROXY_SET, "https://a.example/": P("HTTPS_PROXY") },
  },
  {
    name: "in a CGI script the lower-case http_proxy is read",
    env: { REQUEST_METHOD: "GET", HTTP_PROXY: "http://evil:1", http_proxy: "http://p:1" },
    routes: { "http://a.example/": P("http_proxy") },
  },
  {
    name: "--proxy takes precedence over the environment, NO_PROXY and the loopback rule",
    env: { HTTPS_PROXY: "http://q:2", NO_PROXY: "*" },
    proxy: "p:1",
    routes: {
      "https://a.example/": P("--proxy"),
      "ws://a.example/": P("--proxy"),
      "http://localhost:8080/": P("--proxy"),
    },
  },
  {
    name: "--proxy none disables all proxies",
    env: { ALL_PROXY: "http://p:1" },
    proxy: "none",
    routes: { "https://a.example/": "direct (--proxy none)" },
  },
  {
    name: "an empty --proxy has no effect",
    env: { ALL_PROXY: "http://p:1" },
    proxy: "",
    routes: { "https://a.example/": P("ALL_PROXY") },
  },
  {
    name: "credentials are masked, and an IPv6 address is bracketed",
    env: { HTTPS_PROXY: "socks5h://ann:hunter2@[fd00::1]" },
    routes: { "https://a.example/": "socks5h://***@[fd00::1]:1080 from HTTPS_PROXY" },
  },
  {
    name: "loopback is direct",
    env: { ALL_PROXY: "http://p:1" },
    routes: {
      "http://localhost:1234/": LOOPBACK,
      "http://api.localhost/": LOOPBACK,
      "https://127.0.0.1/": LOOPBACK,
      "https://127.9.9.9/": LOOPBACK,
      "wss://[::1]:8443/": LOOPBACK,
      "https://localhost.example/": P("ALL_PROXY"),
      "https://evillocalhost/": P("ALL_PROXY"),
      "https://evil-localhost/": P("ALL_PROXY"),
      "https://127.0.0.1.example/": P("ALL_PROXY"),
    },
  },
  {
    name: "a name matches itself and its subdomains",
    env: exceptFor("corp.example"),
    routes: {
      "https://corp.example/": entry("corp.example"),
      "wss://API.Corp.Example:8443/": entry("corp.example"),
      "https://corp.example./": entry("corp.example"),
      "https://notcorp.example/": P("ALL_PROXY"),
      "https://corp.example.org/": P("ALL_PROXY"),
    },
  },
  {
    name: "a name with a leading dot matches itself and its subdomains",
    env: exceptFor(".corp.example"),
    routes: {
      "https://corp.example/": entry(".corp.example"),
      "https://a.corp.example/": entry(".corp.example"),
    },
  },
  {
    name: "a star with a dot matches only the subdomains",
    env: exceptFor("*.corp.example"),
    routes: {
      "https://corp.example/": P("ALL_PROXY"),
      "https://a.b.corp.example/": entry("*.corp.example"),
    },
  },
  {
    name: "a star within a name matches any characters",
    env: exceptFor("build-*.corp.example"),
    routes: {
      "https://build-7.corp.example/": entry("build-*.corp.example"),
      "https://corp.example/": P("ALL_PROXY"),
    },
  },
  {
    name: "a single star at any position in the list matches all hosts, also addresses",
    env: exceptFor("x.example *"),
    routes: {
      "https://a.example/": entry("*"),
      "https://10.1.2.3/": entry("*"),
      "https://[fd00::1]/": entry("*"),
    },
  },
  {
    name: "commas and blanks separate entries, and case is ignored",
    env: exceptFor(" ,A.Example,\tb.EXAMPLE  c.example,,"),
    routes: {
      "https://a.example/": entry("A.Example"),
      "https://b.example/": entry("b.EXAMPLE"),
      "https://c.example/": entry("c.example"),
    },
  },
  {
    name: "a port restricts an entry",
    env: exceptFor("a.example:8443,[fd00::1]:9000,*.b.example:443"),
    routes: {
      "https://a.example:8443/": entry("a.example:8443"),
      "https://a.example/": P("ALL_PROXY"),
      "https://[fd00::1]:9000/": entry("[fd00::1]:9000"),
      "https://[fd00::1]/": P("ALL_PROXY"),
      "wss://x.b.example/": entry("*.b.example:443"),
      "ws://x.b.example/": P("ALL_PROXY"),
    },
  },
  {
    name: "addresses match in every notation",
    env: exceptFor("10.1.2.3,fd00:0:0::0001,[FD00::2]"),
    routes: {
      "https://10.1.2.3/": entry("10.1.2.3"),
      "https://10.1.2.33/": P("ALL_PROXY"),
      "https://[fd00::1]/": entry("fd00:0:0::0001"),
      "https://[fd00::2]/": entry("[FD00::2]"),
    },
  },
  {
    name: "CIDR blocks match the addresses in them",
    env: exceptFor("10.0.0.0/8,fd00::/8,192.168.1.128/25"),
    routes: {
      "https://10.255.0.1/": entry("10.0.0.0/8"),
      "https://11.0.0.1/": P("ALL_PROXY"),
      "https://[fdff::1]/": entry("fd00::/8"),
      "https://[fe80::1]/": P("ALL_PROXY"),
      "https://192.168.1.129/": entry("192.168.1.128/25"),
      "https://192.168.1.127/": P("ALL_PROXY"),
      "https://a.example/": P("ALL_PROXY"),
      "https://[::ffff:10.0.0.1]/": entry("10.0.0.0/8"),
    },
  },
  {
    name: "a URL in the list matches its host",
    env: exceptFor("https://a.example/"),
    routes: { "https://a.example/": entry("https://a.example/") },
  },
];

export function environment(values: Readonly<Record<string, string>>): Environment {
  return (name) => values[name];
}
