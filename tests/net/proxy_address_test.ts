import fc from "fast-check";
import { CulvertError } from "../../lib/errors.ts";
import { parseNoProxy } from "../../lib/net/no_proxy.ts";
import { parseProxyAddress } from "../../lib/net/proxy_address.ts";
import type { ProxyEndpoint } from "../../lib/net/route.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";

const ACCEPTED: readonly (readonly [string, ProxyEndpoint])[] = [
  ["http://proxy.corp:3128", { scheme: "http", host: "proxy.corp", port: 3128 }],
  ["proxy.corp:3128", { scheme: "http", host: "proxy.corp", port: 3128 }],
  ["localhost:3128", { scheme: "http", host: "localhost", port: 3128 }],
  ["proxy.corp", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["  http://proxy.corp/  ", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["HTTP://Proxy.Corp:80", { scheme: "http", host: "proxy.corp", port: 80 }],
  ["https://proxy.corp", { scheme: "https", host: "proxy.corp", port: 443 }],
  ["https://proxy.corp:8443", { scheme: "https", host: "proxy.corp", port: 8443 }],
  ["socks5://proxy.corp", { scheme: "socks5", host: "proxy.corp", port: 1080 }],
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

Deno.test("a proxy address is taken apart as people write it", () => {
  for (const [text, expected] of ACCEPTED) {
    assertEquals(parseProxyAddress(text, "HTTPS_PROXY"), expected, text);
  }
});

const REJECTED: readonly (readonly [string, string])[] = [
  ["socks4://p:1", 'its scheme "socks4"'],
  ["socks://p:1", 'its scheme "socks"'],
  ["ftp://p:1", 'its scheme "ftp"'],
  ["://invalid", "no valid host and port"],
  ["http://", "no valid host and port"],
  ["http://:3128", "no valid host and port"],
  ["http://p:0", "no valid host and port"],
  ["http://p:65536", "no valid host and port"],
  ["http://p:31x8", "no valid host and port"],
  ["http://[fd00::zz]:1", "no valid host and port"],
  ["http://zora:hunter2%zz@p:1", "a % that is not followed by two hexadecimal digits"],
  ["http://zora:hunter2#x@p:1", "an @ behind the end of its host"],
  ["http://zora:hunter2/x@p:1", "an @ behind the end of its host"],
  ["zora:hunter2?x@p:1", "an @ behind the end of its host"],
  ["http://zora:hunter2@p:port", "no valid host and port"],
  ["gopher://zora:hunter2@p:1", 'its scheme "gopher"'],
  ["http://wpad.corp/proxy.pac", "automatic configuration script"],
];

Deno.test("an address that cannot be used is refused by name of its variable, and never quoted", () => {
  for (const [text, reason] of REJECTED) {
    const error = thrownBy(() => parseProxyAddress(text, "all_proxy"));
    assertEquals(error.code, "proxy_invalid", text);
    assertIncludes(error.message, "all_proxy");
    assertIncludes(error.message, reason);
    const everything = Deno.inspect(error) + error.hint + JSON.stringify(error.details);
    for (const secret of ["hunter2", "zora"]) assertExcludes(everything, secret);
  }
});

function thrownBy(run: () => unknown): CulvertError {
  try {
    run();
  } catch (error) {
    assert(error instanceof CulvertError);
    return error;
  }
  throw new Error("Nothing was thrown");
}

Deno.test("whatever is typed, the answer is an endpoint or a typed refusal that keeps the secret", async () => {
  const secret = "pl4nted";
  const piece = fc.constantFrom(
    "http://",
    "socks5://",
    "x:",
    "@",
    ":",
    "/",
    "#",
    "?",
    "%",
    "[",
    "]",
    "\\",
    " ",
    "h",
    "1",
    secret,
  );
  await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 12 }), async (pieces) => {
    const text = pieces.join("");
    // What stands in the place of a scheme is refused by name.
    fc.pre(!/^[a-z0-9+.-]*pl4nted[a-z0-9+.-]*:\/\//i.test(text.trim()));
    try {
      const endpoint = parseProxyAddress(text, "HTTPS_PROXY");
      assert(endpoint.port >= 1 && endpoint.port <= 65_535 && endpoint.host !== "");
    } catch (error) {
      assert(error instanceof CulvertError && error.code === "proxy_invalid", text);
      assertExcludes(error.message + error.hint, secret);
    }
    const { match, warnings } = await parseNoProxy(text, "NO_PROXY");
    match("api.example", 443);
    for (const { message } of warnings) assertIncludes(message, "NO_PROXY");
  }));
});
