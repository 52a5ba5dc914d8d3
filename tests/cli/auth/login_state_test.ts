/** Onboarding hints and foreign states in the answer of the authority. */
import { TestHome } from "../../auth/kit.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { answerTo, authorityGiving, look, startLogin, tokensWith } from "./login_kit.ts";

const SUFFIX = ".onboarding_entrypoint=life_sciences";

Deno.test("the hint after the state appears in the result and on the terminal", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  const answer = await look(answerTo(login, { code: "c", state: `${login.state}${SUFFIX}` }));
  assertEquals(answer.status, 302);
  await look(answer.location ?? "");
  const { stdout, stderr } = await login.end;
  assertEquals(JSON.parse(stdout).onboarding_entrypoint, "life_sciences");
  assertIncludes(stderr, "This login was started from the entry point life_sciences");
});

Deno.test("a pasted answer may also contain the hint", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  await login.type(answerTo(login, { code: "c", state: `${login.state}${SUFFIX}` }).href);
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).onboarding_entrypoint], [0, "life_sciences"]);
});

Deno.test("every other state is refused, and the login continues to wait", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  const others = [
    "another",
    `another${SUFFIX}`,
    `${login.state}.onboarding_entrypoint=other`,
    `${login.state}${SUFFIX}${SUFFIX}`,
    `${login.state}${SUFFIX}x`,
    `${login.state}.extra=1${SUFFIX}`,
    "",
  ];
  for (const state of others) {
    assertEquals([state, (await look(answerTo(login, { code: "c", state }))).status], [state, 400]);
  }
  assertEquals(authority.seen.filter(({ method }) => method === "POST"), []);
  const answer = await look(answerTo(login));
  await look(answer.location ?? "");
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).onboarding_entrypoint], [0, null]);
});
