import { type CulvertRun, jsonLines } from "../support/culvert.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { testWith } from "../support/programs.ts";
import { ANSWER, bench, PLANTED_KEY } from "./kit.ts";
import { DANTED, startDanted } from "./peers/danted.ts";
import { MITMPROXY, startMitmproxy } from "./peers/mitmproxy.ts";
import { NGINX, startNginx } from "./peers/nginx.ts";
import { SQUID, startSquid } from "./peers/squid.ts";
import { startTinyproxy, TINYPROXY } from "./peers/tinyproxy.ts";

/** Asserts that stdout is the complete answer and nothing else. */
function assertAnswered(run: CulvertRun): void {
  assertEquals({ code: run.code, stdout: run.stdout }, { code: 0, stdout: `${ANSWER}\n` }, run.stderr);
}

/** Asserts that the connection was refused immediately, with the missing root in the message, and that no key was sent. */
function assertUntrusted(run: CulvertRun, ...words: readonly string[]): void {
  assertEquals({ code: run.code, stdout: run.stdout }, { code: 3, stdout: "" }, run.stderr);
  for (const word of words) assertIncludes(run.stderr, word);
  assertExcludes(run.stderr, PLANTED_KEY);
}

await testWith(
  MITMPROXY,
  "through mitmproxy respond streams with its CA and exits 3 without it",
  async () => {
    await using b = await bench();
    await using proxy = await startMitmproxy({ originRoots: b.roots });
    const url = `http://127.0.0.1:${proxy.port}`;
    assertAnswered(await b.respond({ proxy: url, bundle: proxy.bundle }));
    assertEquals(b.api.log.turns.length, 1);
    assertUntrusted(await b.respond({ proxy: url, bundle: b.bundle }), "mitmproxy");
    assertUntrusted(await b.respond({ proxy: url }), "mitmproxy");
    assertEquals(b.api.log.turns.length, 1);
  },
);

await testWith(
  MITMPROXY,
  "mitmproxy's password is sent, and without it the exit code is 5 without a retry",
  async () => {
    await using b = await bench();
    await using proxy = await startMitmproxy({ originRoots: b.roots, credentials: "anna:pa55word" });
    assertAnswered(
      await b.respond({ proxy: `http://anna:pa55word@127.0.0.1:${proxy.port}`, bundle: proxy.bundle }),
    );
    for (const userInfo of ["", "anna:wr0ngword@"]) {
      const run = await b.respond({
        proxy: `http://${userInfo}127.0.0.1:${proxy.port}`,
        bundle: proxy.bundle,
      });
      assertEquals(run.code, 5, run.stderr);
      assertIncludes(run.stderr, "407");
      assertExcludes(run.stderr, "wr0ngword");
      assertExcludes(run.stderr, "retry");
    }
  },
);

await testWith(
  MITMPROXY,
  "a mitmproxy that buffers delivers the whole answer at its end",
  async () => {
    await using b = await bench();
    const tails: number[] = [];
    for (const streaming of [true, false]) {
      await using proxy = await startMitmproxy({ originRoots: b.roots, streaming });
      b.api.enqueue({ text: ANSWER, gapMs: 60 });
      const way = { proxy: `http://127.0.0.1:${proxy.port}`, bundle: proxy.bundle, args: ["--json"] };
      const run = await b.respond(way);
      assertEquals(run.code, 0, run.stderr);
      const timings = Object(jsonLines(run.stdout).at(-1)?.["timings_ms"]);
      tails.push(timings.total - timings.first_text);
    }
    // Ten chunks with gaps of 60 ms: half a second if they are streamed.
    const [streamed = 0, buffered = 0] = tails;
    assert(streamed > 300 && buffered < streamed / 2, String(tails));
  },
);

await testWith(
  SQUID,
  "through squid with ssl-bump respond streams with its CA and exits 3 without it",
  async () => {
    await using b = await bench();
    await using proxy = await startSquid({ originRoots: b.roots });
    const url = `http://127.0.0.1:${proxy.port}`;
    assertAnswered(await b.respond({ proxy: url, bundle: proxy.bundle }));
    assertUntrusted(await b.respond({ proxy: url, bundle: b.bundle }), "Squid Inspection CA");
    assertEquals(b.api.log.turns.length, 1);
  },
);

await testWith(
  TINYPROXY,
  "through a CONNECT proxy with a password respond receives the API's own certificate",
  async () => {
    await using b = await bench();
    const credentials = { username: "anna", password: "pa55word" };
    await using proxy = await startTinyproxy({ credentials });
    const url = `http://anna:pa55word@127.0.0.1:${proxy.port}`;
    assertAnswered(await b.respond({ proxy: url, bundle: b.bundle }));
    assertUntrusted(await b.respond({ proxy: url }), "Culvert Mock API CA");
    const refused = await b.respond({
      proxy: `http://anna:wr0ngword@127.0.0.1:${proxy.port}`,
      bundle: b.bundle,
    });
    assertEquals(refused.code, 5, refused.stderr);
    assertExcludes(refused.stderr, "wr0ngword");
    assertEquals(b.api.log.turns.length, 1);
    assertIncludes(proxy.output(), `localhost:${b.api.port}`);
  },
);

await testWith(
  DANTED,
  "through a SOCKS5 proxy respond streams, with names resolved locally or by the proxy",
  async () => {
    await using b = await bench();
    await using proxy = await startDanted();
    for (const scheme of ["socks5", "socks5h"]) {
      const url = `${scheme}://127.0.0.1:${proxy.port}`;
      assertAnswered(await b.respond({ proxy: url, bundle: b.bundle }));
      assertUntrusted(await b.respond({ proxy: url }), "Culvert Mock API CA");
    }
  },
);

for (const buffering of [true, false]) {
  const how = buffering ? "with buffering" : "without buffering";
  await testWith(NGINX, `behind nginx ${how} respond gets the complete answer`, async () => {
    await using b = await bench();
    const origin = { port: b.api.port, roots: b.roots };
    await using gateway = await startNginx({ origin, buffering });
    const baseUrl = `${gateway.url}/v1`;
    b.api.enqueue({ text: ANSWER, gapMs: 30 });
    assertAnswered(await b.respond({ baseUrl, bundle: gateway.bundle }));
    assertUntrusted(await b.respond({ baseUrl, bundle: b.bundle }), "Gateway CA");
  });
}

await testWith(NGINX, "nginx delays events with buffering and passes them on without it", async () => {
  await using b = await bench();
  const spread: Record<string, number> = {};
  for (const buffering of [true, false]) {
    const origin = { port: b.api.port, roots: b.roots };
    await using gateway = await startNginx({ origin, buffering });
    const client = Deno.createHttpClient({ caCerts: [await Deno.readTextFile(gateway.bundle)] });
    const reply = await fetch(`${gateway.url}/v1/culvert/timed-events?events=4&gap=150`, { client });
    const arrivals: number[] = [];
    for await (const _ of reply.body ?? []) arrivals.push(performance.now());
    client.close();
    spread[String(buffering)] = (arrivals.at(-1) ?? 0) - (arrivals[0] ?? 0);
  }
  assert((spread["true"] ?? 0) < 225 && (spread["false"] ?? 0) > 300, JSON.stringify(spread));
});
