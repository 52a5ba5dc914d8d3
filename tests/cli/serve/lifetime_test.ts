/** How `culvert serve` starts, is found, and ends. */
import { assert, assertEquals, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { serving, TURN } from "./kit.ts";

const SLOW = { scenario: { text: "slowly but surely", gapMs: 200 } } as const;

Deno.test(
  skippedIf(ON_WINDOWS, "SIGTERM lets the running stream end, refuses new requests and exits 0"),
  async () => {
    await using scene = await serving({ network: { api: SLOW } });
    const reply = await scene.fetch("/responses", TURN);
    scene.program.kill("SIGTERM");
    await scene.program.seen("stderr", /stopping; \d+ connections? still open/);
    const refused = await scene.fetch("/models").then(() => false, () => true);
    assert(refused, "a new connection was accepted");
    assertIncludes(await reply.text(), '"type":"response.completed"');
    assertEquals(await scene.program.end(), 0);
  },
);

Deno.test(
  skippedIf(
    ON_WINDOWS,
    "a stream that does not end in time is cut, and the exit code is that of a termination",
  ),
  async () => {
    await using scene = await serving({
      args: ["--drain", "1"],
      network: { api: { scenario: { ending: { kind: "stall", afterDeltas: 1 } } } },
    });
    const reply = await scene.fetch("/responses", TURN);
    scene.program.kill("SIGTERM");
    assertEquals(await reply.text().then(() => "whole", () => "cut"), "cut");
    assertEquals(await scene.program.end(), 143);
  },
);

Deno.test(skippedIf(ON_WINDOWS, "a second signal ends serve immediately"), async () => {
  await using scene = await serving({
    network: { api: { scenario: { ending: { kind: "stall", afterDeltas: 1 } } } },
  });
  const reply = await scene.fetch("/responses", TURN);
  scene.program.kill("SIGTERM");
  await scene.program.seen("stderr", /stopping/);
  scene.program.kill("SIGTERM");
  assertEquals(await scene.program.end(), 143);
  await reply.text().catch(() => {});
});

Deno.test("--server-info writes one line of JSON that only its owner can read, and removes it at the end", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-serve-" });
  const path = join(directory, "below", "info.json");
  try {
    await using scene = await serving({ args: ["--server-info", path, "--http-shutdown"] });
    const text = await Deno.readTextFile(path);
    const info = JSON.parse(text);
    assertMatch(text, /^\{[^\n]*\}\n$/);
    assertEquals([info.port, info.pid], [Number(new URL(scene.baseUrl).port), scene.program.pid]);
    assertEquals([info.base_url, info.api_key], [scene.baseUrl, scene.token]);
    if (Deno.build.os !== "windows") assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    const stop = (token: string) =>
      fetch(new URL("/shutdown", scene.baseUrl), {
        method: "POST",
        headers: { authorization: `Bearer ${token}` },
      });
    const refused = await stop(scene.token);
    assertEquals([refused.status, (await refused.json()).error.code], [401, "shutdown_token"]);
    const accepted = await stop(info.shutdown_token);
    assertEquals(await accepted.json(), { status: "stopping" });
    assertEquals(await scene.program.end(), 0);
    assertEquals(await Deno.stat(path).catch(() => "gone"), "gone");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("a port that is in use is a usage error that names it", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const run = await culvert(["serve", "--provider", "demo", "--port", String(taken.addr.port)]);
  taken.close();
  assertEquals(run.code, 2, run.stderr);
  assertIncludes(run.stderr, `Cannot listen on 127.0.0.1:${taken.addr.port}: the port is in use\n`);
});

Deno.test("an invalid port is a usage error", async () => {
  const run = await culvert(["serve", "--port", "70000"]);
  assertEquals(run.code, 2);
  assertEquals(
    run.stderr,
    'culvert: --port: "70000" is not a whole number from 0 to 65535\n  See: culvert serve --help\n',
  );
});

Deno.test("a program after -- runs with the variables, and serve exits with its exit code", async () => {
  const script = 'test -n "$OPENAI_BASE_URL" && test -n "$OPENAI_API_KEY" && exit 7';
  const run = await culvert(["serve", "--provider", "demo", "--", "sh", "-c", script]);
  assertEquals(run.code, 7, run.stderr);
  const missing = await culvert(["serve", "--provider", "demo", "--", "no-such-program-here"]);
  assertEquals(missing.code, 2);
  assertIncludes(missing.stderr, 'Cannot run "no-such-program-here": no such program');
});
