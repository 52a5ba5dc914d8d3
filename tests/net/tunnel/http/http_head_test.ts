import fc from "fast-check";
import { readBody } from "../../../../lib/net/tunnel/http/http_body.ts";
import type { ByteReader } from "../../../../lib/net/tunnel/byte_conn.ts";
import { type HttpHead, readHead } from "../../../../lib/net/tunnel/http/http_head.ts";
import { challengesOf } from "../../../../lib/net/failure/proxy_auth.ts";
import { assert, assertEquals } from "../../../support/assert.ts";

/** Returns a connection that yields the text in the given chunks, then ends. */
function inPieces(text: string, cuts: readonly number[]): ByteReader {
  const bytes = new TextEncoder().encode(text);
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])]
    .filter((end) => end > 0).sort((a, b) => a - b);
  let at = 0;
  return {
    read: (buffer) => {
      if (at >= bytes.length) return Promise.resolve(null);
      const end = Math.min(ends.find((end) => end > at) ?? bytes.length, at + buffer.length);
      buffer.set(bytes.subarray(at, end));
      const count = end - at;
      at = end;
      return Promise.resolve(count);
    },
  };
}

Deno.test("a head and a body give the same result in chunks of any size", async () => {
  const chunked =
    "HTTP/1.1 401 No\r\nA: b\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n";
  const plain = "HTTP/1.1 401 No\r\nA: b\r\nContent-Length: 5\r\n\r\nabcdeleftover";
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(chunked, plain), fc.array(fc.nat(200)), async (text, cuts) => {
      const conn = inPieces(text, cuts);
      const head = await readHead(conn, 8192);
      assert(typeof head !== "string");
      assertEquals([head.status, head.reason, head.headers.get("a")], [401, "No", "b"]);
      assertEquals(await readBody(conn, head, 1000, new AbortController().signal), "abcde");
    }),
  );
});

Deno.test("an invalid head is refused with the reason", async () => {
  const rows: readonly (readonly [string, string | number])[] = [
    ["", "eof"],
    ["HTTP/1.1 200 OK\r\nA: b\r\n", "eof"],
    ["220 mail.example\r\n\r\n", "not_http"],
    ["\x05\x00", "not_http"],
    ["HTTP/2 200\r\n\r\n", "not_http"],
    ["HTTP/1.1 2000 OK\r\n\r\n", "not_http"],
    [`HTTP/1.1 200 OK\r\nA: ${"x".repeat(500)}\r\n\r\n`, "too_long"],
    [`HTTP/1.1 200 OK\r\nA: ${"x".repeat(5000)}`, "too_long"],
    ["HTTP/1.1 200 OK\r\n\r\n", 200],
    ["HTTP/1.0 407\r\nbad line\r\n: x\r\nb@d: x\r\n\r\n", 407],
  ];
  for (const [text, expected] of rows) {
    const head: HttpHead | string = await readHead(inPieces(text, []), 200);
    assertEquals(typeof head === "string" ? head : head.status, expected, JSON.stringify(text.slice(0, 40)));
  }
});

Deno.test("the authentication schemes are read from their header", () => {
  assertEquals(challengesOf(null), []);
  assertEquals(challengesOf("NTLM, Negotiate abc==, NTLM"), ["NTLM", "Negotiate"]);
  assertEquals(challengesOf('Digest realm="a, Basic b", nonce="x", Basic realm="c"'), ["Digest", "Basic"]);
  assertEquals(challengesOf("Basic"), ["Basic"]);
});

Deno.test("a body with more bytes than a function call can have arguments is read", async () => {
  const content = "x".repeat(300_000);
  const framings = [
    `Content-Length: ${content.length}\r\n\r\n${content}`,
    `Transfer-Encoding: chunked\r\n\r\n${content.length.toString(16)}\r\n${content}\r\n0\r\n\r\n`,
  ];
  for (const framing of framings) {
    const conn = inPieces(`HTTP/1.1 502 Bad Gateway\r\n${framing}`, []);
    const head = await readHead(conn, 65_536);
    assert(typeof head === "object" && head !== null);
    assertEquals(await readBody(conn, head, 1_000_000, new AbortController().signal), content);
  }
});
