import { startMockApi } from "../../../lib/mock/api/api.ts";
import { CREDENTIAL_ROWS, type CredentialRow, sourceIn } from "../../auth/policy/credential_rows.ts";
import { TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** An API that accepts every token and no token at all. */
const API = await startMockApi({ plain: true, open: true });
/** An authority that accepts access tokens. */
const OWNER = {
  email: null,
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "acc-7",
  chatgpt_plan_type: "Business",
  chatgpt_account_is_fedramp: false,
};
const AUTHORITY = Deno.serve(
  { port: 0, hostname: "127.0.0.1", onListen: () => {} },
  () => Response.json(OWNER),
);
globalThis.addEventListener("unload", () => {
  void API.close();
  void AUTHORITY.shutdown();
});

const MODES: Readonly<Record<CredentialRow["kind"], string>> = {
  bearer: "apikey",
  command: "apikey",
  managed: "chatgpt",
  personal_access_token: "personalAccessToken",
  agent_identity: "agentIdentity",
  none: "none",
};

/** Prepares files and environment of a row and runs a command. */
async function runIn(home: TestHome, row: CredentialRow, command: readonly string[]): Promise<CulvertRun> {
  const { provider, keyFile, stored } = row;
  if (stored !== undefined) home.store(stored);
  if (stored !== undefined) Deno.chmodSync(home.authPath, 0o600);
  const lines = provider?.table === undefined
    ? [`openai_base_url = "${API.baseUrl}"`]
    : ["[model_providers.mine]", 'name = "Mine"', `base_url = "${API.baseUrl}"`, ...provider.table];
  Deno.writeTextFileSync(join(home.path, "config.toml"), lines.join("\n"));
  const args = [...command];
  if (provider?.table !== undefined) args.push("--provider", "mine");
  if (provider?.choice === "base-url") args.push("--base-url", API.baseUrl);
  else if (provider?.choice !== undefined) args.push("--provider", provider.choice);
  if (keyFile !== undefined) {
    Deno.writeTextFileSync(join(home.path, "key.txt"), keyFile);
    args.push("--api-key-file", join(home.path, "key.txt"));
  }
  return await culvert(args, {
    env: {
      CODEX_HOME: home.path,
      CODEX_OSS_BASE_URL: API.baseUrl,
      CODEX_AUTHAPI_BASE_URL: `http://127.0.0.1:${AUTHORITY.addr.port}`,
      ...row.env,
    },
  });
}

for (const row of CREDENTIAL_ROWS) {
  // `auth status` accepts configured providers only; doctor accepts an address too.
  if (row.provider?.choice === "base-url") Deno.test(`doctor: ${row.name}`, () => bareAddress(row));
  else {Deno.test(`auth status: ${row.name}`, async () => {
      await using home = new TestHome();
      const run = await runIn(home, row, ["auth", "status", "--json"]);
      const { usable, mode, source, shadowed, problems } = JSON.parse(run.stdout);
      const { kind, name } = sourceIn(row, home.path);
      assertEquals([run.code, usable, mode, source], [0, true, MODES[row.kind], { kind, name }]);
      assertEquals([shadowed.includes(name), problems], [false, []]);
      if (row.token !== undefined) assertExcludes(run.stdout + run.stderr, row.token);
    });}

  if (row.kind === "agent_identity") continue;
  Deno.test(`what the API receives: ${row.name}`, async () => {
    await using home = new TestHome();
    API.log.clear();
    const run = await runIn(home, row, ["respond", "--json", "--transport", "sse", "-m", "m", "hi"]);
    assertEquals(run.code, 0, run.stdout + run.stderr);
    const [request] = API.log.turns;
    const expected = row.token === undefined ? undefined : `Bearer ${row.token}`;
    assertEquals(request?.headers["authorization"], expected);
    if (row.token !== undefined) assertExcludes(run.stdout + run.stderr, row.token);
  });
}

/** Compares what doctor reports about the credential at an address that no provider has. */
async function bareAddress(row: CredentialRow): Promise<void> {
  await using home = new TestHome();
  const run = await runIn(home, { ...row, provider: { fields: {} } }, [
    "doctor",
    // No provider of the configuration is at this address.
    "https://elsewhere.test/v1",
    "--offline",
    "--json",
  ]);
  const report: { checks: readonly { id: string; status: string; summary: string }[] } = JSON.parse(
    run.stdout,
  );
  const found = report.checks.find(({ id }) => id === "credentials");
  assertEquals([run.code, found?.status], [0, "ok"]);
  assertIncludes(found?.summary ?? "", row.kind === "none" ? "None" : row.source.name);
}
