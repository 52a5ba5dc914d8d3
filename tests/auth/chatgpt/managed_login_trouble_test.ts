import { assertEquals, assertIncludes } from "../../support/assert.ts";
import {
  accessToken,
  failureOf,
  HOUR_MS,
  loginText,
  MINUTE_MS,
  openLogin,
  TestAuthority,
  TestHome,
} from "../kit.ts";

const DAY_MS = 24 * HOUR_MS;
const soon = () => accessToken("soon", Date.now() + 4 * MINUTE_MS);
const fresh = (name: string) => accessToken(name, Date.now() + 10 * DAY_MS);

Deno.test("a clock that differs from the authority's by more than two minutes is noticed and allowed for", async () => {
  await using home = new TestHome();
  const skewed = () => Date.now() - HOUR_MS;
  const renewed = accessToken("new", Date.now() + 30 * MINUTE_MS);
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: renewed, refresh_token: "rt-2" }, {
      headers: { date: new Date().toUTCString() },
    })
  );
  home.store(loginText({ access: accessToken("old", Date.now() - 2 * HOUR_MS) }));
  const { login, warnings } = await openLogin(home, { env: authority.env, now: skewed });
  await login.current();
  assertEquals(warnings.map((warning) => warning.code), ["clock_skew"]);
  assertIncludes(warnings[0]?.message ?? "", "60 min behind");
  await login.current();
  assertEquals(authority.seen.length, 1);
});

Deno.test("a torn auth.json while reloading is read again and is never taken for another account", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home);
  const whole = loginText({ access: fresh("theirs"), refresh: "rt-2" });
  home.store(whole.slice(0, 60));
  const reloading = login.reload();
  home.store(whole);
  assertEquals(await reloading, true);
  home.store("{");
  const error = await failureOf(login.reload());
  assertEquals([error.code, error.details["problem"], home.text()], ["auth_storage", "torn", "{"]);
});

Deno.test("a renewed login that cannot be saved is kept in memory, causes a warning, and is saved at the next try", async () => {
  await using home = new TestHome();
  const renewed = fresh("new");
  await using authority = new TestAuthority(() => {
    for (const entry of Deno.readDirSync(home.path)) {
      if (entry.name.endsWith(".tmp")) Deno.removeSync(`${home.path}/${entry.name}`);
    }
    return Response.json({ access_token: renewed, refresh_token: "rt-2" });
  });
  home.store(loginText({ access: soon() }));
  const { login, warnings } = await openLogin(home, { env: authority.env });
  assertEquals((await login.current()).tokens?.accessToken, renewed);
  assertEquals(warnings.map((warning) => warning.code), ["auth_not_saved"]);
  assertEquals(home.json().tokens["refresh_token"], "rt-2");
});

Deno.test("an older record on disk never replaces tokens in memory that could not be saved yet", async () => {
  await using home = new TestHome();
  const renewed = fresh("new");
  const stored = loginText({ access: soon() });
  await using authority = new TestAuthority(() => {
    home.store("{ torn");
    return Response.json({ access_token: renewed, refresh_token: "rt-2" });
  });
  home.store(stored);
  const { login } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals(home.text(), "{ torn");
  home.store(stored);
  assertEquals(await login.reload(), false);
  assertEquals(login.record.tokens?.accessToken, renewed);
  await login.current();
  assertEquals(home.json().tokens["refresh_token"], "rt-2");
});

Deno.test("a session that outlives its token renews it again before it expires", async () => {
  await using home = new TestHome();
  let passed = 0;
  const now = () => Date.now() + passed;
  let count = 0;
  await using authority = new TestAuthority(() =>
    Response.json({
      access_token: accessToken(`n${++count}`, now() + HOUR_MS),
      refresh_token: `rt-n${count}`,
    })
  );
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env, now });
  await login.current();
  await login.current();
  assertEquals(authority.seen.length, 1);
  passed = 56 * MINUTE_MS;
  await login.current();
  assertEquals(authority.seen.map((one) => JSON.parse(one.body).refresh_token), ["rt-1", "rt-n1"]);
});

Deno.test("an authorization server whose tokens seem expired immediately does not receive repeated requests", async () => {
  await using home = new TestHome();
  let count = 0;
  await using authority = new TestAuthority(() =>
    Response.json({
      access_token: accessToken(`n${++count}`, Date.now() - MINUTE_MS),
      refresh_token: `rt-n${count}`,
    })
  );
  home.store(loginText({ access: soon() }));
  const { login } = await openLogin(home, { env: authority.env });
  for (let n = 0; n < 5; n++) await login.current();
  assertEquals(authority.seen.length, 1);
});

Deno.test("a refresh that the authority defers is repeated after a short delay, and not after a long one", async () => {
  for (const [seconds, requests] of [["1", 2], ["3600", 1]] as const) {
    await using home = new TestHome();
    await using authority = new TestAuthority((_request, count) =>
      count === 1
        ? new Response(null, { status: 429, headers: { "retry-after": seconds } })
        : Response.json({ access_token: fresh("new"), refresh_token: "rt-2" })
    );
    home.store(loginText({ access: soon() }));
    const { login, warnings } = await openLogin(home, { env: authority.env });
    await login.current();
    assertEquals([authority.seen.length, warnings.length], [requests, requests === 1 ? 1 : 0]);
  }
});
