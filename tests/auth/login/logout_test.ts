import { logout } from "../../../lib/auth/login/logout.ts";
import { revokeLogin } from "../../../lib/auth/chatgpt/token_endpoint.ts";
import { saveApiKey } from "../../../lib/auth/login/login_parts.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { failureOf, loginText, openLogin, TestAuthority, TestHome } from "../kit.ts";
import { loginParts } from "./login_kit.ts";

const exists = (path: string) => Deno.stat(path).then(() => true, () => false);

Deno.test("signing out revokes the refresh token with the client's id, and removes the file", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 200 }));
  home.store(loginText({ access: "at", refresh: "rt-1" }));
  const parts = loginParts(home, authority.base);
  assertEquals((await logout(parts)).wasSignedIn, true);
  assertEquals(authority.seen.map((one) => [one.path, JSON.parse(one.body)]), [[
    "/oauth/revoke",
    { token: "rt-1", token_type_hint: "refresh_token", client_id: "client-1" },
  ]]);
  assertEquals(await exists(home.authPath), false);
  assertEquals((await logout(parts)).wasSignedIn, false);
});

Deno.test("without a refresh token the access token is revoked, without the client's id", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 200 }));
  home.store(loginText({ access: "at-1", refresh: "" }));
  await logout(loginParts(home, authority.base));
  assertEquals(JSON.parse(authority.seen[0]?.body ?? ""), { token: "at-1", token_type_hint: "access_token" });
});

Deno.test("signing out beside a session that runs revokes the token that is stored by then, and ends that session's login", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 200 }));
  home.store(loginText({ access: "at-1", refresh: "rt-1" }));
  const { login } = await openLogin(home);
  home.store(loginText({ access: "at-2", refresh: "rt-2" }));
  await logout(loginParts(home, authority.base));
  assertEquals(authority.seen.map(({ body }) => JSON.parse(body).token), ["rt-2"]);
  const { code, details } = await failureOf(login.renew("unauthorized_recovery"));
  assertEquals([code, details["reason"]], ["auth_refresh_failed", "signed_out"]);
});

Deno.test("a revocation that fails is a warning, and the file is removed all the same", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 500 }));
  home.store(loginText({ access: "at" }));
  const parts = loginParts(home, authority.base);
  await logout(parts);
  assertEquals([parts.warnings, await exists(home.authPath)], [["auth_not_revoked"], false]);
});

Deno.test("a torn auth.json is removed when the user signs out, with a warning that it could not be read", async () => {
  await using home = new TestHome();
  home.store("{");
  const parts = loginParts(home, "http://127.0.0.1:9");
  assertEquals((await logout(parts)).wasSignedIn, true);
  assertEquals([parts.warnings, await exists(home.authPath)], [["auth_not_revoked"], false]);
});

Deno.test("nothing is revoked for an API key", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null));
  home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}');
  await logout(loginParts(home, authority.base));
  assertEquals(authority.seen, []);
});

Deno.test("a revocation without an answer ends after its time limit", async () => {
  await using home = new TestHome();
  const never = Promise.withResolvers<Response>();
  await using authority = new TestAuthority(() => never.promise);
  home.store(loginText({ access: "at" }));
  const { login } = await openLogin(home);
  const parts = loginParts(home, authority.base);
  assertIncludes(await revokeLogin(parts, login.record, 20) ?? "", "No complete answer");
  never.resolve(new Response(null));
});

Deno.test("an API key replaces a ChatGPT login, whose tokens are cleared and revoked", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null));
  home.store(loginText({ access: "at", refresh: "rt-1", extra: { future: 1 } }));
  await saveApiKey(loginParts(home, authority.base), "sk-new");
  const stored: Record<string, unknown> = JSON.parse(home.text());
  assertEquals(stored, { auth_mode: "apikey", OPENAI_API_KEY: "sk-new", future: 1 });
  assert(authority.seen[0]?.body.includes("rt-1"));
});
