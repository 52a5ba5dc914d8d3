import { startNetwork } from "../../../lib/mock/network.ts";
import { accessToken, HOUR_MS, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const CANARY = "canary7f3a";
const planted = (name: string) => `${name}-${CANARY}-secret`;

Deno.test("a report describes a 401 and its recovery, roots, route and times, and contains no planted secret", async () => {
  await using home = new TestHome();
  const credentials = { username: planted("user"), password: planted("password") };
  const network = await startNetwork({ api: { accepts: () => false }, proxy: { credentials } });
  try {
    const tokens = await network.api.oauth.issue();
    home.store(JSON.stringify({
      auth_mode: "chatgpt",
      tokens: {
        ...tokens,
        access_token: accessToken(CANARY, Date.now() + HOUR_MS),
        account_id: planted("account"),
      },
      future: planted("future"),
    }));
    Deno.writeTextFileSync(
      join(home.path, "config.toml"),
      `openai_base_url = "https://api.culvert.test/v1?key=${planted("query")}"\n`,
    );
    const env = {
      HTTPS_PROXY: network.proxyUrl,
      CODEX_CA_CERTIFICATE: network.bundlePath,
      CODEX_HOME: home.path,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: "https://api.culvert.test/oauth/token",
      OPENAI_ORGANIZATION: planted("org"),
    };
    const run = await culvert(["report", "-v"], { env });
    assertEquals(run.code, 0, run.stderr);
    assertExcludes(run.stdout + run.stderr, CANARY);
    for (const token of Object.values(tokens)) assertExcludes(run.stdout + run.stderr, token);
    assertExcludes(run.stdout, "acc-mock-0001");
    const report = JSON.parse(run.stdout);
    assertEquals(report.type, "culvert.report");
    for (const name of ["culvert", "deno", "os", "arch"]) assert(report.versions[name], name);
    assertIncludes(report.trust.description, "CODEX_CA_CERTIFICATE");
    const http = report.attempts[0];
    assertEquals([http.transport, http.ok, http.error.code], ["http", false, "auth_rejected"]);
    assertIncludes(http.route, "from HTTPS_PROXY");
    const kinds = report.observations.filter((one: { transport: string }) => one.transport === "http")
      .map((
        one: { kind: string; status?: number; outcome?: string },
      ) => [one.kind, one.status ?? one.outcome]);
    assertEquals(kinds, [
      ["request", 401],
      ["recovery", "recovery_succeeded"],
      ["request", 401],
      ["recovery", "recovery_not_run"],
    ]);
    for (const one of report.observations) if (one.kind === "request") assert(one.duration_ms >= 0);
    const names = ["request_id", "cf_ray", "error", "error_code", "transport", "endpoint"];
    assertEquals(names.map((name) => report.tags[`auth_401_${name}`]), [
      "req_mock_401",
      "8f00000000000000-FRA",
      "expired_session",
      "token_expired",
      "websocket",
      "/responses",
    ]);
    assertEquals([report.tags.auth_header_name, report.tags.auth_mode], ["authorization", "Chatgpt"]);
    assertEquals(network.api.oauth.refreshCount, 1);
  } finally {
    await network.close();
  }
});

Deno.test("a key that is given instead of the name of its variable is not reported", async () => {
  await using home = new TestHome();
  const key = `sk_${CANARY}_0123456789`;
  Deno.writeTextFileSync(
    join(home.path, "config.toml"),
    `model_provider = "corp"\n[model_providers.corp]\nname = "Corp"\nbase_url = "http://127.0.0.1:9/v1"\nenv_key = "${key}"\n`,
  );
  const run = await culvert(["report", "--offline"], { env: { CODEX_HOME: home.path } });
  assertEquals(run.code, 0, run.stderr);
  assertExcludes(run.stdout + run.stderr, CANARY);
  assertEquals(JSON.parse(run.stdout).tags.auth_env_provider_key_name ?? "configured", "configured");
});

Deno.test("a report is written to a file of mode 0600, and with --offline no request is sent", async () => {
  await using home = new TestHome();
  const path = join(home.path, "report.json");
  const run = await culvert(["report", "--offline", "-o", path], { env: { CODEX_HOME: home.path } });
  assertEquals([run.code, run.stdout], [0, ""]);
  assertIncludes(run.stderr, path);
  assertIncludes(
    run.stderr,
    "contains no credentials; it names hosts, proxies, paths and certificates: read it before sending",
  );
  const report = JSON.parse(Deno.readTextFileSync(path));
  assertEquals([report.attempts, report.auth.usable], [[], false]);
  assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
});

Deno.test("a report that cannot be written is an error with the path", async () => {
  const run = await culvert(["report", "--offline", "-o", "/no/such/folder/report.json"]);
  assertEquals(run.code, 2);
  assertIncludes(run.stderr, "/no/such/folder/report.json");
});

Deno.test("a report names a geographic denial in its attempts and its tags", async () => {
  await using home = new TestHome();
  const body = { error: { code: "unsupported_country_region_territory", message: "Country not supported" } };
  await using server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen: () => {} },
    () => Response.json(body, { status: 403 }),
  );
  const env = { CODEX_HOME: home.path, CULVERT_API_KEY: planted("key") };
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const run = await culvert(["report", "-C", `openai_base_url="${baseUrl}"`], { env });
  const report = JSON.parse(run.stdout);
  const codes = report.attempts.map((one: { error: { code: string } }) => one.error.code);
  assertEquals(new Set(codes), new Set(["region_denied"]));
  const { auth_geo_denied, auth_provider_mismatch, auth_base_url_class } = report.tags;
  assertEquals([auth_geo_denied, auth_provider_mismatch, auth_base_url_class], ["true", "false", "custom"]);
});

Deno.test("a 401 in one process is in the report of the next, with the ids of the actual refusal", async () => {
  await using home = new TestHome();
  const state = join(home.path, "state");
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen: () => {} }, () => {
    const headers = { "x-request-id": "req_real_401", "cf-ray": "ray_real_401" };
    return Response.json({ error: { message: "bad key" } }, { status: 401, headers });
  });
  const baseUrl = `http://127.0.0.1:${server.addr.port}/v1`;
  const config = ["-C", `openai_base_url="${baseUrl}"`];
  const env = { CODEX_HOME: home.path, CULVERT_API_KEY: planted("key"), XDG_STATE_HOME: state };
  const failed = await culvert(["respond", "--transport", "sse", ...config, "hi"], { env });
  assertEquals(failed.code, 4);
  const report = await culvert(["report", "--offline", ...config], { env });
  assertExcludes(report.stdout, CANARY);
  const [run, ...more] = JSON.parse(report.stdout).failed_runs;
  assertEquals(more.length, 0);
  assertEquals([run.tags.auth_401_request_id, run.tags.auth_401_cf_ray], ["req_real_401", "ray_real_401"]);
  assertEquals(run.tags.last_model_request_id, "req_real_401");
  const statuses = run.observations.map((
    each: { kind: string; status?: number },
  ) => [each.kind, each.status]);
  assertEquals(statuses, [["request", 401], ["recovery", undefined]]);
  const file = join(state, "culvert", "failed_runs.jsonl");
  if (Deno.build.os !== "windows") assertEquals((Deno.statSync(file).mode ?? 0) & 0o777, 0o600);
  assertExcludes(await Deno.readTextFile(file), CANARY);
  // A line that another version wrote, or that was cut, does not hide the others.
  await Deno.writeTextFile(file, '{"at": "2026-01-\n[1]\n', { append: true });
  const again = await culvert(["report", "--offline", ...config], { env });
  assertEquals(JSON.parse(again.stdout).failed_runs.length, 1);
});

Deno.test("the last 20 failed runs are stored, a successful one is not, and an unwritable folder does not fail the command", async () => {
  const { failedRunsFile } = await import("../../../lib/observe/evidence/failed_runs.ts");
  const directory = await Deno.makeTempDir();
  try {
    const world = {
      env: (name: string) => name === "XDG_STATE_HOME" ? directory : undefined,
      home: () => undefined,
      now: () => Date.now(),
    };
    const file = failedRunsFile(world);
    assert(file !== undefined);
    for (let index = 0; index < 25; index++) await file.add({ index });
    await file.add({ long: "x".repeat(50_000) });
    assertEquals(
      (await file.read()).map(({ index }) => index),
      Array.from({ length: 20 }, (_, at) => 24 - at),
    );
    await Deno.writeTextFile(join(directory, "blocker"), "");
    const blocked = failedRunsFile({ ...world, env: () => join(directory, "blocker") });
    await blocked?.add({ index: 1 });
    assertEquals(await blocked?.read(), []);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
