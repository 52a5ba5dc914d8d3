import { redactUrl } from "../../lib/redaction/address.ts";
import { createRedactor } from "../../lib/redaction/redactor.ts";
import { assertEquals } from "../support/assert.ts";

const MARKED = [
  "access_token",
  "api_key",
  "client_secret",
  "code",
  "code_verifier",
  "id_token",
  "key",
  "refresh_token",
  "requested_token",
  "state",
  "subject_token",
  "token",
];

const ADDRESSES: readonly (readonly [what: string, address: string, printed: string])[] = [
  ["user and password are left out", "https://ada:pw@h.example/a", "https://h.example/a"],
  ["a user alone is left out", "https://ada@h.example:8443/a", "https://h.example:8443/a"],
  ["a fragment is left out", "https://h.example/a#id_token=SECRET", "https://h.example/a"],
  ...MARKED.map((key) =>
    [
      `the value of ${key} is masked`,
      `https://h.example/?a=1&${key}=SECRET&b=2`,
      `https://h.example/?a=1&${key}=***&b=2`,
    ] as const
  ),
  ["a key counts in capitals", "https://h.example/?CODE=SECRET", "https://h.example/?CODE=***"],
  ["a key counts percent-encoded", "https://h.example/?c%6Fde=SECRET", "https://h.example/?c%6Fde=***"],
  ["a key counts each time", "https://h.example/?code=A1&code=B2", "https://h.example/?code=***&code=***"],
  ["a value may hold a =", "https://h.example/?state=A=B", "https://h.example/?state=***"],
  [
    "redirect_uri is kept",
    "https://h.example/?redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&code_challenge=x&scope=a%20b",
    "https://h.example/?redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&code_challenge=x&scope=a%20b",
  ],
  [
    "a key that only resembles one is kept",
    "https://h.example/?statement=1",
    "https://h.example/?statement=1",
  ],
  ["text that is not an address is not repeated", "not a url SECRET", "<invalid url>"],
  ["text with a colon is not repeated", "token:SECRET", "<invalid url>"],
  [
    "an address with an impossible port is not repeated",
    "http://h.example:99999/?code=SECRET",
    "<invalid url>",
  ],
  ["an empty text gives the same as an invalid address", "", "<invalid url>"],
];

for (const [what, address, printed] of ADDRESSES) {
  Deno.test(`in an address that is printed, ${what}`, () => assertEquals(redactUrl(address), printed));
}

Deno.test("the values of secret parameters of an address are masked in any text", () => {
  const redact = createRedactor();
  for (const key of MARKED) {
    assertEquals(
      redact(`see https://h.example/?a=1&${key}=SECRET&b=2 there`),
      `see https://h.example/?a=1&${key}=***&b=2 there`,
    );
  }
  assertEquals(redact("the state=open, a key=value"), "the state=open, a key=value");
});
