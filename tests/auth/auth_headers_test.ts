import { createAuthenticator } from "../../lib/connect/create_authenticator.ts";
import { baseUrlClass } from "../../lib/auth/auth_headers.ts";
import { authEndpoints } from "../../lib/auth/chatgpt/auth_endpoints.ts";
import type { Provider } from "../../lib/config/provider.ts";
import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { CulvertError } from "../../lib/errors.ts";
import {
  accessToken,
  failureOf,
  HOUR_MS,
  idToken,
  loginText,
  plainDialer,
  TestAuthority,
  TestHome,
  testProvider,
  testWorld,
} from "./kit.ts";

function open(
  home: TestHome,
  env: Record<string, string> = {},
  provider: Partial<Provider> = {},
  now?: () => number,
) {
  const warnings: string[] = [];
  const authenticator = createAuthenticator({
    settings: { codexHome: home.path, provider: testProvider(provider) },
    dialer: plainDialer(),
    world: testWorld(env, now),
    warn: (warning) => warnings.push(warning.code),
  });
  return { authenticator, warnings };
}

Deno.test("a ChatGPT login sends its token, its stored account and the FedRAMP mark", async () => {
  await using home = new TestHome();
  const access = accessToken("a", Date.now() + HOUR_MS);
  const record = JSON.parse(loginText({ access }));
  record.tokens.id_token = idToken("acc-1", { chatgpt_account_is_fedramp: true });
  home.store(JSON.stringify(record));
  assertEquals((await open(home).authenticator.authorize()).headers, {
    authorization: `Bearer ${access}`,
    "chatgpt-account-id": "acc-1",
    "x-openai-fedramp": "true",
  });
});

Deno.test("tokens without account id and last refresh still send their Authorization header", async () => {
  await using home = new TestHome();
  home.store(loginText({ account: null, access: "opaque", lastRefresh: null }));
  assertEquals((await open(home).authenticator.authorize()).headers, { authorization: "Bearer opaque" });
});

Deno.test("an API key sends itself and no account", async () => {
  await using home = new TestHome();
  const { authenticator } = open(home, { OPENAI_API_KEY: "sk-1" });
  assertEquals((await authenticator.authorize()).headers, { authorization: "Bearer sk-1" });
});

Deno.test("a local provider sends nothing", async () => {
  await using home = new TestHome();
  const { authenticator } = open(home, {}, { id: "ollama", requiresOpenAiAuth: false });
  const { mode, headers } = await authenticator.authorize();
  assertEquals([mode, headers], ["none", {}]);
});

Deno.test("a login made after a failed look-up is found", async () => {
  await using home = new TestHome();
  const { authenticator } = open(home);
  assertEquals((await failureOf(authenticator.authorize())).code, "auth_missing");
  home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}');
  assertEquals((await authenticator.authorize()).mode, "apikey");
});

const OWNER = {
  email: null,
  chatgpt_user_id: "user-1",
  chatgpt_account_id: "acc-7",
  chatgpt_plan_type: "Business",
  chatgpt_account_is_fedramp: true,
};

Deno.test("a personal access token sends the account that the authority names, and asks once an hour", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json(OWNER));
  const env = { CODEX_ACCESS_TOKEN: "at-secret", CODEX_AUTHAPI_BASE_URL: `${authority.base}/api/accounts/` };
  for (let process = 0; process < 2; process++) {
    assertEquals((await open(home, env).authenticator.authorize()).headers, {
      authorization: "Bearer at-secret",
      "chatgpt-account-id": "acc-7",
      "x-openai-fedramp": "true",
    });
  }
  assertEquals(authority.seen.map((one) => one.path), ["/api/accounts/v1/user-auth-credential/whoami"]);
  const cache = `${home.path}/culvert-whoami.json`;
  assert(!Deno.readTextFileSync(cache).includes("at-secret"));
  assertEquals((Deno.statSync(cache).mode ?? 0) & 0o777, 0o600);
  const later = open(home, env, {}, () => Date.now() + 2 * HOUR_MS);
  await later.authenticator.authorize();
  assertEquals(authority.seen.length, 2);
});

Deno.test("a personal access token that cannot be verified is sent, with a warning; a refused one is an error", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority((_, count) =>
    new Response(null, { status: count === 1 ? 503 : 403 })
  );
  const env = { CODEX_ACCESS_TOKEN: "at-secret", CODEX_AUTHAPI_BASE_URL: authority.base };
  const offline = open(home, env);
  assertEquals((await offline.authenticator.authorize()).headers, { authorization: "Bearer at-secret" });
  assertEquals(offline.warnings, ["auth_unverified"]);
  assertEquals((await failureOf(open(home, env).authenticator.authorize())).code, "auth_rejected");
});

Deno.test("a personal access token has no recovery", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json(OWNER));
  const env = { CODEX_ACCESS_TOKEN: "at-secret", CODEX_AUTHAPI_BASE_URL: authority.base };
  const { authenticator } = open(home, env);
  const sent = await authenticator.authorize();
  const end = await authenticator.startTurn().recover({
    endpoint: "/responses",
    transport: "http",
    evidence: {},
    sent,
  });
  assertEquals(end.resend === false && end.reason, "not_refreshable_auth");
  assertEquals(authority.seen.length, 1);
});

async function agentRecord(extra: Record<string, unknown> = {}) {
  const pair = await crypto.subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("No key pair");
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const record = {
    agent_runtime_id: "runtime-1",
    agent_private_key: btoa(String.fromCharCode(...pkcs8)),
    account_id: "acc-9",
    chatgpt_account_is_fedramp: true,
    ...extra,
  };
  return { record, publicKey: pair.publicKey };
}

const bytesOf = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));

Deno.test("an agent identity signs every request for its runtime and task", async () => {
  await using home = new TestHome();
  const { record, publicKey } = await agentRecord({ task_id: "task-1" });
  home.store(JSON.stringify({ auth_mode: "agentIdentity", agent_identity: record }));
  const at = Date.parse("2026-03-01T12:00:00.789Z");
  const { headers } = await open(home, {}, {}, () => at).authenticator.authorize();
  const [scheme, blob = ""] = (headers["authorization"] ?? "").split(" ");
  assertEquals([scheme, headers["chatgpt-account-id"], headers["x-openai-fedramp"]], [
    "AgentAssertion",
    "acc-9",
    "true",
  ]);
  assert(/^[\w-]+$/.test(blob));
  const text = atob(blob.replaceAll("-", "+").replaceAll("_", "/"));
  assertEquals(Object.keys(JSON.parse(text)), ["agent_runtime_id", "signature", "task_id", "timestamp"]);
  const { signature, timestamp } = JSON.parse(text);
  assertEquals(timestamp, "2026-03-01T12:00:00Z");
  const signed = new TextEncoder().encode(`runtime-1:task-1:${timestamp}`);
  assert(await crypto.subtle.verify("Ed25519", publicKey, bytesOf(signature), signed));
});

Deno.test("an agent without a task registers one once a session, and retries after server errors", async () => {
  await using home = new TestHome();
  const { record, publicKey } = await agentRecord();
  await using authority = new TestAuthority((_, count) =>
    count < 3 ? new Response(null, { status: 503 }) : Response.json({ task_id: "task-2" })
  );
  home.store(JSON.stringify({ auth_mode: "agentIdentity", agent_identity: record }));
  const { authenticator } = open(home, { CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: authority.base });
  await authenticator.authorize();
  await authenticator.authorize();
  assertEquals(authority.seen.map((one) => one.path), Array(3).fill("/v1/agent/runtime-1/task/register"));
  const { timestamp, signature } = JSON.parse(authority.seen[2]?.body ?? "");
  const signed = new TextEncoder().encode(`runtime-1:${timestamp}`);
  assert(await crypto.subtle.verify("Ed25519", publicKey, bytesOf(signature), signed));
});

Deno.test("an agent that the authority refuses is an error after one try", async () => {
  await using home = new TestHome();
  const { record } = await agentRecord();
  await using authority = new TestAuthority(() => new Response(null, { status: 403 }));
  home.store(JSON.stringify({ auth_mode: "agentIdentity", agent_identity: record }));
  const { authenticator } = open(home, { CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: authority.base });
  assertEquals((await failureOf(authenticator.authorize())).code, "auth_rejected");
  assertEquals(authority.seen.length, 1);
});

Deno.test("an agent identity as JWT must be signed by a key of the authority, for this audience and issuer", async () => {
  await using home = new TestHome();
  const { exportJWK, generateKeyPair, SignJWT } = await import("jose");
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...await exportJWK(publicKey), kid: "k1", alg: "RS256", use: "sig" };
  await using authority = new TestAuthority(() => Response.json({ keys: [jwk] }));
  const { record } = await agentRecord({ task_id: "task-1" });
  const token = async (audience: string) =>
    await new SignJWT(record).setProtectedHeader({ alg: "RS256", kid: "k1" }).setAudience(audience)
      .setIssuer("https://chatgpt.com/codex-backend/agent-identity").setExpirationTime("1h").sign(privateKey);
  const env = (jwt: string) => ({
    CODEX_ACCESS_TOKEN: jwt,
    CODEX_AGENT_IDENTITY_JWKS_BASE_URL: `${authority.base}/backend-api`,
  });
  const good = open(home, env(await token("codex-app-server"))).authenticator;
  assertEquals((await good.authorize()).headers["chatgpt-account-id"], "acc-9");
  assertEquals(authority.seen[0]?.path, "/backend-api/wham/agent-identities/jwks");
  const bad = open(home, env(await token("somebody-else"))).authenticator;
  assertEquals((await failureOf(bad.authorize())).code, "auth_rejected");
});

Deno.test("base URLs are classified by their host", () => {
  const classes = [
    "https://chatgpt.com/backend-api",
    "https://api.openai.com/v1",
    "https://chatgpt.com.evil.example",
  ]
    .map((url) => baseUrlClass(new URL(url)));
  assertEquals(classes, ["chatgpt", "platform", "custom"]);
});

Deno.test("the revoke address follows a redirected token address, and a broken address is a config error", () => {
  const of = (env: Record<string, string>) => authEndpoints((name) => env[name]);
  const redirected = of({ CODEX_REFRESH_TOKEN_URL_OVERRIDE: "http://h/oauth/token?x=1" });
  assertEquals(redirected.revokeUrl.href, "http://h/oauth/revoke");
  const both = of({
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: "http://h/oauth/token",
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: "http://r/x",
  });
  assertEquals(both.revokeUrl.href, "http://r/x");
  assertEquals(
    of({ CODEX_REFRESH_TOKEN_URL_OVERRIDE: " " }).tokenUrl.href,
    "https://auth.openai.com/oauth/token",
  );
  assertThrows(
    () => of({ CODEX_REFRESH_TOKEN_URL_OVERRIDE: "not a url" }),
    (error: unknown) => error instanceof CulvertError && error.code === "config",
  );
});

Deno.test("a credential for the wrong backend causes a warning before anything is sent", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: accessToken("a", Date.now() + HOUR_MS) }));
  const misrouted = async (env: Record<string, string>, baseUrl: string) => {
    const { authenticator, warnings } = open(home, env, { baseUrl });
    await authenticator.authorize();
    return warnings;
  };
  assertEquals(await misrouted({}, "https://api.openai.com/v1"), ["auth_misrouted"]);
  assertEquals(await misrouted({ OPENAI_API_KEY: "sk-1" }, "https://chatgpt.com/backend-api/codex"), [
    "auth_misrouted",
  ]);
  assertEquals(await misrouted({}, "https://chatgpt.com/backend-api/codex"), []);
  assertEquals(await misrouted({ OPENAI_API_KEY: "sk-1" }, "https://api.openai.com/v1"), []);
  assertEquals(await misrouted({}, "https://gateway.corp.example/v1"), []);
});
