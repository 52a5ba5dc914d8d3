/** Addresses of proxies as users write them: one table for the tests of the parser and of the program. */
import type { ProxyEndpoint } from "../../../lib/net/route/route.ts";

/** Text, and its meaning. */
export const ACCEPTED: readonly (readonly [string, ProxyEndpoint])[] = [
  ["http://proxy.corp:3128", { scheme: "http", host: "proxy.corp", port: 3128 }],
  ["proxy.corp:3128", { scheme: "http", host: "proxy.corp", port: 3128 }],
  ["localhost:3128", { scheme: "http", host: "localhost", port: 3128 }],
  ["proxy.corp", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["  http://proxy.corp/  ", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["HTTP://Proxy.Corp:80", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["https://proxy.corp", { scheme: "https", host: "proxy.corp", port: 443 }],
  ["https://proxy.corp:8443", { scheme: "https", host: "proxy.corp", port: 8443 }],
  ["socks5://proxy.corp", { scheme: "socks5", host: "proxy.corp", port: 1080 }],
  ["socks://proxy.corp", { scheme: "socks5", host: "proxy.corp", port: 1080 }],
  ["SOCKS://u:p@proxy.corp:9", {
    scheme: "socks5",
    host: "proxy.corp",
    port: 9,
    username: "u",
    password: "p",
  }],
  ["socks5h://proxy.corp:80", { scheme: "socks5h", host: "proxy.corp", port: 80 }],
  ["http://[fd00::1]:3128", { scheme: "http", host: "fd00::1", port: 3128 }],
  ["[::1]:3128", { scheme: "http", host: "::1", port: 3128 }],
  ["http://10.0.0.1:3128/ignored/path", { scheme: "http", host: "10.0.0.1", port: 3128 }],
  ["http://ann:s%40crat@p:1", { scheme: "http", host: "p", port: 1, username: "ann", password: "s@crat" }],
  ["http://ann:a@b@p:1", { scheme: "http", host: "p", port: 1, username: "ann", password: "a@b" }],
  ["ann:x:y@p:1", { scheme: "http", host: "p", port: 1, username: "ann", password: "x:y" }],
  ["http://ann@p:1", { scheme: "http", host: "p", port: 1, username: "ann", password: "" }],
  ["http://:x@p:1", { scheme: "http", host: "p", port: 1, username: "", password: "x" }],
  ["http://CORP%5Cann:p%25@p:1", {
    scheme: "http",
    host: "p",
    port: 1,
    username: "CORP\\ann",
    password: "p%",
  }],
];

/**
 * Text, and a part of the reason of its refusal. User and password in them are `zora` and `hunter2`, which
 * must not be printed.
 */
export const REJECTED: readonly (readonly [string, string])[] = [
  ["socks4://p:1", 'its scheme "socks4"'],
  ["ftp://p:1", 'its scheme "ftp"'],
  ["://invalid", "no valid host and port"],
  ["http://", "no valid host and port"],
  ["http://:3128", "no valid host and port"],
  ["http://p:0", "no valid host and port"],
  ["http://p:65536", "no valid host and port"],
  ["http://p:31x8", "no valid host and port"],
  ["http://[fd00::zz]:1", "no valid host and port"],
  ["http://zora:hunter2%zz@p:1", "a % that is not followed by two hexadecimal digits"],
  ["http://zora:hunter2#x@p:1", "an @ after the end of its host"],
  ["http://zora:hunter2/x@p:1", "an @ after the end of its host"],
  ["zora:hunter2?x@p:1", "an @ after the end of its host"],
  ["http://zora:hunter2@p:port", "no valid host and port"],
  ["gopher://zora:hunter2@p:1", 'its scheme "gopher"'],
  ["http://wpad.corp/proxy.pac", "automatic configuration script"],
];
