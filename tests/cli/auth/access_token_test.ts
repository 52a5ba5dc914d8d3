import { TestAuthority, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const TOKEN = "at-0123456789abcdefghij";
const OWNER = {
  email: "ada@corp.example",
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "account-0007",
  chatgpt_plan_type: "business",
  chatgpt_account_is_fedramp: false,
};

Deno.test("an access token is stored from stdin after the authority accepted it, and is shown masked", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json(OWNER));
  const env = { CODEX_HOME: home.path, CODEX_AUTHAPI_BASE_URL: authority.base };
  const login = await culvert(["auth", "login", "--access-token", "--json"], { env, stdin: ` ${TOKEN}\n` });
  assertEquals(login.code, 0, login.stderr);
  assertEquals(JSON.parse(login.stdout), {
    type: "culvert.login",
    mode: "personalAccessToken",
    path: home.authPath,
    source: { kind: "file", name: home.authPath },
    email: "ada@corp.example",
    account_tail: "0007",
    plan: "business",
    onboarding_entrypoint: null,
  });
  assertIncludes(login.stderr, "(Business); stored in");
  const status = await culvert(["auth", "status"], { env });
  assertEquals(status.code, 0, status.stderr);
  assertIncludes(status.stdout, "personal access token");
  for (const run of [login, status]) assertExcludes(run.stdout + run.stderr, TOKEN);
});

Deno.test("an access token that the authority refuses ends the login with exit status 4, and nothing is written", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 401 }));
  const env = { CODEX_HOME: home.path, CODEX_AUTHAPI_BASE_URL: authority.base };
  const login = await culvert(["auth", "login", "--access-token"], { env, stdin: TOKEN });
  assertEquals(login.code, 4, login.stderr);
  assertExcludes(login.stdout + login.stderr, TOKEN);
  assert(![...Deno.readDirSync(home.path)].some((one) => one.name === "auth.json"));
});

const REFUSED:
  readonly (readonly [what: string, args: string[], stdin: string, exit: number, says: string])[] = [
    ["nothing on stdin", [], "", 2, "culvert auth login --access-token < token.txt"],
    ["--api-key beside it", ["--api-key"], TOKEN, 2, "Both --api-key and --access-token"],
    ["a text that is not a token", [], "sk-0123456789", 4, "begins with at-"],
  ];
for (const [what, args, stdin, exit, says] of REFUSED) {
  Deno.test(`auth login --access-token with ${what} ends with ${exit}, and nothing is written`, async () => {
    await using home = new TestHome();
    const run = await culvert(["auth", "login", "--access-token", ...args], {
      env: { CODEX_HOME: home.path },
      stdin,
    });
    assertEquals(run.code, exit, run.stderr);
    assertIncludes(run.stderr, says);
    assert(![...Deno.readDirSync(home.path)].some((one) => one.name === "auth.json"));
  });
}

Deno.test("a personal access token that the API refuses causes one request and no refresh", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(({ path }) =>
    path.endsWith("/whoami") ? Response.json(OWNER) : new Response("{}", { status: 401 })
  );
  home.store(JSON.stringify({ OPENAI_API_KEY: null, personal_access_token: TOKEN }));
  Deno.writeTextFileSync(join(home.path, "config.toml"), `openai_base_url = "${authority.base}/v1"\n`);
  const env = { CODEX_HOME: home.path, CODEX_AUTHAPI_BASE_URL: authority.base, ...authority.env };
  const run = await culvert(["respond", "--transport", "sse", "hi"], { env });
  assertEquals(run.code, 4, run.stderr);
  assertEquals(authority.seen.map((one) => one.path), ["/v1/user-auth-credential/whoami", "/v1/responses"]);
});
