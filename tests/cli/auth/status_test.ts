import { join } from "../../support/paths.ts";
import { DEFECT_ROWS } from "../../auth/store/auth_file_rows.ts";
import { accessToken, HOUR_MS, loginText, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

/** Commands that need the stored credential, in a home with a defect. */
const NEEDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["auth status", ["auth", "status", "--json"]],
  ["auth refresh", ["auth", "refresh", "--json"]],
  ["respond", ["respond", "--json", "hi"]],
  ["doctor", ["doctor", "--offline", "--json"]],
];

for (const [name, text, problem] of DEFECT_ROWS) {
  for (const [command, args] of NEEDS) {
    Deno.test(`${command} with an auth.json that is ${name}: ${problem}, exit 4, and the file is unchanged`, async () => {
      await using home = new TestHome();
      home.store(text);
      const run = await culvert(args, { env: { CODEX_HOME: home.path } });
      assertEquals([run.code, home.text()], [4, text]);
      const said = run.stdout + run.stderr;
      for (const part of [home.authPath, "auth_storage"]) assertIncludes(said, part);
      for (const part of ["is unchanged", "culvert auth login"]) assertIncludes(said, part);
      assertExcludes(said, "secret-access");
      // A login would refuse to replace it, so the hint does not name it.
      if (command === "doctor") assertExcludes(JSON.parse(run.stdout).next, "auth login");
    });
  }
}

interface KindRow {
  readonly name: string;
  readonly stored: string;
  readonly mode: string;
  /** Exit status. Default 0. */
  readonly exit?: number;
  readonly code?: string;
  /** Fields of the object. */
  readonly tells?: Readonly<Record<string, unknown>>;
  /** In `problems`. */
  readonly problem?: string;
  /** Must not be in any output. */
  readonly secret?: string;
}

const later = Date.now() + 3 * HOUR_MS;
const earlier = Date.now() - HOUR_MS;
const fresh = { lastRefresh: new Date().toISOString() };

const KINDS: readonly KindRow[] = [
  {
    name: "a ChatGPT login",
    stored: loginText({ access: accessToken("a", later), refresh: "rt-secret-refresh-token", ...fresh }),
    mode: "chatgpt",
    tells: {
      email: "ada@corp.example",
      account_tail: "cc-1",
      plan: "Business",
      can_renew: true,
      key: null,
      expires_at: new Date(Math.floor(later / 1000) * 1000).toISOString(),
    },
    secret: "rt-secret-refresh-token",
  },
  {
    name: "an expired ChatGPT login that can be renewed",
    stored: loginText({ access: accessToken("a", earlier), ...fresh }),
    mode: "chatgpt",
    tells: { can_renew: true },
    problem: "the next request renews it",
  },
  {
    name: "an expired ChatGPT login without a refresh token",
    stored: loginText({ access: accessToken("a", earlier), refresh: "", ...fresh }),
    mode: "chatgpt",
    exit: 4,
    code: "auth_refresh_failed",
    tells: { can_renew: false },
    problem: "has expired",
  },
  {
    name: "a ChatGPT login whose token is no JWT",
    stored: loginText({ access: "opaque-secret-token", lastRefresh: null }),
    mode: "chatgpt",
    tells: { expires_at: null, last_refresh: null },
    secret: "opaque-secret-token",
  },
  {
    name: "an API key",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-0123456789abcdef"}',
    mode: "apikey",
    tells: { key: "sk-proj-***bcdef", can_renew: false, email: null },
    secret: "0123456789",
  },
  {
    name: "a short API key, of which nothing is shown",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-short-1"}',
    mode: "apikey",
    tells: { key: "***" },
    secret: "sk-short-1",
  },
  {
    name: "an API key of thirteen characters, of which nothing is shown",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1234567890"}',
    mode: "apikey",
    tells: { key: "***" },
    secret: "1234567890",
  },
  {
    name: "an API key of fourteen characters, of which one is hidden",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-12345678901"}',
    mode: "apikey",
    tells: { key: "sk-12345***78901" },
    secret: "sk-12345678901",
  },
  {
    name: "an API key of twenty-three characters",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-1234567890ABCDE"}',
    mode: "apikey",
    tells: { key: "sk-proj-***ABCDE" },
    secret: "1234567890",
  },
  {
    name: "a personal access token",
    stored: '{"auth_mode":"personalAccessToken","personal_access_token":"at-0123456789abcdef"}',
    mode: "personalAccessToken",
    tells: { key: "at-01234***bcdef" },
    secret: "0123456789",
  },
  {
    name: "an agent identity",
    stored:
      '{"auth_mode":"agentIdentity","agent_identity":{"agent_runtime_id":"r","agent_private_key":"cHJpdmF0ZQ"}}',
    mode: "agentIdentity",
    secret: "cHJpdmF0ZQ",
  },
  {
    name: "a credential for Amazon Bedrock",
    stored: '{"bedrock_api_key":{"api_key":"secret-aws-key","region":"us-east-1"}}',
    mode: "none",
    exit: 4,
    code: "auth_missing",
    problem: "Amazon Bedrock only",
    secret: "secret-aws-key",
  },
  {
    name: "a mode without its credential",
    stored: '{"auth_mode":"chatgpt","tokens":null}',
    mode: "none",
    exit: 4,
    code: "auth_missing",
    problem: "does not contain the values that its mode requires",
  },
  {
    name: "an empty object",
    stored: "{}",
    mode: "none",
    exit: 4,
    code: "auth_missing",
    problem: "No credential was found",
  },
  {
    name: "an API key with a line break in it",
    stored: '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-broken\\nkey-value"}',
    mode: "none",
    exit: 4,
    code: "auth_missing",
    problem: "line breaks",
    secret: "key-value",
  },
];

for (const { name, stored, mode, exit = 0, code = null, tells = {}, problem, secret } of KINDS) {
  Deno.test(`auth status --json of ${name}`, async () => {
    await using home = new TestHome();
    home.store(stored);
    Deno.chmodSync(home.authPath, 0o600);
    const run = await culvert(["auth", "status", "--json"], { env: { CODEX_HOME: home.path } });
    const status: Record<string, unknown> = JSON.parse(run.stdout);
    assertEquals([run.code, status["usable"], status["mode"], status["code"]], [
      exit,
      exit === 0,
      mode,
      code,
    ]);
    for (const [key, value] of Object.entries(tells)) assertEquals([key, status[key]], [key, value]);
    const problems = JSON.stringify(status["problems"]);
    if (problem === undefined) assertEquals(problems, "[]");
    else assertIncludes(problems, problem);
    if (exit !== 0) assert(typeof status["hint"] === "string" && run.stderr.includes(status["hint"]));
    if (secret !== undefined) assertExcludes(run.stdout + run.stderr, secret);
  });

  Deno.test(`auth status of ${name} shows the same facts as text, with the same exit code`, async () => {
    await using home = new TestHome();
    home.store(stored);
    Deno.chmodSync(home.authPath, 0o600);
    const run = await culvert(["auth", "status"], { env: { CODEX_HOME: home.path } });
    assertEquals(run.code, exit);
    assertIncludes(run.stdout, `Usable:     ${exit === 0 ? "yes" : "no"}\n`);
    if (problem !== undefined) assertIncludes(run.stdout, problem);
    if (secret !== undefined) assertExcludes(run.stdout + run.stderr, secret);
    for (const line of run.stdout.trimEnd().split("\n")) assert(/^[A-Z][a-z ]+: +\S/.test(line), line);
  });
}

Deno.test("a provider with an unset env_http_headers variable is unusable until the variable is set", async () => {
  await using home = new TestHome();
  const lines = [
    "[model_providers.gateway]",
    'name = "Gateway"',
    'base_url = "https://gateway.example/v1"',
    'env_http_headers = { "x-gateway-key" = "GATEWAY_KEY" }',
  ];
  Deno.writeTextFileSync(join(home.path, "config.toml"), lines.join("\n"));
  const args = ["auth", "status", "--json", "--provider", "gateway"];
  for (const [value, code] of [[undefined, 4], ["", 4], ["key-1", 0]] as const) {
    const env = { CODEX_HOME: home.path, ...(value === undefined ? {} : { GATEWAY_KEY: value }) };
    const run = await culvert(args, { env });
    assertEquals([value, run.code, JSON.parse(run.stdout).usable], [value, code, code === 0], run.stdout);
    if (code !== 0) assertIncludes(run.stdout, "GATEWAY_KEY");
  }
});
