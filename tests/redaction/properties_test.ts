import * as fc from "fast-check";
import { redactJson } from "../../lib/redaction/details.ts";
import { redactHeader } from "../../lib/redaction/headers.ts";
import { createRedactor } from "../../lib/redaction/redactor.ts";
import { Secrets } from "../../lib/redaction/secrets.ts";
import { assert, assertEquals, assertExcludes } from "../support/assert.ts";

/** A secret of no known form, which can only be detected by its place or the register. */
const secret = fc.stringMatching(/^Q[a-z]{3,8}[0-9]{4}[a-z]{2,12}$/);
const words = fc.array(
  fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), fc.constantFrom("\n", '"', "{", "=", ":", "&", "\\")),
)
  .map((parts) => parts.join(" "));

/** Every place where a secret is detected without the register. */
const PLACES: Readonly<Record<string, (secret: string) => string>> = {
  "a header": (text) => `\nx-gateway-api-key: ${text}\r\n`,
  "an Authorization header": (text) => `\nauthorization: Custom ${text}\r\n`,
  "a cookie": (text) => `\ncookie: a=${text}; b=${text}\r\n`,
  "JSON": (text) => JSON.stringify({ a: 1, refresh_token: text, b: [1] }),
  "pretty JSON": (text) => JSON.stringify({ a: { client_secret: text } }, null, 2),
  "JSON in JSON": (text) => JSON.stringify({ body: JSON.stringify({ password: text }) }),
  "an event of a stream": (text) => `data: ${JSON.stringify({ type: "x", api_key: text })}\n\n`,
  "a form": (text) => `\ngrant_type=a&code_verifier=${text}&client_assertion=${text}\n`,
  "an address": (text) => ` https://u:${text}@h.example/p?access_token=${text}#a `,
};

for (const [place, write] of Object.entries(PLACES)) {
  Deno.test(`a secret in ${place} is masked in any context`, () => {
    fc.assert(fc.property(words, secret, words, (before, value, after) => {
      assertExcludes(createRedactor()(`${before}\n${write(value)}\n${after}`), value);
    }));
  });
}

Deno.test("a registered secret is masked plain, encoded, escaped and nested", () => {
  const hostile = fc.string({ unit: "binary", minLength: 4, maxLength: 40 })
    .filter((text) => text.trim().length >= 4 && !text.includes("*") && text.isWellFormed());
  fc.assert(fc.property(words, hostile, words, (before, value, after) => {
    const redact = createRedactor([value]);
    const forms = [
      value,
      encodeURIComponent(value),
      new URLSearchParams([["", value]]).toString().slice(1),
      JSON.stringify(value).slice(1, -1),
      JSON.stringify(JSON.stringify(value)).slice(3, -3),
    ];
    for (const form of forms) assertExcludes(redact(`${before}|${form}|${after}`), form);
  }));
});

Deno.test("a secret that is registered later is masked from that time on", () => {
  const secrets = new Secrets();
  const redact = createRedactor(secrets);
  assertEquals(redact("the word hunter22"), "the word hunter22");
  secrets.add("hunter22");
  assertEquals(redact("the word hunter22"), "the word ***");
});

Deno.test("the user, the password and the Basic credentials of a proxy address are registered", () => {
  const secrets = new Secrets();
  secrets.addAddress("http://somebody:p%40ssword@proxy:3128");
  const redact = createRedactor(secrets);
  assertEquals(redact(`p@ssword ${btoa("somebody:p@ssword")} somebody`), "*** *** ***");
});

Deno.test("redacting twice gives the same as redacting once", () => {
  const parts = fc.array(fc.oneof(words, secret, ...Object.values(PLACES).map((write) => secret.map(write))));
  fc.assert(fc.property(parts, (texts) => {
    const redact = createRedactor(["hunter22"]);
    const once = redact(texts.join(""));
    assertEquals(redact(once), once);
  }));
});

Deno.test("a redacted JSON text remains valid JSON", () => {
  const texts = fc.array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        "authorization: Bearer abcdefgh1",
        "x?token=a\\",
        "cookie: a=b",
        "password=x",
        "https://u:p@h",
        "sk-abcdefgh1",
        '"',
        "\\",
      ),
      secret,
    ),
  ).map((parts) => parts.join(""));
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: "small" },
      texts,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.array(tie("value")),
      fc.dictionary(
        fc.oneof(texts, fc.constantFrom("token", "password", "cookie", "authorization", "code")),
        tie("value"),
      ),
      texts.map((text) => JSON.stringify({ api_key: text })),
    ),
  })).value;
  fc.assert(
    fc.property(value, (whole) => {
      const redact = createRedactor(["hunter22"]);
      JSON.parse(redact(JSON.stringify(whole)));
      JSON.parse(redact(JSON.stringify(whole, null, 2)));
    }),
    { numRuns: 1_000 },
  );
});

Deno.test("a text without secrets is returned unchanged", () => {
  const plain = fc.array(fc.stringMatching(/^[a-z ,.]{0,12}$/)).map((parts) => parts.join("\n"));
  fc.assert(fc.property(plain, (text) => {
    assertEquals(createRedactor()(text), text);
  }));
});

Deno.test("headers are redacted by name, and a value that repeats a secret by value", () => {
  const redact = createRedactor(["hunter22"]);
  const rows = [
    ["Authorization", "Bearer abc", "Bearer ***"],
    ["X-Api-Key", "a b c", "***"],
    ["Set-Cookie", "sid=abc; Path=/", "sid=***; Path=/"],
    ["x-echo", "you sent hunter22", "you sent ***"],
    ["content-type", "text/plain", "text/plain"],
  ] as const;
  for (const [name, value, expected] of rows) assertEquals(redactHeader(name, value, redact), expected);
});

Deno.test("a JSON value is redacted by structure, and keeps the tokens of log probabilities", () => {
  const value = {
    tokens: { access_token: "a", account_id: "b" },
    cookie: ["c", { d: "e" }],
    logprobs: [{ token: "Hi", logprob: -1 }],
    count: 3,
  };
  assertEquals(redactJson(value, createRedactor()), {
    tokens: { access_token: "***", account_id: "b" },
    cookie: ["***", { d: "***" }],
    logprobs: [{ token: "Hi", logprob: -1 }],
    count: 3,
  });
});

Deno.test("redacting hostile texts of a million characters takes linear work", async () => {
  const worker = new Worker(new URL("./hostile_texts.ts", import.meta.url), { type: "module" });
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  // A quadratic expression would take hours over these texts.
  const limit = setTimeout(() => reject(new Error("the redactor takes longer than 60 s")), 60_000);
  worker.onmessage = ({ data }: MessageEvent<number>) => resolve(data);
  worker.onerror = (event) => {
    event.preventDefault();
    reject(new Error(event.message));
  };
  try {
    assert(await promise > 20);
  } finally {
    clearTimeout(limit);
    worker.terminate();
  }
});
