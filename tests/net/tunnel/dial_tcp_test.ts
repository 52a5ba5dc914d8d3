import { dialTcp, type HostAddress, systemTcp, type TcpParts } from "../../../lib/net/tunnel/dial_tcp.ts";
import { assert, assertEquals, assertRejects } from "../../support/assert.ts";
import { worldWith } from "../kit.ts";

const V6: HostAddress = { address: "2001:db8::1", family: 6 };
const V6_TOO: HostAddress = { address: "2001:db8::2", family: 6 };
const V4: HostAddress = { address: "127.0.0.1", family: 4 };

/** Real sockets for IPv4, and simulated ones for the addresses that a test names. */
function parts(
  found: readonly HostAddress[],
  odd: Readonly<Record<string, () => Promise<Deno.TcpConn>>>,
): TcpParts & { readonly tried: readonly string[] } {
  const tried: string[] = [];
  const { sleep } = worldWith();
  return {
    ...systemTcp(sleep),
    lookup: () => Promise.resolve(found),
    connect: (hostname, port) => {
      tried.push(hostname);
      return odd[hostname]?.() ?? Deno.connect({ hostname, port });
    },
    tried,
  };
}

const stall = () => new Promise<never>(() => {});
const refuse = () => Promise.reject(new Deno.errors.ConnectionRefused("Connection refused (os error 111)"));

Deno.test("IPv4 wins within a second when IPv6 stalls", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const tcp = parts([V6, V6_TOO, V4], { [V6.address]: stall, [V6_TOO.address]: stall });
  const begin = performance.now();
  using conn = await dialTcp("api.test", listener.addr.port, tcp, AbortSignal.timeout(10_000));
  const took = performance.now() - begin;
  assertEquals(conn.remoteAddr.hostname, "127.0.0.1");
  assertEquals(tcp.tried, [V6.address, "127.0.0.1"], "the families alternate");
  assert(took >= 200 && took < 1000, `${took} ms`);
});

Deno.test("after a failure the next address is tried immediately", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const waits: number[] = [];
  const tcp = {
    ...parts([V6, V4], { [V6.address]: refuse }),
    sleep: (ms: number) => {
      waits.push(ms);
      return stall();
    },
  };
  using conn = await dialTcp("api.test", listener.addr.port, tcp, AbortSignal.timeout(10_000));
  assertEquals(conn.remoteAddr.hostname, "127.0.0.1");
  assertEquals(waits, [250, 250]);
});

Deno.test("a connection that is established too late is closed", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const late = Promise.withResolvers<Deno.TcpConn>();
  const tcp = parts([V6, V4], { [V6.address]: () => late.promise });
  using conn = await dialTcp("api.test", port, tcp, AbortSignal.timeout(10_000));
  assertEquals(conn.remoteAddr.port, port);
  const loser = await Deno.connect({ hostname: "127.0.0.1", port });
  late.resolve(loser);
  await late.promise;
  await assertRejects(loser.write(Uint8Array.of(1)), Deno.errors.BadResource);
});

Deno.test("when all addresses fail, the first failure is reported", async () => {
  const tcp = parts([V6, V4], {
    [V6.address]: () => Promise.reject(new Error("first")),
    [V4.address]: () => Promise.reject(new Error("second")),
  });
  await assertRejects(dialTcp("api.test", 1, tcp, AbortSignal.timeout(10_000)), /first/);
  await assertRejects(dialTcp("api.test", 1, parts([], {}), AbortSignal.timeout(10_000)), /no address/);
});

Deno.test("an abort throws its reason, while resolving and while connecting", async () => {
  const reason = new Error("enough");
  const rows = [
    { ...parts([], {}), lookup: stall },
    parts([V6, V4], { [V6.address]: stall, [V4.address]: stall }),
  ];
  for (const tcp of rows) {
    const stop = new AbortController();
    const dialing = dialTcp("api.test", 1, tcp, stop.signal);
    setTimeout(() => stop.abort(reason), 20);
    await assertRejects(dialing, (error: unknown) => error === reason);
  }
});

Deno.test("localhost resolves to this machine in both address families, without the resolver", async () => {
  const tcp = systemTcp(worldWith().sleep);
  assertEquals((await tcp.lookup("api.localhost")).map(({ address }) => address), ["127.0.0.1", "::1"]);
  using listener = Deno.listen({ hostname: "::1", port: 0 });
  using conn = await dialTcp("localhost", listener.addr.port, tcp, AbortSignal.timeout(10_000));
  assertEquals(conn.remoteAddr.hostname, "::1");
});
