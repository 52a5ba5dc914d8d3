/** The doctor changes nothing: it writes no file, registers no agent, renews no login and runs a command once. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { accessToken, HOUR_MS } from "../auth/kit.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { OFF_LINUX, skippedIf } from "../support/skipped.ts";
import { diagnose, finding, folder } from "./kit.ts";

/** Returns every file of a folder with its content. */
function contents(path: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...Deno.readDirSync(path)].map(({ name }) => [name, Deno.readTextFileSync(join(path, name))]),
  );
}

function login(expiresAt: number): string {
  const token = accessToken("unchanged", expiresAt);
  return JSON.stringify({
    auth_mode: "chatgpt",
    tokens: { id_token: token, access_token: token, refresh_token: "rt-unchanged", account_id: "acc-1" },
    last_refresh: new Date().toISOString(),
  });
}

const ROWS = [
  { name: "a login that is valid", files: { "auth.json": login(Date.now() + HOUR_MS) }, env: {} },
  { name: "a login that has expired", files: { "auth.json": login(Date.now() - HOUR_MS) }, env: {} },
  {
    name: "a login for which an agent signs",
    files: { "auth.json": login(Date.now() + HOUR_MS) },
    config: "[features]\nuse_agent_identity = true\n",
    env: {},
  },
  { name: "a personal access token", files: {}, env: { CODEX_ACCESS_TOKEN: "at-0123456789abcdef" } },
  {
    name: "an agent identity",
    files: {},
    env: { CODEX_ACCESS_TOKEN: accessToken("agent", Date.now() + HOUR_MS) },
  },
] as const;

for (const row of ROWS) {
  Deno.test(`with ${row.name} no file is written, and every request except the one for an answer is a GET`, async () => {
    await using api = await startMockApi({ plain: true });
    using home = folder();
    for (const [name, text] of Object.entries(row.files)) home.write(name, text);
    home.write("config.toml", `openai_base_url = "${api.baseUrl}"\n${"config" in row ? row.config : ""}`);
    const before = contents(home.path);
    const env = {
      CODEX_HOME: home.path,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
      CODEX_AUTHAPI_BASE_URL: api.origin,
      ...row.env,
    };
    await diagnose({ env, flags: { model: "mock-1" } });
    assertEquals(contents(home.path), before);
    const changes = api.log.all.filter(({ method, path }) => method !== "GET" && path !== "/v1/responses");
    assertEquals(changes.map(({ method, path }) => `${method} ${path}`), []);
  });
}

Deno.test("an agent identity is not tested, and the checks say why", async () => {
  await using api = await startMockApi({ plain: true });
  using home = folder();
  home.write("config.toml", `openai_base_url = "${api.baseUrl}"\n`);
  const env = { CODEX_HOME: home.path, CODEX_ACCESS_TOKEN: accessToken("agent", Date.now() + HOUR_MS) };
  const report = await diagnose({ env });
  assertIncludes(finding(report, "models").summary, "the doctor registers none");
});

Deno.test({
  ...skippedIf(OFF_LINUX, "a credential command runs once, for all checks and for --spend"),
  fn: async () => {
    await using api = await startMockApi({ plain: true });
    using home = folder();
    const runs = join(home.path, "runs");
    home.write(
      "config.toml",
      `[model_providers.gate]\nname = "gate"\nbase_url = "${api.baseUrl}"\n` +
        `[model_providers.gate.auth]\ncommand = "sh"\nargs = ["-c", "echo run >>${runs}; echo token-of-command"]\n`,
    );
    const report = await diagnose({
      env: { CODEX_HOME: home.path },
      flags: { provider: "gate", model: "mock-1" },
      spend: true,
    });
    assertEquals(report.exit_code, 0, JSON.stringify(report.checks));
    assertEquals(Deno.readTextFileSync(runs), "run\n");
  },
});
