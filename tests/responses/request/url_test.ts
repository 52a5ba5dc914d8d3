import { baseUrl, endpointUrl, shownUrl, websocketUrl } from "../../../lib/responses/request/url.ts";
import { assertEquals, assertExcludes, assertThrows } from "../../support/assert.ts";
import { provider } from "../kit.ts";

for (
  const [base, path, expected] of [
    ["https://h/v1", "responses", "https://h/v1/responses"],
    ["https://h/v1///", "//responses", "https://h/v1/responses"],
    ["https://h", "responses", "https://h/responses"],
    ["https://h/v1", "", "https://h/v1"],
    ["https://h/v1/?api-version=1", "responses", "https://h/v1/responses?api-version=1"],
  ] as const
) {
  Deno.test(`${base} and "${path}" make ${expected}`, () =>
    assertEquals(endpointUrl(base, path).href, expected));
}

Deno.test("query parameters are percent-encoded", () => {
  const url = endpointUrl("https://h/v1", "responses", { "api-version": "2025-04-01 preview", a: "b&c=d" });
  assertEquals(url.searchParams.get("api-version"), "2025-04-01 preview");
  assertEquals(url.searchParams.get("a"), "b&c=d");
});

Deno.test("a base URL that is not http or https is refused without repeating its possible secrets", () => {
  for (
    const base of [
      "ftp://user:pass-word@h/v1?key=k-1",
      "not a url",
      "",
      "://pass-word@x?key=k-1",
      "http://me:pass-word/x@h",
    ]
  ) {
    assertThrows(() => endpointUrl(base, "responses"), (thrown: unknown) => {
      const text = JSON.stringify(thrown) + String(thrown);
      assertExcludes(text, "pass-word");
      assertExcludes(text, "k-1");
      return thrown instanceof Error && "code" in thrown && thrown.code === "config";
    });
  }
});

Deno.test("the displayed form of a URL has no query and no user name", () => {
  assertEquals(shownUrl(new URL("https://u:p@h:8443/v1/responses?key=k")), "https://h:8443/v1/responses");
});

Deno.test("the websocket URL has the same path and query under its own scheme", () => {
  assertEquals(websocketUrl(new URL("https://h/v1/responses?a=b")).href, "wss://h/v1/responses?a=b");
  assertEquals(websocketUrl(new URL("http://h:81/responses")).href, "ws://h:81/responses");
});

for (
  const [mode, expected] of [
    ["apikey", "https://api.openai.com/v1"],
    ["none", "https://api.openai.com/v1"],
    ["chatgpt", "https://chatgpt.com/backend-api/codex"],
    ["personalAccessToken", "https://chatgpt.com/backend-api/codex"],
    ["agentIdentity", "https://chatgpt.com/backend-api/codex"],
    ["headers", "https://chatgpt.com/backend-api/codex"],
  ] as const
) {
  Deno.test(`a provider without a base URL uses ${expected} for a credential of kind ${mode}`, () => {
    const { baseUrl: _, ...rest } = provider("");
    assertEquals(baseUrl(rest, mode), expected);
    assertEquals(baseUrl(provider("http://own/v1"), mode), "http://own/v1");
  });
}
