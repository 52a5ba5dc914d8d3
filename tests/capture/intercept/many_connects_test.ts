/**
 * Many intercepted CONNECTs; the client cancels three of seven. The number comes from
 * `CULVERT_TEST_CONNECTS`; the default is small enough for every run.
 */
import { startForwardCapture } from "../../../lib/capture/intercept/forward_capture.ts";
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { createDialer } from "../../../lib/net/dialer/create_dialer.ts";
import { systemTcp } from "../../../lib/net/tunnel/dial_tcp.ts";
import { isolatedWorld } from "../../../lib/world/isolated_world.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";
import { trusting } from "../../net/kit.ts";
import { eventually } from "../../net/server/kit.ts";

const COUNT = Number(Deno.env.get("CULVERT_TEST_CONNECTS") ?? "210");
const AT_ONCE = 8;
const HOSTS = ["api.one.test", "api.two.test", "api.three.test"];

function openDescriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

interface Way {
  readonly port: number;
  readonly authorization: string;
  readonly authority: string;
}

/** Opens a tunnel. */
async function connect({ port, authorization }: Way, host: string): Promise<Deno.TcpConn> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(
    new TextEncoder().encode(`CONNECT ${host}:443 HTTP/1.1\r\nProxy-Authorization: ${authorization}\r\n\r\n`),
  );
  const reply = new Uint8Array(200);
  const count = await conn.read(reply) ?? 0;
  assert(new TextDecoder().decode(reply.subarray(0, count)).startsWith("HTTP/1.1 200"));
  return conn;
}

/** Sends one streamed request and reads until a text arrives. */
async function ask(conn: Deno.Conn, host: string, until: string): Promise<void> {
  const body = JSON.stringify({ model: "gpt-5.2", input: [] });
  await conn.write(
    new TextEncoder().encode(
      `POST /v1/responses HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer sk-test\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    ),
  );
  const buffer = new Uint8Array(65_536);
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes(until)) {
    const count = await conn.read(buffer);
    if (count === null) throw new Error(`The connection ended before ${until}: ${text.slice(0, 200)}`);
    text += decoder.decode(buffer.subarray(0, count), { stream: true });
  }
}

/** Time limit of one client, ms. A client takes a few ms even under load. */
const CLIENT_LIMIT = 30_000;

/** Runs one client. @returns whether it completed its two requests @throws Error that names the client and its step */
async function client(way: Way, index: number): Promise<boolean> {
  const at = { step: "CONNECT" };
  try {
    return await limited(steps(way, index, at));
  } catch (error) {
    throw new Error(`Client ${index} (${index % 7} of 7) failed at ${at.step}`, { cause: error });
  }
}

async function limited<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`stalled for ${CLIENT_LIMIT} ms`)), CLIENT_LIMIT);
  });
  try {
    return await Promise.race([work, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

async function steps(way: Way, index: number, at: { step: string }): Promise<boolean> {
  const host = HOSTS[index % HOSTS.length] ?? "";
  const conn = await connect(way, host);
  const kind = index % 7;
  if (kind === 1) {
    // The first bytes of a ClientHello and then a reset, which discards the sent bytes.
    await conn.write(Uint8Array.of(0x16, 0x03, 0x01, 0x02, 0x00, 0x01));
    conn.close();
    return false;
  }
  if (kind === 3) {
    // No TLS. The proxy is the first to close, after its alert.
    await conn.write(new TextEncoder().encode("This is no TLS record\r\n\r\n"));
    const alert = new Uint8Array(100);
    while (await conn.read(alert).catch(() => null) !== null);
    conn.close();
    return false;
  }
  at.step = "the TLS handshake";
  const secured = await Deno.startTls(conn, { hostname: host, caCerts: [way.authority] });
  at.step = "the first request";
  if (kind === 5) {
    await ask(secured, host, "response.output_text.delta");
    secured.close();
    return false;
  }
  await ask(secured, host, "0\r\n\r\n");
  at.step = "the second request";
  await ask(secured, host, "0\r\n\r\n");
  secured.close();
  return true;
}

/** An API, a capture that intercepts its hosts, and the errors that were not errors of clients. */
interface Scene extends AsyncDisposable {
  readonly way: Way;
  readonly intercepted: () => number;
  readonly upstreamConnections: () => number;
  readonly rejections: readonly unknown[];
}

async function scene(): Promise<Scene> {
  const api = await startMockApi({ names: HOSTS });
  const world = isolatedWorld();
  const tcp = systemTcp(world.sleep);
  const dialer = createDialer({
    trust: trusting(api.authority.certificate),
    routes: { resolve: () => ({ kind: "direct", reason: "test" }) },
    world,
    userAgent: "culvert-test/0",
    tcp: {
      ...tcp,
      lookup: () => Promise.resolve([{ address: "127.0.0.1", family: 4 }]),
      connect: (address) => tcp.connect(address, api.port),
    },
  });
  const rejections: unknown[] = [];
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    rejections.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  let intercepted = 0;
  const capture = await startForwardCapture({
    dialer,
    hosts: ["*"],
    observe: (event) => {
      if (event.kind === "connect" && event.action === "intercepted") intercepted++;
    },
  });
  const { port, username, password } = new URL(capture.proxyUrl);
  return {
    way: {
      port: Number(port),
      authorization: `Basic ${btoa(`${username}:${password}`)}`,
      authority: capture.authority ?? "",
    },
    intercepted: () => intercepted,
    upstreamConnections: () => api.connections(),
    rejections,
    [Symbol.asyncDispose]: async () => {
      await capture.close();
      dialer.close();
      await api.close();
      globalThis.removeEventListener("unhandledrejection", onRejection);
    },
  };
}

Deno.test(
  skippedIf(
    OFF_LINUX,
    `${COUNT} intercepted CONNECTs with three in seven cut leave nothing open and fail no other client`,
  ),
  async () => {
    const { way, intercepted, upstreamConnections, rejections, ...rest } = await scene();
    await using _end = rest;
    // The certificates, the listeners and the first connections are not counted.
    for (let index = 0; index < 14; index++) await client(way, index);
    await eventually(() => upstreamConnections() === 0, "the first connection is closed");
    const before = openDescriptors();
    const memory = Deno.memoryUsage().rss;
    let next = 0;
    let completed = 0;
    const worker = async () => {
      while (next < COUNT) if (await client(way, next++)) completed++;
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    assertEquals(intercepted(), COUNT + 14);
    assertEquals(
      completed,
      [...Array(COUNT).keys()].filter((index) => ![1, 3, 5].includes(index % 7)).length,
    );
    await eventually(() => upstreamConnections() === 0, "every upstream connection is closed");
    await eventually(() => openDescriptors() <= before + 4, `descriptors return to ${before}`);
    if (COUNT >= 1_000) {
      const grown = (Deno.memoryUsage().rss - memory) / 1e6;
      console.log(
        `descriptors ${before} before, ${openDescriptors()} after; ${grown.toFixed(0)} MB more resident`,
      );
    }
    assertEquals(rejections, []);
  },
);

/** Number of connections to three listeners at which Linux uses several local ports twice. */
const OPEN = 300;

Deno.test(
  skippedIf(OFF_LINUX, "a closed connection does not affect another one with the same local port"),
  async () => {
    const { way, ...rest } = await scene();
    await using _end = rest;
    // The test cannot choose the ports of the connections from the proxy to its TLS servers, but can limit the free ports.
    const first = await Promise.all(
      Array.from({ length: OPEN }, (_, index) => connect(way, HOSTS[index % HOSTS.length] ?? "")),
    );
    const second = await Promise.all(
      Array.from({ length: OPEN }, (_, index) => connect(way, HOSTS[index % HOSTS.length] ?? "")),
    );
    for (const conn of second) conn.close();
    for (const [index, conn] of first.entries()) {
      const host = HOSTS[index % HOSTS.length] ?? "";
      const secured = await limited(Deno.startTls(conn, { hostname: host, caCerts: [way.authority] }));
      await limited(ask(secured, host, "0\r\n\r\n"));
      secured.close();
    }
  },
);
