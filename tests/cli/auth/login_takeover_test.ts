/** Two logins that want one port. */
import { loginText, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { startProxy } from "../../support/proxy.ts";
import { answerTo, authorityGiving, freePort, look, startLogin, tokensWith } from "./login_kit.ts";

const files = (home: TestHome) => [...Deno.readDirSync(home.path)].map(({ name }) => name).sort();

Deno.test("a second login takes the port of the first, which ends with 4 and changes nothing; the second signs in", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const stored = loginText({ access: "former" });
  home.store(stored);
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  const second = await startLogin(home, authority.base, ["--port", port]);
  const { code, stdout, stderr } = await first.end;
  assertEquals([code, JSON.parse(stdout).error.code, JSON.parse(stdout).error.details.problem], [
    4,
    "auth_login_failed",
    "superseded",
  ]);
  assertIncludes(stderr, "Another login took over");
  assertEquals([second.callback.port, home.text()], [port, stored]);
  assertEquals((await look(answerTo(first))).status, 400);
  await look((await look(answerTo(second))).location ?? "");
  assertEquals((await second.end).code, 0);
  assert(home.text() !== stored);
  assertEquals(files(home), ["auth.json", "auth.json.lock"]);
});

Deno.test("a login with --proxy, which takes even loopback through it, finds the earlier one past it", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  await using proxy = await startProxy();
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  const way = ["--proxy", `http://127.0.0.1:${proxy.port}`];
  const second = await startLogin(home, authority.base, ["--port", port, ...way]);
  assertEquals([(await first.end).code, second.callback.port], [4, port]);
  await look((await look(answerTo(second))).location ?? "");
  assertEquals((await second.end).code, 0);
  assertEquals([...new Set(proxy.seen.map(({ target }) => new URL(target).origin))], [authority.base]);
});

Deno.test("a third login takes the port of the second", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const port = freePort();
  const logins = [];
  for (let count = 0; count < 3; count++) {
    logins.push(await startLogin(home, authority.base, ["--port", port]));
  }
  const last = logins.pop();
  assert(last !== undefined);
  assertEquals(await Promise.all(logins.map(async ({ end }) => (await end).code)), [4, 4]);
  await look((await look(answerTo(last))).location ?? "");
  assertEquals((await last.end).code, 0);
});

Deno.test("a login that was killed leaves a file that stands in nobody's way", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  first.kill("SIGKILL");
  await first.end;
  assertEquals(files(home), [`culvert-login-${port}.json`]);
  const second = await startLogin(home, authority.base, ["--port", port]);
  assertEquals(second.callback.port, port);
  await look((await look(answerTo(second))).location ?? "");
  assertEquals((await second.end).code, 0);
  assertEquals(files(home), ["auth.json", "auth.json.lock"]);
});

Deno.test("a login that is interrupted takes its file away", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  assertEquals(files(home), [`culvert-login-${login.callback.port}.json`]);
  login.kill("SIGINT");
  assertEquals([(await login.end).code, files(home)], [130, []]);
});

Deno.test("a login that cannot reach the authority does not end another one", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const port = freePort();
  const first = await startLogin(home, authority.base, ["--port", port]);
  const args = ["auth", "login", "--issuer", `http://127.0.0.1:${freePort()}`, "--port", port];
  assertEquals((await culvert(args, { env: { CODEX_HOME: home.path } })).code, 5);
  await look((await look(answerTo(first))).location ?? "");
  assertEquals((await first.end).code, 0);
});
