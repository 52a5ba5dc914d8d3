/** Every row of the route table and every spelling of a proxy address, as `culvert respond --dry-run` tells the way. */
import { ACCEPTED, REJECTED } from "../../net/route/proxy_address_cases.ts";
import { ROUTES } from "../../net/route/route_cases.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";

/** User and password of every proxy in the tables. */
const SECRETS = ["hunter2", "s%40crat", "s@crat", "x:y", "CORP", "ann@", "ann:", "zora"];

async function dryRun(
  target: string,
  env: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): Promise<CulvertRun> {
  const run = await culvert(["respond", "--dry-run", "--json", "--base-url", target, ...flags, "hi"], {
    env: { CULVERT_API_KEY: "sk-planted", ...env },
  });
  for (const secret of SECRETS) assertExcludes(run.stdout + run.stderr, secret);
  return run;
}

for (const row of ROUTES) {
  // `--base-url` takes http and https; the websocket's schemes follow the same rows.
  const targets = Object.entries(row.routes).filter(([target]) => target.startsWith("http"));
  for (const [target, route] of targets) {
    Deno.test(`respond goes to ${target} ${route}: ${row.name}`, async () => {
      const run = await dryRun(target, row.env ?? {}, row.proxy === undefined ? [] : ["--proxy", row.proxy]);
      assertEquals(run.code, 0, run.stderr);
      const line = JSON.parse(run.stdout);
      assertEquals([line.route, line.url], [route, new URL("responses", target).href]);
    });
  }
}

for (const [text, { scheme, host, port, username }] of ACCEPTED) {
  const where = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const expected = `${scheme}://${username === undefined ? "" : "***@"}${where}`;
  Deno.test(`respond reads the proxy address ${JSON.stringify(text)} as ${expected}`, async () => {
    const run = await dryRun("https://a.example/", { HTTPS_PROXY: text });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(JSON.parse(run.stdout).route, `${expected} from HTTPS_PROXY`);
  });
}

for (const [text, reason] of REJECTED) {
  Deno.test(`respond refuses the proxy address ${JSON.stringify(text)}: ${reason}`, async () => {
    const run = await dryRun("https://a.example/", { all_proxy: text });
    assertEquals(run.code, 2);
    const { exit_code, error } = JSON.parse(run.stdout);
    assertEquals([exit_code, error.code], [2, "proxy_invalid"]);
    for (const part of ["all_proxy", reason]) {
      assertIncludes(error.message, part);
      assertIncludes(run.stderr, part);
    }
    assertEquals(run.stderr.match(/^culvert: /gm)?.length, 1);
  });
}

Deno.test("respond refuses an invalid --proxy with the name of the flag", async () => {
  const run = await dryRun("https://a.example/", {}, ["--proxy", "socks4://zora:hunter2@p:1"]);
  assertEquals([run.code, JSON.parse(run.stdout).error.code], [2, "proxy_invalid"]);
  assertIncludes(run.stderr, "--proxy");
});

Deno.test("respond warns once, without values, about proxy variables that differ and entries that never match", async () => {
  const run = await dryRun("https://a.example/", {
    HTTPS_PROXY: "http://ann:hunter2@a:1",
    https_proxy: "http://ann:hunter3@b:1",
    NO_PROXY: "10.0.0.0/99",
  });
  assertEquals(run.code, 0);
  assertEquals(run.stderr.match(/^culvert: warning: /gm)?.length, 2, run.stderr);
  for (const part of ["HTTPS_PROXY and https_proxy", "10.0.0.0/99"]) assertIncludes(run.stderr, part);
});
