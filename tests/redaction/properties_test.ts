import * as fc from "fast-check";
import { redactJson } from "../../lib/redaction/details.ts";
import { redactHeaders } from "../../lib/redaction/headers.ts";
import { createRedactor } from "../../lib/redaction/redactor.ts";
import { Secrets } from "../../lib/redaction/secrets.ts";
import { ByteRedactionStream, RedactionStream } from "../../lib/redaction/stream.ts";
import { assert, assertEquals, assertExcludes } from "../support/assert.ts";

/** A secret of no known form, which nothing but its place or the register gives away. */
const secret = fc.stringMatching(/^Q[a-z]{3,8}[0-9]{4}[a-z]{2,12}$/);
const words = fc.array(
  fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), fc.constantFrom("\n", '"', "{", "=", ":", "&", "\\")),
)
  .map((parts) => parts.join(" "));

/** Every place where a secret is recognised without the register. */
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
  Deno.test(`a secret in ${place} is masked, whatever stands around it`, () => {
    fc.assert(fc.property(words, secret, words, (before, value, after) => {
      assertExcludes(createRedactor()(`${before}\n${write(value)}\n${after}`), value);
    }));
  });

  Deno.test(`a secret in ${place} is masked wherever the text is cut into pieces`, () => {
    fc.assert(fc.property(words, secret, words, fc.array(fc.nat(400)), (before, value, after, cuts) => {
      const text = `${before}\n${write(value)}\n${after}`;
      const stream = new RedactionStream(new Secrets());
      const clean = pieces(text, cuts).map((piece) => stream.push(piece)).join("") + stream.flush();
      assertExcludes(clean, value);
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

Deno.test("a secret that is registered later is masked from then on", () => {
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

Deno.test("a redacted JSON text is still JSON", () => {
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

Deno.test("a text without secrets passes unchanged, in one piece and in many", () => {
  const plain = fc.array(fc.stringMatching(/^[a-z ,.]{0,12}$/)).map((parts) => parts.join("\n"));
  fc.assert(fc.property(plain, fc.array(fc.nat(100)), (text, cuts) => {
    assertEquals(createRedactor()(text), text);
    const stream = new RedactionStream(new Secrets());
    assertEquals(pieces(text, cuts).map((piece) => stream.push(piece)).join("") + stream.flush(), text);
  }));
});

Deno.test("bytes that are no text pass unchanged", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.array(fc.nat(100)), (bytes, cuts) => {
    // Letters, digits and punctuation could form an address or a name with its value.
    const binary = bytes.map((byte) => byte < 128 ? byte % 10 : byte);
    const stream = new ByteRedactionStream(new Secrets());
    const parts = [
      ...pieces([...binary], cuts).map((piece) => stream.push(new Uint8Array(piece))),
      stream.flush(),
    ];
    assertEquals(parts.flatMap((part) => [...part]), [...binary]);
  }));
});

Deno.test("a registered secret is masked among bytes that are no text", () => {
  const bytes = fc.uint8Array({ maxLength: 300 });
  fc.assert(fc.property(bytes, bytes, fc.array(fc.nat(400)), (before, after, cuts) => {
    const secretBytes = new TextEncoder().encode("geheimnüs-1");
    const all = new Uint8Array([...before, ...secretBytes, ...after]);
    const stream = new ByteRedactionStream(new Secrets(["geheimnüs-1"]));
    const clean = [
      ...pieces([...all], cuts).map((piece) => stream.push(new Uint8Array(piece))),
      stream.flush(),
    ];
    const text = clean.map((part) => [...part].map((byte) => String.fromCharCode(byte)).join("")).join("");
    assertExcludes(text, [...secretBytes].map((byte) => String.fromCharCode(byte)).join(""));
  }));
});

Deno.test("a line of two million characters is passed on in pieces, and a secret in it is masked", () => {
  const secrets = new Secrets(["hunter22"]);
  const stream = new RedactionStream(secrets);
  let clean = "";
  let held = 0;
  for (let index = 0; index < 2_000; index++) {
    const piece = index % 100 === 0 ? `${" ,".repeat(496)}"api_key":"Qabc1234"` : " ,".repeat(500);
    clean += stream.push(piece.replace(" , ,", "hunter22"));
    held += piece.length;
    assert(held - clean.length < 200_000, "the stream holds back too much");
  }
  clean += stream.flush();
  assertExcludes(clean, "hunter22");
  assertExcludes(clean, "Qabc1234");
});

Deno.test("a secret value without end is masked and does not fill the memory", () => {
  const stream = new RedactionStream(new Secrets());
  let length = stream.push('{"api_key":"').length;
  for (let index = 0; index < 400; index++) length += stream.push("Qx7".repeat(4_000)).length;
  length += stream.push('","a":"b"}\n').length;
  const rest = stream.flush();
  assert(length + rest.length < 1_000, `${length} characters came out`);
  assertExcludes(rest, "Qx7");
});

Deno.test("headers are redacted by name, and a value that repeats a secret by value", () => {
  const redact = createRedactor(["hunter22"]);
  assertEquals(
    redactHeaders([
      ["Authorization", "Bearer abc"],
      ["X-Api-Key", "a b c"],
      ["Set-Cookie", "sid=abc; Path=/"],
      ["x-echo", "you sent hunter22"],
      ["content-type", "text/plain"],
    ], redact),
    [
      ["Authorization", "Bearer ***"],
      ["X-Api-Key", "***"],
      ["Set-Cookie", "sid=***; Path=/"],
      ["x-echo", "you sent ***"],
      ["content-type", "text/plain"],
    ],
  );
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

Deno.test("hostile texts of a million characters are redacted by work that is linear in them", async () => {
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

/** Cuts a text or a list at the given distances, over and over; without distances into single characters. */
function pieces<T extends string | readonly number[]>(whole: T, cuts: readonly number[]): T[] {
  const parts: T[] = [];
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const size = Math.max(1, cuts.length === 0 ? 1 : cuts[turn % cuts.length] ?? 1);
    parts.push(slice(whole, at, at + size));
    at += size;
  }
  return parts;
}

function slice<T extends string | readonly number[]>(whole: T, start: number, end: number): T;
function slice(whole: string | readonly number[], start: number, end: number): string | readonly number[] {
  return whole.slice(start, end);
}
