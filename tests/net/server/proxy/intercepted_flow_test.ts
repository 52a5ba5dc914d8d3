/** Back-pressure through an intercepting proxy: an origin that stops reading stops the client. */
import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import { createAuthority } from "../../../../lib/pki/pki.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { eventually } from "../kit.ts";

const HOST = "api.test";
const MEGABYTE = 1024 * 1024;
/** Size of the body, bytes: far more than the buffers between client and origin. */
const BODY = 96 * MEGABYTE;

interface Scene extends AsyncDisposable {
  /** The client's end of an intercepted connection. */
  readonly client: Deno.TlsConn;
  /** The origin's end, when the client has sent something. */
  readonly origin: () => Promise<Deno.Conn>;
  /** Direction and outcome of each end that the tap was told. */
  readonly ends: readonly string[];
}

async function scene(): Promise<Scene> {
  const [authority, corporate] = await Promise.all([
    createAuthority("Origin CA"),
    createAuthority("Company CA"),
  ]);
  const identity = await authority.issue({ commonName: HOST, names: [HOST] });
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: identity.certificate,
    key: identity.privateKey,
  });
  const { port } = listener.addr;
  const ends: string[] = [];
  const proxy = await startInterceptingProxy({
    upstream: localUpstream({
      roots: [authority.certificate],
      resolve: () => ({ host: "127.0.0.1", port }),
    }),
    tap: () => ({
      head: () => {},
      bytes: () => {},
      upgrade: () => {},
      end: ({ direction, outcome }) => void ends.push(`${direction} ${outcome}`),
    }),
    interception: { issue: (host) => corporate.issue({ commonName: host, names: [host] }) },
  });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
  await conn.write(new TextEncoder().encode(`CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}:443\r\n\r\n`));
  await conn.read(new Uint8Array(1_000));
  const client = await Deno.startTls(conn, { hostname: HOST, caCerts: [corporate.certificate] });
  let accepted: Deno.Conn | undefined;
  return {
    client,
    ends,
    origin: async () => accepted = await listener.accept(),
    [Symbol.asyncDispose]: async () => {
      for (const each of [client, accepted]) {
        try {
          each?.close();
        } catch (error) {
          if (!(error instanceof Deno.errors.BadResource)) throw error;
        }
      }
      listener.close();
      await proxy.close();
    },
  };
}

/** Writes until all is written or the connection ends. @returns the number of bytes written so far */
function send(client: Deno.Conn, total: number, header: string): () => number {
  let sent = 0;
  const block = new Uint8Array(65_536);
  void (async () => {
    await client.write(new TextEncoder().encode(header));
    while (sent < total) sent += await client.write(block.subarray(0, total - sent));
  })().catch(() => {/* The test closes the connection. */});
  return () => sent;
}

/** Waits until a number stays the same for a second, at most 20 s. */
async function settled(current: () => number): Promise<number> {
  for (let [before, count] = [-1, 0]; before !== current() && count < 20; count++) {
    before = current();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return current();
}

/** Reads a number of bytes, and the text before the empty line that precedes them. */
async function readAll(origin: Deno.Conn, total: number): Promise<number> {
  const buffer = new Uint8Array(256 * 1024);
  let read = 0;
  while (read < total) {
    const count = await origin.read(buffer);
    if (count === null) break;
    read += count;
  }
  return read;
}

Deno.test("an upload through an intercepting proxy waits for an origin that does not read, and later arrives completely", async () => {
  await using all = await scene();
  const sent = send(
    all.client,
    BODY,
    `POST /v1/files HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${BODY}\r\n\r\n`,
  );
  const origin = await all.origin();
  const stopped = await settled(sent);
  assert(stopped < 48 * MEGABYTE, `${stopped} bytes were taken for an origin that reads nothing`);
  assert(await readAll(origin, BODY) >= BODY);
  assertEquals(sent(), BODY);
});

Deno.test("a client that leaves an intercepted upload is noticed before the origin reads it", async () => {
  await using all = await scene();
  const part = 12 * MEGABYTE;
  const sent = send(
    all.client,
    part,
    `POST /v1/files HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${BODY}\r\n\r\n`,
  );
  const origin = await all.origin();
  await eventually(() => sent() === part, "the part of the body is taken");
  all.client.close();
  await eventually(() => all.ends.length === 2, "both directions have ended");
  assertEquals(all.ends, ["request failed", "response aborted"]);
  assert(await readAll(origin, BODY).catch(() => 0) < BODY);
});

Deno.test("messages of an intercepted websocket wait for an origin that does not read", async () => {
  await using all = await scene();
  const sent = send(
    all.client,
    BODY,
    `GET /v1/responses HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  const origin = await all.origin();
  await origin.read(new Uint8Array(4_096));
  await origin.write(
    new TextEncoder().encode(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
    ),
  );
  const stopped = await settled(sent);
  assert(stopped < 48 * MEGABYTE, `${stopped} bytes were taken for an origin that reads nothing`);
  assert(await readAll(origin, BODY) >= BODY);
  assertEquals(sent(), BODY);
});
