/** The output and the notes of a login contain no secret. */
import { accessToken, HOUR_MS, loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { answerTo, authorityGiving, look, type RunningLogin, startLogin, tokensWith } from "./login_kit.ts";

/** Returns the whole output without the address that the user opens. */
const saidBeside = ({ url }: RunningLogin, text: string) => text.replaceAll(url.href, "<the address>");

for (const verbose of ["-v", "-vv"]) {
  Deno.test(`auth login ${verbose} reports the path of a callback, and only the names of its query parameters`, async () => {
    await using home = new TestHome();
    const tokens = tokensWith();
    await using authority = authorityGiving(tokens);
    const login = await startLogin(home, authority.base, [verbose]);
    await look(answerTo(login, { code: "CANARY-FOREIGN", state: "CANARY-STATE" }));
    const answer = await look(answerTo(login, { code: "CANARY-CODE", scope: "CANARY-SCOPE" }));
    await look(answer.location ?? "");
    const { code, stdout, stderr } = await login.end;
    assertEquals(code, 0, stderr);
    const port = login.callback.port;
    assertIncludes(
      stderr,
      `signing in at ${authority.base}/; the browser returns to http://localhost:${port}/auth/callback`,
    );
    const seen = stderr.split("\n").filter((line) => line.includes("the browser requested"));
    assertEquals(seen.map((line) => line.replace(/^culvert: /, "")), [
      "the browser requested /auth/callback; has_code: true, has_state: true, has_error: false, state_valid: false",
      "the browser requested /auth/callback; has_code: true, has_state: true, has_error: false, state_valid: true",
    ]);
    const said = saidBeside(login, stdout + stderr);
    const verifier = new URLSearchParams(authority.seen.find(({ method }) => method === "POST")?.body).get(
      "code_verifier",
    );
    for (const secret of [...Object.values(tokens), "CANARY", login.state, verifier ?? "none"]) {
      assertExcludes(said, secret);
    }
  });
}

Deno.test("without -v a login prints no note about callbacks", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  await look((await look(answerTo(login))).location ?? "");
  assertExcludes((await login.end).stderr, "the browser requested");
});

Deno.test("an issuer with a password in it is refused, and the password is not repeated", async () => {
  await using home = new TestHome();
  const args = ["auth", "login", "--issuer", "https://ada:CANARY@auth.example/?state=CANARY#CANARY", "-vv"];
  const run = await culvert(args, { env: { CODEX_HOME: home.path } });
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "https://auth.example/?state=***");
  assertExcludes(run.stderr, "CANARY");
});

Deno.test("a refused exchange reports status and code on stderr and stdout, and no other part of request or reply", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(({ method }) =>
    method !== "POST" ? new Response(null) : Response.json(
      { error: "invalid_grant", access_token: "CANARY-BODY", note: "CANARY-NOTE" },
      { status: 400, headers: { "set-cookie": "s=CANARY-COOKIE", "x-trace": "CANARY-HEADER" } },
    )
  );
  const login = await startLogin(home, authority.base, ["-vv"]);
  const page = await look(answerTo(login));
  const { code, stdout, stderr } = await login.end;
  const { details } = JSON.parse(stdout).error;
  assertEquals([code, details.status, details.error_code], [4, 400, "invalid_grant"]);
  assertExcludes(saidBeside(login, stdout + stderr) + page.text, "CANARY");
  assertExcludes(saidBeside(login, stdout + stderr) + page.text, login.state);
});

Deno.test("auth refresh and logout with all notes report no part of a request, a reply or a query", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() =>
    new Response('{"error":{"message":"CANARY-BODY","code":"server_error"}}', {
      status: 500,
      headers: { "set-cookie": "s=CANARY-COOKIE" },
    })
  );
  const access = accessToken("CANARY", Date.now() + HOUR_MS);
  home.store(loginText({ access, refresh: "rt-CANARY" }));
  const env = {
    CODEX_HOME: home.path,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${authority.base}/oauth/token?token=CANARY-QUERY#CANARY-FRAGMENT`,
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${authority.base}/oauth/revoke?key=CANARY-QUERY`,
  };
  const refresh = await culvert(["auth", "refresh", "-vv", "--json"], { env });
  assertEquals([refresh.code, JSON.parse(refresh.stdout).error.details.error_code], [4, "server_error"]);
  const logout = await culvert(["auth", "logout", "-vv", "--json"], { env });
  assertEquals(logout.code, 0);
  assertEquals(authority.seen.map(({ path }) => path).at(-1), "/oauth/revoke");
  for (const { stdout, stderr } of [refresh, logout]) {
    assertIncludes(stderr, new URL(authority.base).host);
    for (const secret of ["CANARY", access]) assertExcludes(stdout + stderr, secret);
  }
});

Deno.test("a refresh token that the authority repeats as its error code is masked", async () => {
  await using home = new TestHome();
  const refresh = "rt_CanaryOfTheRefresh";
  await using authority = new TestAuthority(() => Response.json({ error: refresh }, { status: 400 }));
  home.store(loginText({ access: accessToken("expired", Date.now() + HOUR_MS), refresh }));
  const env = {
    CODEX_HOME: home.path,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${authority.base}/oauth/token`,
  };
  const { code, stdout, stderr } = await culvert(["auth", "refresh", "-vv", "--json"], { env });
  assertEquals([code, JSON.parse(stdout).error.details.error_code], [4, "***"]);
  assertExcludes((stdout + stderr).toLowerCase(), refresh.toLowerCase());
});
