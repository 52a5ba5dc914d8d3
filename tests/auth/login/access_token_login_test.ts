import { loginWithAccessToken } from "../../../lib/auth/login/access_token_login.ts";
import { authEndpoints } from "../../../lib/auth/chatgpt/auth_endpoints.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import { failureOf, jwt, loginText, TestAuthority, TestHome } from "../kit.ts";
import { loginParts } from "./login_kit.ts";

const OWNER = {
  email: "ada@corp.example",
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "acc-7",
  chatgpt_plan_type: "Business",
  chatgpt_account_is_fedramp: false,
};
const JWKS_PATH = "/backend-api/wham/agent-identities/jwks";

/** A key pair, an authority that publishes it and names the owner of any token, and the parts of a login there. */
async function setUp() {
  const { exportJWK, generateKeyPair, SignJWT } = await import("jose");
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...await exportJWK(publicKey), kid: "k1", alg: "RS256", use: "sig" };
  let status = 200;
  const home = new TestHome();
  const authority = new TestAuthority(({ path }) => {
    if (path === "/oauth/revoke") return new Response(null);
    return Response.json(path.endsWith("/whoami") ? OWNER : { keys: [jwk] }, { status });
  });
  const env: Readonly<Record<string, string>> = {
    CODEX_AUTHAPI_BASE_URL: authority.base,
    CODEX_AGENT_IDENTITY_JWKS_BASE_URL: `${authority.base}/backend-api`,
  };
  return {
    home,
    authority,
    answerWith: (code: number) => (status = code),
    identity: (extra: Readonly<Record<string, unknown>> = {}) =>
      new SignJWT({
        agent_runtime_id: "runtime-1",
        agent_private_key: "a-private-key",
        account_id: "acc-9",
        email: "agent@corp.example",
        plan_type: "business",
        ...extra,
      }).setProtectedHeader({ alg: "RS256", kid: "k1" }).setAudience("codex-app-server")
        .setIssuer("https://chatgpt.com/codex-backend/agent-identity").setExpirationTime("1h")
        .sign(privateKey),
    signIn: (token: string, workspaces?: readonly string[]) =>
      loginWithAccessToken(
        loginParts(home, authority.base, {
          endpoints: {
            ...authEndpoints((name) => env[name]),
            revokeUrl: new URL(`${authority.base}/oauth/revoke`),
          },
          ...(workspaces === undefined ? {} : { workspaces }),
        }),
        token,
      ),
    files: () =>
      [...Deno.readDirSync(home.path)].map((one) => one.name).filter((name) => name === "auth.json"),
    [Symbol.asyncDispose]: async () => {
      await authority[Symbol.asyncDispose]();
      await home[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a login with a personal access token stores only that field, and no mode", async () => {
  await using parts = await setUp();
  assertEquals(await parts.signIn("at-secret"), {
    mode: "personalAccessToken",
    email: "ada@corp.example",
    accountId: "acc-7",
    planType: "business",
  });
  assertEquals(JSON.parse(parts.home.text()), { OPENAI_API_KEY: null, personal_access_token: "at-secret" });
  assertEquals((Deno.statSync(parts.home.authPath).mode ?? 0) & 0o777, 0o600);
  assertEquals(parts.authority.seen.map((one) => one.path), ["/v1/user-auth-credential/whoami"]);
});

Deno.test("a personal access token that the authority refuses is not stored", async () => {
  await using parts = await setUp();
  parts.answerWith(403);
  const error = await failureOf(parts.signIn("at-secret"));
  assertEquals([error.code, parts.files()], ["auth_rejected", []]);
  assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, "at-secret");
});

Deno.test("a personal access token that cannot be checked is not stored", async () => {
  await using parts = await setUp();
  parts.answerWith(503);
  assertEquals([(await failureOf(parts.signIn("at-secret"))).code, parts.files()], ["server", []]);
});

Deno.test("a personal access token of a workspace that is not allowed is not stored", async () => {
  await using parts = await setUp();
  const error = await failureOf(parts.signIn("at-secret", ["acc-1"]));
  assertEquals([error.details["problem"], parts.files()], ["workspace_restriction", []]);
  await parts.signIn("at-secret", ["acc-1", "acc-7"]);
  assertEquals(parts.files(), ["auth.json"]);
});

Deno.test("a login with an agent identity stores the JWT if its signature is valid", async () => {
  await using parts = await setUp();
  const token = await parts.identity();
  assertEquals(await parts.signIn(token, ["acc-9"]), {
    mode: "agentIdentity",
    accountId: "acc-9",
    email: "agent@corp.example",
    planType: "business",
  });
  assertEquals(JSON.parse(parts.home.text()), {
    auth_mode: "agentIdentity",
    OPENAI_API_KEY: null,
    agent_identity: token,
  });
  assertEquals(parts.authority.seen.map((one) => one.path), [JWKS_PATH]);
});

const REFUSED: readonly (readonly [what: string, token: string, code: string, requests: number])[] = [
  ["is not signed", jwt({ account_id: "acc-9", agent_runtime_id: "runtime-1" }), "auth_rejected", 1],
  ["is no JWT", "not-a-token", "auth_login_failed", 0],
];
for (const [what, token, code, requests] of REFUSED) {
  Deno.test(`an agent identity that ${what} is not stored`, async () => {
    await using parts = await setUp();
    const error = await failureOf(parts.signIn(token));
    assertEquals([error.code, parts.authority.seen.length, parts.files()], [code, requests, []]);
    assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, token);
  });
}

Deno.test("an agent identity without its private key is not stored", async () => {
  await using parts = await setUp();
  const error = await failureOf(parts.signIn(await parts.identity({ agent_private_key: "" })));
  assertEquals([error.code, parts.files()], ["auth_rejected", []]);
});

Deno.test("an agent identity of a workspace that is not allowed is refused without a request", async () => {
  await using parts = await setUp();
  const error = await failureOf(parts.signIn(await parts.identity(), ["acc-1"]));
  assertEquals([error.details["problem"], parts.files()], ["workspace_restriction", []]);
  assertEquals(parts.authority.seen, []);
});

Deno.test("a login with an access token replaces the former login, which is revoked only when it succeeds", async () => {
  await using parts = await setUp();
  const former = loginText({ access: "opaque", refresh: "rt-former", extra: { unknown_key: 1 } });
  parts.home.store(former);
  parts.answerWith(403);
  await failureOf(parts.signIn("at-secret"));
  assertEquals(parts.home.text(), former);
  assert(!parts.authority.seen.some((one) => one.path === "/oauth/revoke"));
  parts.answerWith(200);
  await parts.signIn("at-secret");
  assertEquals(JSON.parse(parts.home.text()), {
    OPENAI_API_KEY: null,
    personal_access_token: "at-secret",
    unknown_key: 1,
  });
  const revoked = parts.authority.seen.filter((one) => one.path === "/oauth/revoke");
  assertEquals(revoked.map((one) => JSON.parse(one.body).token), ["rt-former"]);
});
