import fc from "fast-check";
import { ServerFlight } from "../../../lib/net/diagnosis/server_flight.ts";
import { serverFlight } from "../../../lib/net/diagnosis/client_hello.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { rawServer } from "../kit.ts";

const record = (type: number, content: readonly number[]) => [
  type,
  3,
  3,
  content.length >> 8,
  content.length & 255,
  ...content,
];
const message = (type: number, content: readonly number[]) => [
  type,
  0,
  content.length >> 8,
  content.length & 255,
  ...content,
];
const HELLO = message(2, [3, 3, ...Array<number>(32).fill(7), 0, 0xc0, 0x2f, 0]);
const CERTIFICATES = message(11, [0, 0, 9, 0, 0, 3, 1, 2, 3, 0, 0, 0]);
const REQUEST = message(13, [1, 1, 0, 2, 4, 1, 0, 0]);
const DONE = message(14, []);

Deno.test("the unencrypted part of a handshake shows version, certificates and certificate request, in chunks of any size", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.boolean(), fc.boolean(), (piece, asks, isSplit) => {
      const messages = [...HELLO, ...CERTIFICATES, ...(asks ? REQUEST : []), ...DONE];
      const half = messages.length >> 1;
      const bytes = Uint8Array.from(
        isSplit
          ? [...record(22, messages.slice(0, half)), ...record(22, messages.slice(half))]
          : record(22, messages),
      );
      const flight = new ServerFlight();
      for (let at = 0; at < bytes.length; at += piece) flight.push(bytes.subarray(at, at + piece));
      assertEquals([flight.version, flight.requestsCertificate, flight.isOver], ["TLS 1.2", asks, true]);
      assertEquals(flight.certificates.map((der) => [...der]), [[1, 2, 3], []]);
    }),
  );
});

Deno.test("no input makes the handshake reader loop, throw, or buffer more than its limit", () => {
  const soup = fc.array(
    fc.oneof(
      fc.constantFrom(record(22, HELLO), record(22, CERTIFICATES), record(21, [1, 112]), record(21, [2, 40])),
      fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(fc.property(soup, fc.integer({ min: 1, max: 40 }), (parts, piece) => {
    const bytes = Uint8Array.from(parts.flat());
    const flight = new ServerFlight();
    for (let at = 0; at < bytes.length; at += piece) flight.push(bytes.subarray(at, at + piece));
  }));
  const flight = new ServerFlight();
  // A record that announces more bytes than are sent.
  flight.push(Uint8Array.from([22, 3, 3, 255, 255]));
  for (let count = 0; count < 100 && !flight.isOver; count++) flight.push(new Uint8Array(65_536));
  assert(flight.isOver);
});

Deno.test("aborting the signal ends the wait for a server that does not answer the ClientHello", async () => {
  await using server = await rawServer(() => {});
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const stop = new AbortController();
  const reading = serverFlight(conn, "localhost", stop.signal).catch((error: unknown) => error);
  stop.abort();
  await reading;
});
