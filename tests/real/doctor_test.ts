/** The doctor with real proxies and gateways, with and without the right bundle. */
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { testWith } from "../support/programs.ts";
import { type Bench, bench, PLANTED_KEY, type Way } from "./kit.ts";
import { DANTED, startDanted } from "./peers/danted.ts";
import { MITMPROXY, startMitmproxy } from "./peers/mitmproxy.ts";
import { NGINX, startNginx } from "./peers/nginx.ts";
import { SQUID, startSquid } from "./peers/squid.ts";
import { startTinyproxy, TINYPROXY } from "./peers/tinyproxy.ts";

/** The fields of a check that these tests read. */
interface Told {
  readonly status: string;
  readonly summary: string;
  readonly remediation: string;
  readonly outcome: unknown;
  readonly code: unknown;
}

interface Diagnosis {
  readonly exit: number;
  readonly next: string;
  readonly durationMs: number;
  readonly check: (id: string) => Told;
  /** Returns the ids of the failed checks. */
  readonly failed: readonly string[];
}

async function doctor(b: Bench, way: Way): Promise<Diagnosis> {
  const run = await culvert([
    ...["doctor", way.baseUrl ?? b.api.baseUrl, "--json", "-m", "mock-1"],
    ...(way.proxy === undefined ? [] : ["--proxy", way.proxy]),
    ...way.args ?? [],
  ], {
    env: {
      CULVERT_API_KEY: PLANTED_KEY,
      ...(way.bundle === undefined ? {} : { CODEX_CA_CERTIFICATE: way.bundle }),
    },
  });
  assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
  assertExcludes(run.stdout + run.stderr, "pa55word");
  const report = JSON.parse(run.stdout);
  assertEquals(report.exit_code, run.code);
  const checks: readonly Record<string, unknown>[] = report.checks;
  return {
    exit: run.code,
    next: report.next,
    durationMs: report.duration_ms,
    failed: checks.filter(({ status }) => status === "fail").map(({ id }) => String(id)),
    check: (id) => {
      const found = checks.find((check) => check["id"] === id);
      return {
        status: String(found?.["status"]),
        summary: String(found?.["summary"]),
        remediation: String(found?.["remediation"]),
        outcome: Object(found?.["details"])["outcome"],
        code: found?.["code"],
      };
    },
  };
}

/** Asserts that the handshake fails with the issuer named, later checks are skipped, and the remedy is a bundle. */
function assertUntrusted(told: Diagnosis, issuer: string): void {
  assertEquals([told.exit, told.failed], [3, ["tls"]]);
  assertEquals(told.check("tls").code, "tls_unknown_issuer");
  assertIncludes(told.check("tls").remediation, issuer);
  assertIncludes(told.check("tls").remediation, "CODEX_CA_CERTIFICATE");
  assertEquals(told.check("http").status, "skipped");
  assertIncludes(told.next, "culvert ca fetch localhost:");
}

await testWith(
  MITMPROXY,
  "doctor reports that mitmproxy intercepts, streams and passes websockets",
  async () => {
    await using b = await bench();
    await using proxy = await startMitmproxy({ originRoots: b.roots });
    const way = { proxy: `http://127.0.0.1:${proxy.port}` };
    const told = await doctor(b, { ...way, bundle: proxy.bundle });
    assertEquals([told.exit, told.failed], [0, []]);
    assertIncludes(told.check("proxy").summary, "opens a tunnel");
    assertIncludes(told.check("tls").summary, 'TLS is intercepted by "mitmproxy"');
    assertIncludes(told.check("tls").summary, 'itself presents a certificate of "Culvert Mock API CA"');
    assertIncludes(told.check("sse").summary, "Not buffered");
    assertEquals(told.check("websocket").outcome, "passed");
    assertUntrusted(await doctor(b, { ...way, bundle: b.bundle }), "mitmproxy");
    assertUntrusted(await doctor(b, way), "mitmproxy");
  },
);

await testWith(MITMPROXY, "doctor reports a mitmproxy that buffers streams", async () => {
  await using b = await bench();
  await using proxy = await startMitmproxy({ originRoots: b.roots, streaming: false });
  const told = await doctor(b, { proxy: `http://127.0.0.1:${proxy.port}`, bundle: proxy.bundle });
  assertEquals([told.exit, told.check("sse").status], [0, "warn"]);
  assertIncludes(told.check("sse").summary, "Buffered");
  assertIncludes(told.check("sse").remediation, "stream_large_bodies");
});

await testWith(
  MITMPROXY,
  "doctor names the scheme that mitmproxy requires, and passes with its password",
  async () => {
    await using b = await bench();
    await using proxy = await startMitmproxy({ originRoots: b.roots, credentials: "anna:pa55word" });
    const refused = await doctor(b, { proxy: `http://127.0.0.1:${proxy.port}`, bundle: proxy.bundle });
    assertEquals([refused.exit, refused.failed], [5, ["proxy"]]);
    assertIncludes(refused.check("proxy").summary, "it accepts Basic");
    const url = `http://anna:pa55word@127.0.0.1:${proxy.port}`;
    const told = await doctor(b, { proxy: url, bundle: proxy.bundle });
    assertEquals([told.exit, told.check("proxy").status], [0, "ok"]);
  },
);

await testWith(SQUID, "doctor reports that squid intercepts, streams, and strips the upgrade", async () => {
  await using b = await bench();
  await using proxy = await startSquid({ originRoots: b.roots });
  const way = { proxy: `http://127.0.0.1:${proxy.port}` };
  const told = await doctor(b, { ...way, bundle: proxy.bundle });
  assertEquals([told.exit, told.failed], [0, []]);
  assertIncludes(told.check("tls").summary, 'TLS is intercepted by "Squid Inspection CA"');
  assertIncludes(told.check("sse").summary, "Not buffered");
  const { outcome, status, summary } = told.check("websocket");
  assertEquals([outcome, status], ["stripped", "warn"]);
  assertIncludes(summary, "squid");
  const forced = await doctor(b, { ...way, bundle: proxy.bundle, args: ["--transport", "ws"] });
  assertEquals([forced.exit, forced.failed], [5, ["websocket"]]);
  assertUntrusted(await doctor(b, { ...way, bundle: b.bundle }), "Squid Inspection CA");
});

await testWith(
  TINYPROXY,
  "doctor reports that a CONNECT proxy with a password passes all traffic unread",
  async () => {
    await using b = await bench();
    await using proxy = await startTinyproxy({ credentials: { username: "anna", password: "pa55word" } });
    const url = `http://anna:pa55word@127.0.0.1:${proxy.port}`;
    const told = await doctor(b, { proxy: url, bundle: b.bundle });
    assertEquals([told.exit, told.failed], [0, []]);
    assertIncludes(told.check("proxy").summary, "accepts the credentials");
    assertIncludes(told.check("tls").summary, "Culvert Mock API CA");
    assertEquals(told.check("websocket").outcome, "passed");
    const refused = await doctor(b, { proxy: url.replace("pa55word", "wr0ngword"), bundle: b.bundle });
    assertEquals([refused.exit, refused.failed], [5, ["proxy"]]);
    const without = await doctor(b, { proxy: `http://127.0.0.1:${proxy.port}`, bundle: b.bundle });
    assertEquals([without.exit, without.check("proxy").code], [5, "proxy_auth"]);
    assertIncludes(without.check("proxy").summary, "Basic");
    assertUntrusted(await doctor(b, { proxy: url }), "Culvert Mock API CA");
  },
);

await testWith(DANTED, "doctor examines a SOCKS5 proxy, with and without the right bundle", async () => {
  await using b = await bench();
  await using proxy = await startDanted();
  const url = `socks5h://127.0.0.1:${proxy.port}`;
  const told = await doctor(b, { proxy: url, bundle: b.bundle });
  assertEquals([told.exit, told.failed], [0, []]);
  assertIncludes(told.check("proxy").summary, "The SOCKS proxy connects to");
  assertIncludes(told.check("tls").summary, "The certificate of localhost is issued by");
  assertEquals(told.check("websocket").outcome, "passed");
  assertUntrusted(await doctor(b, { proxy: url }), "Culvert Mock API CA");
});

for (const buffering of [true, false]) {
  await testWith(
    NGINX,
    `doctor examines nginx with buffering ${buffering ? "on" : "off"} before the API`,
    async () => {
      await using b = await bench();
      await using gateway = await startNginx({ origin: { port: b.api.port, roots: b.roots }, buffering });
      const way = { baseUrl: `${gateway.url}/v1`, bundle: gateway.bundle };
      const told = await doctor(b, way);
      assertEquals([told.exit, told.failed], [0, []]);
      assertIncludes(told.check("tls").summary, "Gateway CA");
      assertEquals(told.check("sse").status, buffering ? "warn" : "ok");
      assertIncludes(told.check("sse").summary, buffering ? "Buffered" : "Not buffered");
      assertEquals(told.check("websocket").outcome, "passed");
      assert(told.durationMs < 5_000);
      assertUntrusted(await doctor(b, { baseUrl: way.baseUrl, bundle: b.bundle }), "Gateway CA");
    },
  );
}
