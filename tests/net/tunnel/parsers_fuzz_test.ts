import fc from "fast-check";
import { FaultError } from "../../../lib/net/failure/fault.ts";
import type { ByteReader, ByteWriter } from "../../../lib/net/tunnel/byte_conn.ts";
import { ChunkDecoder } from "../../../lib/net/tunnel/http/chunked.ts";
import { readBody } from "../../../lib/net/tunnel/http/http_body.ts";
import { openHttpTunnel } from "../../../lib/net/tunnel/http/http_connect.ts";
import { readHead } from "../../../lib/net/tunnel/http/http_head.ts";
import { openSocksTunnel } from "../../../lib/net/tunnel/socks5.ts";
import { assert, assertEquals } from "../../support/assert.ts";

const MAX_READS = 400;

/** Returns a peer that sends the bytes in chunks, and fails the test if reading does not end. */
function peer(bytes: Uint8Array, piece: number): ByteReader & ByteWriter {
  let at = 0;
  let reads = 0;
  return {
    read: (buffer) => {
      assert(++reads < MAX_READS, "the parser does not advance");
      assert(buffer.length > 0, "the parser reads into an empty buffer");
      if (at >= bytes.length) return Promise.resolve(null);
      const part = bytes.subarray(at, at + Math.min(piece, buffer.length));
      buffer.set(part);
      at += part.length;
      return Promise.resolve(part.length);
    },
    write: (data) => Promise.resolve(data.length),
  };
}

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
/** Bytes that resemble the grammar, and other ones. */
const soup = (...words: readonly string[]) =>
  fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 })), { maxLength: 30 })
    .map((parts) => bytesOf(parts.join("")));

Deno.test("a chunked body is decoded in chunks of any size, and decoding stops at the first invalid byte", () => {
  fc.assert(fc.property(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 8 }),
    fc.integer({ min: 1, max: 50 }),
    fc.constantFrom("", ";x=y", " ;x"),
    (chunks, piece, extension) => {
      const coded = chunks.flatMap((chunk) => [
        ...bytesOf(`${chunk.length.toString(16)}${extension}\r\n`),
        ...chunk,
        13,
        10,
      ]);
      const all = Uint8Array.from([...coded, ...bytesOf("0\r\n\r\n")]);
      const decoder = new ChunkDecoder(10_000);
      for (let at = 0; at < all.length; at += piece) decoder.push(all.subarray(at, at + piece));
      assertEquals([...decoder.content], chunks.flatMap((chunk) => [...chunk]));
      assert(decoder.isDone);
    },
  ));
  // The size that caused the endless loop of release 0.1, and others that parseInt accepts.
  for (const size of ["-6", "+3", "0x3", "3 4", " 3", "3.0", "g", "", "fffffffffffff", "3\n"]) {
    const decoder = new ChunkDecoder(100);
    decoder.push(bytesOf(`2\r\nab\r\n${size}\r\nxyz\r\n0\r\n\r\n`));
    assertEquals([new TextDecoder().decode(decoder.content), decoder.isDone], ["ab", true], size);
  }
});

Deno.test("no input makes a parser loop, throw anything but a typed error, or buffer more than its limit", async () => {
  const http = soup(
    "HTTP/1.1 ",
    "200",
    " OK",
    "\r\n",
    "\r\n\r\n",
    "Content-Length: ",
    "Transfer-Encoding: chunked",
    "5",
    "-6",
    "0",
    ":",
  );
  await fc.assert(
    fc.asyncProperty(http, fc.integer({ min: 1, max: 64 }), async (bytes, piece) => {
      const conn = peer(bytes, piece);
      const head = await readHead(conn, 200);
      if (typeof head === "string") return;
      assert(head.status >= 100 && head.status <= 999);
      const body = await readBody(conn, head, 50, new AbortController().signal);
      assert(new TextEncoder().encode(body).length <= 150);
    }),
    { numRuns: 500 },
  );
  const proxy = { scheme: "http", host: "p", port: 1 } as const;
  await fc.assert(
    fc.asyncProperty(http, fc.integer({ min: 1, max: 64 }), async (bytes, piece) => {
      await openHttpTunnel(peer(bytes, piece), proxy, "h:1", "x").catch(onlyFaults);
    }),
    { numRuns: 300 },
  );
  const socks = fc.array(fc.oneof(fc.constantFrom(5, 0, 1, 2, 3, 4, 255), fc.nat(255)), { maxLength: 40 });
  await fc.assert(
    fc.asyncProperty(socks, fc.nat(5), fc.boolean(), async (bytes, piece, hasUser) => {
      const credentials = hasUser ? { username: "u", password: "p" } : {};
      const endpoint = { scheme: "socks5", host: "p", port: 1, ...credentials } as const;
      await openSocksTunnel(peer(Uint8Array.from(bytes), piece + 1), endpoint, "h", 1).catch(onlyFaults);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("an error response with a negative chunk size ends immediately", async () => {
  const refusal = "HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n-6\r\nmore\r\n";
  const conn = peer(bytesOf(refusal), 1000);
  const head = await readHead(conn, 8192);
  assert(typeof head !== "string");
  assertEquals(await readBody(conn, head, 65_536, new AbortController().signal), "abc");
});

Deno.test("a head of 60 kB that arrives byte by byte, and one of 128 KiB, are read without a stack overflow", async () => {
  let at = 0;
  const long = bytesOf(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(200_000)}`);
  const read = (buffer: Uint8Array, piece: number) => {
    const part = long.subarray(at, at + Math.min(piece, buffer.length));
    buffer.set(part);
    at += part.length;
    return Promise.resolve(part.length === 0 ? null : part.length);
  };
  assertEquals(await readHead({ read: (buffer) => read(buffer, 1) }, 60_000), "too_long");
  at = 0;
  assertEquals(await readHead({ read: (buffer) => read(buffer, 65_536) }, 131_072), "too_long");
  // The bytes may also have been read earlier, like those after an interim answer.
  assertEquals(await readHead({ read: () => Promise.resolve(null) }, 131_072, long), "too_long");
});

Deno.test("each SOCKS reply code has a name, also codes that RFC 1928 does not define", async () => {
  const rows = [
    [1, "proxy_refused", "general failure"],
    [2, "proxy_refused", "do not allow"],
    [5, "connect", "connection refused"],
    [8, "proxy_refused", "type of address"],
    [9, "proxy_refused", "code 9"],
    [255, "proxy_refused", "code 255"],
  ] as const;
  for (const [reply, code, says] of rows) {
    const conn = peer(Uint8Array.of(5, 0, 5, reply, 0, 1, 0, 0, 0, 0, 0, 0), 100);
    const endpoint = { scheme: "socks5", host: "p", port: 1 } as const;
    const error: unknown = await openSocksTunnel(conn, endpoint, "h", 1).catch((thrown: unknown) => thrown);
    assert(error instanceof FaultError);
    assertEquals(error.fault.code, code);
    assert(error.fault.reason.includes(says), error.fault.reason);
  }
});

function onlyFaults(error: unknown): void {
  if (!(error instanceof FaultError)) throw error;
}
