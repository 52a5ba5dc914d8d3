import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import {
  accessToken,
  failureOf,
  HOUR_MS,
  idToken,
  loginText,
  MINUTE_MS,
  openLogin,
  TestAuthority,
  TestHome,
} from "../kit.ts";

const DAY_MS = 24 * HOUR_MS;
const soon = () => accessToken("soon", Date.now() + 4 * MINUTE_MS);
const fresh = (name: string) => accessToken(name, Date.now() + 10 * DAY_MS);
const refused = (status: number, code: string) =>
  Response.json({ error: { code, message: "no" } }, { status });

Deno.test("a refresh posts the client's JSON, stores what came, and keeps id token and account", async () => {
  await using home = new TestHome();
  const renewed = fresh("new");
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: renewed, refresh_token: "rt-2" })
  );
  home.store(loginText({ access: soon() }));
  const before = home.json();
  const { login } = await openLogin(home, {
    env: { ...authority.env, CODEX_APP_SERVER_LOGIN_CLIENT_ID: "client-9" },
  });
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(authority.seen.length, 1);
  assertEquals(authority.seen[0]?.contentType, "application/json");
  assertEquals(JSON.parse(authority.seen[0]?.body ?? ""), {
    client_id: "client-9",
    grant_type: "refresh_token",
    refresh_reason: "unauthorized_recovery",
    refresh_token: "rt-1",
  });
  const after = home.json();
  assertEquals(after.tokens, { ...before.tokens, access_token: renewed, refresh_token: "rt-2" });
  assert(Date.parse(String(after["last_refresh"])) > Date.parse(String(before["last_refresh"])));
  assertEquals(login.record.tokens?.accessToken, renewed);
});

Deno.test("a token within five minutes of its expiry is renewed once before it is used", async () => {
  await using home = new TestHome();
  const renewed = fresh("new");
  await using authority = new TestAuthority(() => Response.json({ access_token: renewed }));
  home.store(loginText({ access: soon(), lastRefresh: new Date().toISOString() }));
  const { login } = await openLogin(home, { env: authority.env });
  const [one, two] = await Promise.all([login.current(), login.current()]);
  assertEquals(one.tokens?.accessToken, renewed);
  assertEquals(two.tokens?.accessToken, renewed);
  assertEquals(authority.seen.length, 1);
  assertEquals(JSON.parse(authority.seen[0]?.body ?? "").refresh_reason, "proactive_expiry");
});

Deno.test("a token six minutes from its expiry is used as it is, and the file stays byte for byte", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(500, "unused"));
  home.store(loginText({ access: accessToken("six", Date.now() + 6 * MINUTE_MS) }));
  const before = home.text();
  const { login } = await openLogin(home, { env: authority.env });
  await login.current();
  assertEquals([authority.seen.length, home.text()], [0, before]);
});

Deno.test("an expired token is renewed whatever its last refresh says", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => Response.json({ access_token: fresh("new") }));
  home.store(loginText({
    access: accessToken("old", Date.now() - HOUR_MS),
    lastRefresh: new Date(Date.now() - DAY_MS).toISOString(),
  }));
  const { login } = await openLogin(home, { env: authority.env });
  await login.current();
  assertEquals(authority.seen.length, 1);
});

Deno.test("a token that is good for an hour is not renewed because its last refresh is nine days old", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(500, "unused"));
  home.store(loginText({
    access: accessToken("good", Date.now() + HOUR_MS),
    lastRefresh: new Date(Date.now() - 9 * DAY_MS).toISOString(),
  }));
  const { login } = await openLogin(home, { env: authority.env });
  await login.current();
  assertEquals(authority.seen.length, 0);
});

Deno.test("newer tokens on disk replace an opaque token of nine days without a request to the authority", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(401, "refresh_token_expired"));
  const old = new Date(Date.now() - 9 * DAY_MS).toISOString();
  home.store(loginText({ access: "opaque-old", lastRefresh: old }));
  const { login } = await openLogin(home, { env: authority.env });
  home.store(loginText({ access: "opaque-new", refresh: "rt-2", lastRefresh: new Date().toISOString() }));
  assertEquals((await login.current()).tokens?.accessToken, "opaque-new");
  assertEquals(authority.seen.length, 0);
});

Deno.test("a refresh takes over what another process stored for the same account and posts nothing", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(500, "unused"));
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  const theirs = fresh("theirs");
  home.store(loginText({ access: theirs, refresh: "rt-2" }));
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(login.record.tokens?.accessToken, theirs);
  assertEquals(authority.seen.length, 0);
});

Deno.test("another account on disk ends the refresh permanently, and neither record changes", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(500, "unused"));
  const mine = soon();
  home.store(loginText({ access: mine }));
  const { login } = await openLogin(home, { env: authority.env });
  home.store(loginText({ account: "acc-2", access: fresh("theirs"), refresh: "rt-2" }));
  const before = home.text();
  const error = await failureOf(login.renew("unauthorized_recovery"));
  assertEquals([error.code, error.details["reason"], error.details["permanent"]], [
    "auth_refresh_failed",
    "account_changed",
    true,
  ]);
  assertEquals([authority.seen.length, home.text()], [0, before]);
  assertEquals(login.record.tokens?.accessToken, mine);
});

for (
  const [code, reason, said] of [
    ["refresh_token_expired", "expired", "expired"],
    ["refresh_token_reused", "exhausted", "already used"],
    ["Refresh_Token_Reused", "exhausted", "already used"],
    ["refresh_token_invalidated", "revoked", "revoked"],
    ["invalid_grant", "other", "refused"],
    ["unauthorized_client", "other", "refused"],
  ] as const
) {
  for (const status of [400, 401]) {
    Deno.test(`a refresh answered ${status} ${code} ends the login as "${reason}", with one POST for two tries`, async () => {
      await using home = new TestHome();
      await using authority = new TestAuthority(() => refused(status, code));
      home.store(loginText({ access: soon() }));
      const before = home.text();
      const { login } = await openLogin(home, { env: authority.env });
      for (let n = 0; n < 2; n++) {
        const error = await failureOf(login.renew("unauthorized_recovery"));
        assertEquals([error.details["reason"], error.details["permanent"]], [reason, true]);
        assertIncludes(error.message, said);
        assertIncludes(error.hint ?? "", "culvert auth login");
      }
      assertEquals([authority.seen.length, home.text()], [1, before]);
    });
  }
}

Deno.test("a refresh token that was refused permanently is not sent again by the next process", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(401, "refresh_token_reused"));
  home.store(loginText({ access: soon() }));
  for (let process = 0; process < 2; process++) {
    const { login } = await openLogin(home, { env: authority.env });
    assertEquals((await failureOf(login.renew("unauthorized_recovery"))).details["reason"], "exhausted");
  }
  assertEquals(authority.seen.length, 1);
  const note = Deno.readTextFileSync(join(home.path, "culvert-auth.lock"));
  assert(!note.includes("rt-1"), "the note holds no token");
});

Deno.test("new tokens on disk after a permanent failure are taken over, still with one post", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(401, "refresh_token_reused"));
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  await failureOf(login.renew("unauthorized_recovery"));
  home.store(loginText({ access: fresh("theirs"), refresh: "rt-2" }));
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(authority.seen.length, 1);
});

Deno.test("tokens that appear on disk while the refresh is being refused as reused are taken over", async () => {
  await using home = new TestHome();
  const theirs = fresh("theirs");
  await using authority = new TestAuthority(() => {
    home.store(loginText({ access: theirs, refresh: "rt-2" }));
    return refused(401, "refresh_token_reused");
  });
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(login.record.tokens?.accessToken, theirs);
});

Deno.test("a server error is transient: three tries, then a failure that is not permanent and repeats no body", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() =>
    Response.json({ error: "secret-in-body oops" }, { status: 500 })
  );
  home.store(loginText({ access: soon() }));
  const before = home.text();
  const { login } = await openLogin(home, { env: authority.env });
  const error = await failureOf(login.renew("unauthorized_recovery"));
  assertEquals([error.details["permanent"], error.details["status"]], [false, 500]);
  assert(!error.message.includes("secret-in-body"));
  assertEquals([authority.seen.length, home.text()], [3, before]);
});

Deno.test("a server that fails once and then answers is a success", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority((_, count) =>
    count === 1 ? new Response("busy", { status: 429 }) : Response.json({ access_token: fresh("new") })
  );
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(authority.seen.length, 2);
});

Deno.test("a captive portal that answers 200 with a page is a transient failure, which is not retried immediately", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response("<html>Sign in to the guest network</html>"));
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  const error = await failureOf(login.renew("unauthorized_recovery"));
  assertEquals([error.details["permanent"], authority.seen.length], [false, 1]);
});

Deno.test("a proactive refresh that fails is one warning, and the present token is used", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(400, "odd"));
  const mine = soon();
  home.store(loginText({ access: mine }));
  const { login, warnings } = await openLogin(home, { env: authority.env });
  assertEquals((await login.current()).tokens?.accessToken, mine);
  await login.current();
  assertEquals(warnings.map((warning) => warning.code), ["auth_refresh_failed"]);
});

Deno.test("an empty refresh token is never posted", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => refused(500, "unused"));
  home.store(loginText({ access: soon(), refresh: "" }));
  const { login } = await openLogin(home, { env: authority.env });
  await login.current();
  assertEquals((await failureOf(login.renew("unauthorized_recovery"))).details["reason"], "no_refresh_token");
  assertEquals(authority.seen.length, 0);
});

Deno.test("tokens without account id and last refresh are renewed like any others", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: fresh("new"), refresh_token: "rt-2" })
  );
  home.store(loginText({ account: null, access: soon(), lastRefresh: null }));
  const { login } = await openLogin(home, { env: authority.env });
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(home.json().tokens["refresh_token"], "rt-2");
});

Deno.test("a refresh makes an existing 0644 file 0600 and keeps the keys it does not know", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: fresh("new"), refresh_token: "rt-2", id_token: idToken("acc-1") })
  );
  home.store(loginText({ access: soon(), extra: { some_future_key: { deep: [1, 2] } } }));
  Deno.chmodSync(home.authPath, 0o644);
  const { login } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals((Deno.statSync(home.authPath).mode ?? 0) & 0o777, 0o600);
  assertEquals(home.json()["some_future_key"], { deep: [1, 2] });
});

Deno.test("an account that was switched on disk during the refresh keeps its record unchanged", async () => {
  await using home = new TestHome();
  const other = loginText({ account: "acc-2", access: fresh("theirs"), refresh: "rt-9" });
  await using authority = new TestAuthority(() => {
    home.store(other);
    return Response.json({ access_token: fresh("new"), refresh_token: "rt-2" });
  });
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  assertEquals(await login.renew("unauthorized_recovery"), true);
  assertEquals(home.text(), other);
});

Deno.test("an abort of the caller does not end the refresh, and the answer is saved", async () => {
  await using home = new TestHome();
  const arrived = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async () => {
    arrived.resolve();
    await answer.promise;
    return Response.json({ access_token: fresh("new"), refresh_token: "rt-2" });
  });
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  const giveUp = new AbortController();
  const waiting = login.renew("unauthorized_recovery", giveUp.signal).catch((error: unknown) => error);
  await arrived.promise;
  giveUp.abort(new Error("enough"));
  assertEquals(String(await waiting), "Error: enough");
  answer.resolve();
  await login.renew("unauthorized_recovery");
  assertEquals([home.json().tokens["refresh_token"], authority.seen.length], ["rt-2", 1]);
});

for (const absent of [null, ""]) {
  Deno.test(`an answer whose refresh token is ${JSON.stringify(absent)} renews the access token and keeps the stored one`, async () => {
    await using home = new TestHome();
    const renewed = fresh("new");
    await using authority = new TestAuthority(() =>
      Response.json({ access_token: renewed, refresh_token: absent, id_token: absent })
    );
    home.store(loginText({ access: soon() }));
    const before = home.json();
    const { login } = await openLogin(home, { env: authority.env });
    await login.current();
    assertEquals(home.json().tokens, { ...before.tokens, access_token: renewed });
  });
}
