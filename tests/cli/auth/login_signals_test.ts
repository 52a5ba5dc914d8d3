/** `auth login` as a process: signals, ports in use, pasted answers. */
import { loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { HeldAuthority } from "../../auth/login/login_kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { startCulvert } from "../../support/culvert.ts";
import { answerTo, authorityGiving, freePort, look, startLogin, tokensWith } from "./login_kit.ts";
import { skippedIf, WITHOUT_IPV6 } from "../../support/skipped.ts";

Deno.test("auth login that is interrupted during the exchange reports that it continues, and signs in", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login));
  await authority.asked;
  login.kill("SIGINT");
  await login.said("Press Ctrl-C again to stop immediately");
  authority.grant();
  await look((await page).location ?? "");
  const { code, stdout, stderr } = await login.end;
  assertEquals([code, JSON.parse(stdout).type], [0, "culvert.login"], stderr);
  assertEquals(home.json().tokens["refresh_token"], "rt-new");
  assertExcludes(stderr, "Nothing was changed");
});

Deno.test("a second signal ends the login immediately, and the previous login is kept", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login)).catch(() => {/* cut off */});
  await authority.asked;
  login.kill("SIGINT");
  await login.said("Press Ctrl-C again to stop immediately");
  login.kill("SIGINT");
  assertEquals([(await login.end).code, home.text()], [130, stored]);
  await page;
});

Deno.test("an exchange that is refused after a signal exits 4 with its own reason", async () => {
  await using home = new TestHome();
  await using authority = new HeldAuthority();
  const login = await startLogin(home, authority.base);
  const page = look(answerTo(login));
  await authority.asked;
  login.kill("SIGTERM");
  await login.said("is being saved");
  authority.refuse();
  assertIncludes((await page).text, "token_exchange_failed");
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).error.details.problem], [4, "token_exchange_failed"]);
});

Deno.test("auth login ends on a signal while the authority does not answer the first request", async () => {
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
  assertExcludes(new TextDecoder().decode(stderr), "cannot be reached");
});

Deno.test({
  ...skippedIf(
    WITHOUT_IPV6,
    "a program that listens on ::1 alone does not receive the code: the port is in use",
  ),
  fn: async () => {
    await using home = new TestHome();
    await using authority = authorityGiving(tokensWith());
    using other = Deno.listen({ hostname: "::1", port: 0 });
    const login = await startLogin(home, authority.base, ["--port", String(other.addr.port)]);
    await login.type("CODE-OF-THIS-LOGIN");
    const { code, stderr } = await login.end;
    assertEquals(code, 0, stderr);
    assertIncludes(stderr, `port ${other.addr.port} is in use`);
  },
});

Deno.test("the address that auth login prints is refused when it is pasted", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  await login.type(login.url.href);
  await login.said("Paste the complete address again");
  await login.type(answerTo(login).href);
  const { code, stderr } = await login.end;
  assertEquals(code, 0, stderr);
  assertIncludes(stderr, "Paste the complete address again");
});

Deno.test("a second login on the same port reports this, is completed by pasting, and does not disturb the first", async () => {
  await using home = new TestHome();
  await using other = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  const second = await startLogin(other, authority.base, ["--port", port]);
  await second.type(answerTo(second).href);
  const { code, stderr } = await second.end;
  assertEquals(code, 0, stderr);
  assertIncludes(stderr, `port ${port} is in use`);
  assertIncludes(stderr, "the last page comes from that program");
  assertIncludes(stderr, "paste the address from the browser's address bar here");
  await look((await look(answerTo(first))).location ?? "");
  assertEquals((await first.end).code, 0);
});
