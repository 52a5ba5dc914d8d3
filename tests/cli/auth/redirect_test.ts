/** Requests with tokens are never redirected. */
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { answerTo, look, startLogin } from "./login_kit.ts";

const TOKENS = {
  id_token: "aaaa.e30.c2ln",
  access_token: accessToken("foreign", Date.now() + HOUR_MS),
  refresh_token: "rt-foreign",
};

/** A foreign server that answers with tokens, and an authority that redirects every POST to it. */
function redirecting(status: number) {
  const foreign = new TestAuthority(() => Response.json(TOKENS));
  const authority = new TestAuthority(({ method }) =>
    method === "POST"
      ? new Response(null, { status, headers: { location: `${foreign.base}/oauth/token` } })
      : new Response(null, { status: 405 })
  );
  return {
    foreign,
    authority,
    [Symbol.asyncDispose]: async () => {
      await authority[Symbol.asyncDispose]();
      await foreign[Symbol.asyncDispose]();
    },
  };
}

for (const status of [301, 302, 303, 307, 308]) {
  Deno.test(`a refresh that is redirected with ${status} sends no token to the other server and stores nothing`, async () => {
    await using home = new TestHome();
    await using servers = redirecting(status);
    const stored = loginText({ access: accessToken("old", Date.now() - HOUR_MS), refresh: "rt-1" });
    home.store(stored);
    const env = { CODEX_HOME: home.path, ...servers.authority.env };
    const run = await culvert(["auth", "refresh"], { env });
    assertEquals([run.code, servers.foreign.seen.length, home.text()], [4, 0, stored], run.stderr);
    assertIncludes(run.stderr, "redirects the request to");
    assertEquals(servers.authority.seen.length, 1);
  });

  Deno.test(`a logout whose revocation is redirected with ${status} sends no token to the other server`, async () => {
    await using home = new TestHome();
    await using servers = redirecting(status);
    home.store(loginText({ access: "a", refresh: "rt-1" }));
    const run = await culvert(["auth", "logout"], {
      env: { CODEX_HOME: home.path, ...servers.authority.env },
    });
    assertEquals([run.code, servers.foreign.seen.length], [0, 0], run.stderr);
    assertIncludes(run.stderr, "not revoked");
  });
}

Deno.test("a code exchange that is redirected sends no code to the other server and stores nothing", async () => {
  await using home = new TestHome();
  await using servers = redirecting(307);
  const login = await startLogin(home, servers.authority.base);
  const page = await look(answerTo(login));
  assertIncludes(page.text, "redirects the request to");
  const { code, stdout } = await login.end;
  assertEquals([code === 0, servers.foreign.seen.length, [...Deno.readDirSync(home.path)]], [false, 0, []]);
  assertExcludes(stdout, "CANARY-CODE");
});

Deno.test("a device login whose request is redirected ends without a request to the other server", async () => {
  await using home = new TestHome();
  await using servers = redirecting(308);
  const args = ["auth", "login", "--device", "--issuer", servers.authority.base];
  const run = await culvert(args, { env: { CODEX_HOME: home.path } });
  assertEquals([run.code === 0, servers.foreign.seen.length], [false, 0], run.stderr);
  assertIncludes(run.stderr, "redirects the request to");
});
