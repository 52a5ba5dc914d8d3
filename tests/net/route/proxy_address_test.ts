import fc from "fast-check";
import { CulvertError } from "../../../lib/errors.ts";
import { parseNoProxy } from "../../../lib/net/route/no_proxy.ts";
import { parseProxyAddress, proxyCredentials } from "../../../lib/net/route/proxy_address.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { ACCEPTED, REJECTED } from "./proxy_address_cases.ts";

Deno.test("proxy addresses are parsed in all the forms that people write", () => {
  for (const [text, expected] of ACCEPTED) {
    assertEquals(parseProxyAddress(text, "HTTPS_PROXY"), expected, text);
  }
});

Deno.test("an invalid address is refused with the name of its variable, and is never quoted", () => {
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

Deno.test("any input gives an endpoint or a typed error that does not contain the secret", async () => {
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
    // An unknown scheme is refused with its name.
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

Deno.test("a NO_PROXY entry that can match nothing causes a warning with a correct entry", async () => {
  const rows = [
    ['"corp.example"', "quotes"],
    ["'10.0.0.1'", "quotes"],
    ["<local>", "names without a dot"],
    ["a.example|b.example", "by commas"],
    ["a.example;b.example", "by commas"],
    ["10.0.0.1-10.0.0.9", "10.0.0.0/8"],
    ["10.", "10.0.0.0/8"],
    ["192.168", "10.0.0.0/8"],
    ["10.0.0.0/33", "not a host name"],
    ["http://user:hunter2@corp.example", "not a host name"],
  ] as const;
  for (const [entry, says] of rows) {
    const list = await parseNoProxy(`good.example,${entry}`, "NO_PROXY");
    assertEquals(list.warnings.length, 1, entry);
    assertIncludes(list.warnings[0]?.message ?? "", says);
    assertIncludes(list.warnings[0]?.message ?? "", "NO_PROXY");
    assertExcludes(list.warnings[0]?.message ?? "", "hunter2");
    assertEquals(list.match("good.example", 443), "good.example");
  }
  const fine =
    "localhost, .corp.example, *.x.example, 10.1.2.3, 10.0.0.0/8, [fd00::1]:8443, a_b.example, *, host.";
  assertEquals((await parseNoProxy(fine, "NO_PROXY")).warnings, []);
});

Deno.test("the credentials of a proxy can be as long as a variable can be", () => {
  const password = "p".repeat(131_000);
  const proxy = parseProxyAddress(`http://user:${password}@proxy.example:3128`, "HTTPS_PROXY");
  assertEquals(proxyCredentials(proxy), `Basic ${btoa(`user:${password}`)}`);
});
