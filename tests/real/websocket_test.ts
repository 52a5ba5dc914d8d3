import { type CulvertRun, jsonLines } from "../support/culvert.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { testWith } from "../support/programs.ts";
import { bench } from "./kit.ts";
import { DANTED, startDanted } from "./peers/danted.ts";
import { MITMPROXY, startMitmproxy } from "./peers/mitmproxy.ts";
import { NGINX, startNginx } from "./peers/nginx.ts";
import { SQUID, startSquid } from "./peers/squid.ts";
import { startTinyproxy, TINYPROXY } from "./peers/tinyproxy.ts";

const JSON_AUTO = ["--json", "--transport", "auto"] as const;

/** Returns the transport of the answer, from the result line. */
function wireOf(run: CulvertRun): unknown {
  const result = jsonLines(run.stdout).at(-1);
  assertEquals({ code: run.code, status: result?.["status"] }, { code: 0, status: "completed" }, run.stderr);
  return result?.["transport"];
}

await testWith(MITMPROXY, "a websocket streams through mitmproxy", async () => {
  await using b = await bench();
  await using proxy = await startMitmproxy({ originRoots: b.roots });
  const way = { proxy: `http://127.0.0.1:${proxy.port}`, bundle: proxy.bundle };
  assertEquals(wireOf(await b.respond({ ...way, args: JSON_AUTO, websockets: true })), "websocket");
  const untrusting = await b.respond({
    ...way,
    bundle: b.bundle,
    args: ["--transport", "ws"],
    websockets: true,
  });
  assertEquals(untrusting.code, 3, untrusting.stderr);
  assertIncludes(untrusting.stderr, "mitmproxy");
});

await testWith(TINYPROXY, "a websocket streams through a CONNECT proxy with a password", async () => {
  await using b = await bench();
  await using proxy = await startTinyproxy({ credentials: { username: "anna", password: "pa55word" } });
  const proxyUrl = `http://anna:pa55word@127.0.0.1:${proxy.port}`;
  const run = await b.respond({ proxy: proxyUrl, bundle: b.bundle, args: JSON_AUTO, websockets: true });
  assertEquals(wireOf(run), "websocket");
  assertEquals(b.api.handshakes(), 1);
});

await testWith(DANTED, "a websocket streams through a SOCKS5 proxy", async () => {
  await using b = await bench();
  await using proxy = await startDanted();
  const proxyUrl = `socks5h://127.0.0.1:${proxy.port}`;
  const run = await b.respond({ proxy: proxyUrl, bundle: b.bundle, args: JSON_AUTO, websockets: true });
  assertEquals(wireOf(run), "websocket");
});

await testWith(NGINX, "a websocket streams through nginx in front of the API", async () => {
  await using b = await bench();
  await using gateway = await startNginx({ origin: { port: b.api.port, roots: b.roots }, buffering: true });
  const args = ["--json", "--transport", "ws"];
  const run = await b.respond({ baseUrl: `${gateway.url}/v1`, bundle: gateway.bundle, args });
  assertEquals(wireOf(run), "websocket");
});

await testWith(
  SQUID,
  "squid strips the upgrade: the answer comes over SSE after one attempt and less than 1 s",
  async () => {
    await using b = await bench();
    await using proxy = await startSquid({ originRoots: b.roots });
    const way = { proxy: `http://127.0.0.1:${proxy.port}`, bundle: proxy.bundle, websockets: true };
    // In the first run squid creates the certificate, so its time is not compared.
    wireOf(await b.respond({ ...way, args: ["--json", "--transport", "sse"] }));
    const plain = await b.respond({ ...way, args: ["--json", "--transport", "sse"] });
    assertEquals(wireOf(plain), "sse");
    const before = b.api.log.all.length;
    const run = await b.respond({ ...way, args: JSON_AUTO });
    assertEquals(wireOf(run), "sse");
    const seen = b.api.log.all.slice(before).map(({ method, path }) => `${method} ${path}`);
    assertEquals(seen, ["GET /v1/responses", "POST /v1/responses"]);
    assertEquals(b.api.handshakes(), 0);
    const fallbacks = jsonLines(run.stdout).filter((line) => line["type"] === "culvert.fallback");
    assertEquals(fallbacks.length, 1);
    assert(run.durationMs - plain.durationMs < 1_000, `${run.durationMs} ms against ${plain.durationMs} ms`);
  },
);

await testWith(SQUID, "with --transport ws a removed upgrade is an error that names the cause", async () => {
  await using b = await bench();
  await using proxy = await startSquid({ originRoots: b.roots });
  const proxyUrl = `http://127.0.0.1:${proxy.port}`;
  const run = await b.respond({
    proxy: proxyUrl,
    bundle: proxy.bundle,
    args: ["--transport", "ws"],
    websockets: true,
  });
  assertEquals({ stdout: run.stdout, failed: run.code !== 0 }, { stdout: "", failed: true }, run.stderr);
  assertIncludes(run.stderr, "websocket");
});
