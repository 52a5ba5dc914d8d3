import * as tls from "node:tls";
import fc from "fast-check";
import {
  certificatesOf,
  clientHello,
  readCertificates,
} from "../../../lib/net/diagnosis/certificate_message.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { CA, LEAF, rawServer, type TestServer } from "../kit.ts";

const NEVER = new AbortController().signal;

/** A TLS server that notes the names it was asked for. */
async function tlsServer(
  options: tls.TlsOptions,
): Promise<TestServer & { readonly names: readonly (string | false)[] }> {
  const names: (string | false)[] = [];
  const server = tls.createServer(options, (socket) => socket.end());
  server.on("tlsClientError", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  return {
    port: address.port,
    names,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function der(pem: string): number[] {
  return [...Uint8Array.from(atob(pem.replace(/-----[^-]+-----|\s/g, "")), (char) => char.charCodeAt(0))];
}

async function ask(port: number, name?: string) {
  return await certificatesOf(await Deno.connect({ hostname: "127.0.0.1", port }), name, NEVER);
}

Deno.test("half a handshake shows the certificates as a real server sends them", async () => {
  await using server = await tlsServer({ cert: LEAF.certificate, key: LEAF.privateKey });
  const found = await ask(server.port, "localhost");
  assertEquals(found?.map((one) => [...one]), [der(LEAF.certificate)]);
});

Deno.test("a chain comes whole and in its order, longer than one record may be", async () => {
  const middle = await CA.intermediate("Middle");
  const leaf = await middle.issue({ commonName: "localhost", names: ["localhost"] });
  const many = Array.from({ length: 60 }, () => middle.certificate).join("");
  await using server = await tlsServer({ cert: leaf.certificate + many, key: leaf.privateKey });
  const found = await ask(server.port, "localhost");
  assertEquals(found?.length, 61);
  assertEquals([...found?.[0] ?? []], der(leaf.certificate));
  assertEquals([...found?.at(-1) ?? []], der(middle.certificate));
});

Deno.test("a server that speaks TLS 1.3 alone shows nothing", async () => {
  await using server = await rawServer((socket) => {
    // A fatal alert, protocol_version (RFC 8446 §6.2): what such servers answer.
    socket.end(Uint8Array.of(21, 3, 3, 0, 2, 2, 70));
  });
  assertEquals(await ask(server.port), undefined);
});

Deno.test("what does not speak TLS, or goes away, shows nothing", async () => {
  for (const bytes of [new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"), new Uint8Array(0)]) {
    await using server = await rawServer((socket) => void socket.end(bytes));
    assertEquals(await ask(server.port), undefined);
  }
});

Deno.test("a server that keeps silent is given up with the signal", async () => {
  await using server = await rawServer(() => {});
  const stop = new AbortController();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const asked = certificatesOf(conn, "localhost", stop.signal);
  stop.abort();
  assertEquals(await asked, undefined);
});

Deno.test("bytes of any kind, cut anywhere, are read without a fault", async () => {
  const authority = await createAuthority("Cut");
  const list = [...length(authority.der.length), ...authority.der];
  const message = [11, ...length(list.length + 3), ...length(list.length), ...list];
  const record = Uint8Array.of(22, 3, 3, message.length >> 8, message.length & 0xff, ...message);
  assertEquals(whole(readCertificates(record)), [[...authority.der]]);
  for (let end = 0; end < record.length; end++) {
    assertEquals(readCertificates(record.subarray(0, end)), "more");
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
    const found = readCertificates(bytes);
    assert(found === undefined || found === "more" || found.length > 0);
  }));
});

Deno.test("the hello is a well-formed record with the name in it", () => {
  const hello = clientHello("api.test");
  assertEquals([...hello.subarray(0, 3)], [22, 3, 1]);
  assertEquals((hello[3] ?? 0) * 256 + (hello[4] ?? 0), hello.length - 5);
  assert(new TextDecoder("latin1").decode(hello).includes("api.test"));
  assert(!new TextDecoder("latin1").decode(clientHello(undefined)).includes("api.test"));
});

function length(value: number): readonly number[] {
  return [value >> 16, value >> 8 & 0xff, value & 0xff];
}

function whole(found: ReturnType<typeof readCertificates>): unknown {
  return Array.isArray(found) ? found.map((one) => [...one]) : found;
}
