/** `culvert auth refresh` of what is stored, and of what cannot be renewed. */
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const IDENTITY = {
  agent_runtime_id: "runtime-1",
  agent_private_key: "SECRET-KEY",
  account_id: "acc-1",
  chatgpt_user_id: "user-1",
  email: "",
  plan_type: "plus",
  chatgpt_account_is_fedramp: false,
};

const UNRENEWABLE: readonly (readonly [what: string, stored: string, says: string])[] = [
  ["an API key", '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-SECRET"}', "is an API key from "],
  ["a personal access token", '{"personal_access_token":"at-SECRET"}', "is a personal access token from "],
  [
    "an agent identity",
    JSON.stringify({ auth_mode: "agentIdentity", agent_identity: IDENTITY }),
    "is an agent identity from ",
  ],
  [
    "a credential for Amazon Bedrock",
    '{"auth_mode":"bedrockApiKey","bedrock_api_key":{"api_key":"SECRET","region":"eu"}}',
    "is for Amazon Bedrock only",
  ],
  ["a login without a refresh token", loginText({ access: "SECRET", refresh: "" }), "has no refresh token"],
];

for (const [what, stored, says] of UNRENEWABLE) {
  Deno.test(`auth refresh of ${what} sends no request, names the stored credential and exits 4`, async () => {
    await using home = new TestHome();
    await using authority = new TestAuthority(() => Response.json({}));
    home.store(stored);
    const run = await culvert(["auth", "refresh"], { env: { CODEX_HOME: home.path, ...authority.env } });
    assertEquals([run.code, run.stdout, home.text()], [4, "", stored]);
    assertIncludes(run.stderr, says);
    assertExcludes(run.stderr, "SECRET");
    assertEquals(authority.seen, []);
  });
}

for (
  const [status, code, says] of [
    [401, "refresh_token_expired", "has expired"],
    [400, "refresh_token_reused", "already used"],
    [401, "refresh_token_reused", "already used"],
    [401, "refresh_token_invalidated", "revoked"],
  ] as const
) {
  Deno.test(`auth refresh answered ${status} ${code}, twice: two failures with the reason, one POST, and an unchanged file`, async () => {
    await using home = new TestHome();
    await using authority = new TestAuthority(() => Response.json({ error: { code } }, { status }));
    const stored = loginText({ access: accessToken("a", Date.now() + HOUR_MS) });
    home.store(stored);
    for (let count = 0; count < 2; count++) {
      const run = await culvert(["auth", "refresh"], { env: { CODEX_HOME: home.path, ...authority.env } });
      assertEquals(run.code, 4);
      assertIncludes(run.stderr, says);
      assertIncludes(run.stderr, "culvert auth login");
    }
    assertEquals([authority.seen.length, home.text()], [1, stored]);
  });
}

Deno.test("auth refresh without a stored login reports this, even if the environment contains a key", async () => {
  await using home = new TestHome();
  const run = await culvert(["auth", "refresh"], {
    env: { CODEX_HOME: home.path, CULVERT_API_KEY: "sk-any" },
  });
  assertEquals([run.code, run.stdout], [4, ""]);
  assertIncludes(run.stderr, `There is no stored login to renew in ${home.authPath}`);
  assertExcludes(run.stderr, "no key in the environment");
});
