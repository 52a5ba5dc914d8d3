/** One answer and one end of a login, as a process: signals, a later login, a stranger on its port. */
import { loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { HeldAuthority } from "../../auth/login/login_kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { startCulvert } from "../../support/culvert.ts";
import { answerTo, authorityGiving, freePort, look, startLogin, tokensWith } from "./login_kit.ts";
import { skippedIf, WITHOUT_IPV6 } from "../../support/skipped.ts";

Deno.test("auth login that is interrupted while its answer is exchanged says that it goes on, and ends signed in", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login));
  await authority.asked;
  login.kill("SIGINT");
  await login.said("Ctrl-C again gives it up");
  authority.grant();
  await look((await page).location ?? "");
  const { code, stdout, stderr } = await login.end;
  assertEquals([code, JSON.parse(stdout).type], [0, "culvert.login"], stderr);
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
  assertExcludes(stderr, "Nothing was changed");
});

Deno.test("a second signal ends the login at once, and the former one stays", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login)).catch(() => {/* cut off */});
  await authority.asked;
  login.kill("SIGINT");
  await login.said("Ctrl-C again gives it up");
  login.kill("SIGINT");
  assertEquals([(await login.end).code, home.text()], [130, stored]);
  await page;
});

Deno.test("an exchange that is refused behind a signal ends with 4 and its own reason", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login));
  await authority.asked;
  login.kill("SIGTERM");
  await login.said("must be saved");
  authority.refuse();
  assertIncludes((await page).text, "token_exchange_failed");
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).error.details.problem], [4, "token_exchange_failed"]);
});

Deno.test("auth login ends on a signal while the authority does not answer whether it is there", async () => {
  await using home = new TestHome();
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async () => {
    asked.resolve();
    await mayAnswer.promise;
    return new Response(null, { status: 405 });
  });
  const args = ["auth", "login", "--issuer", authority.base, "--port", "0"];
  const child = startCulvert(args, { env: { CODEX_HOME: home.path } });
  const limit = setTimeout(() => child.kill("SIGKILL"), 20_000);
  await child.stdin.close();
  await asked.promise;
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  clearTimeout(limit);
  mayAnswer.resolve();
  assertEquals(code, 130);
  assertExcludes(new TextDecoder().decode(stderr), "out of reach");
});

Deno.test("a later login does not end one whose pasted answer is exchanged: it goes on without a port", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  await first.type(answerTo(first).href);
  await authority.asked;
  const second = await startLogin(home, authority.base, ["--port", port]);
  authority.grant();
  assertEquals((await first.end).code, 0);
  second.kill("SIGINT");
  const { code, stderr } = await second.end;
  assertEquals(code, 130);
  assertIncludes(stderr, `${port} in use`);
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
});

Deno.test({
  ...skippedIf(
    WITHOUT_IPV6,
    "a stranger that listens on ::1 alone is not sent the code: the port counts as in use",
  ),
  fn: async () => {
    await using home = new TestHome();
    await using authority = authorityGiving(tokensWith());
    using stranger = Deno.listen({ hostname: "::1", port: 0 });
    const login = await startLogin(home, authority.base, ["--port", String(stranger.addr.port)]);
    await login.type("CODE-OF-THIS-LOGIN");
    const { code, stderr } = await login.end;
    assertEquals(code, 0, stderr);
    assertIncludes(stderr, `${stranger.addr.port} in use`);
  },
});

Deno.test("the address that auth login prints, pasted back, is asked for again, and the login goes on", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  await login.type(login.url.href);
  await login.said("once more");
  await login.type(answerTo(login).href);
  const { code, stderr } = await login.end;
  assertEquals(code, 0, stderr);
  assertIncludes(stderr, "once more");
});
