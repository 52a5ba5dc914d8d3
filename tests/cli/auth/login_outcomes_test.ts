/** How a login by browser ends, in the browser, at the terminal and on disk. */
import { loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { workplace } from "../../support/on_path.ts";
import { join } from "../../support/paths.ts";
import { answerTo, authorityGiving, look, startLogin, tokensWith } from "./login_kit.ts";

const SUFFIX = ".onboarding_entrypoint=life_sciences";

Deno.test("a login replaces a stale file completely: tokens, exchanged key, account, hint, and a local page without a query", async () => {
  await using home = new TestHome();
  const tokens = tokensWith();
  await using authority = new TestAuthority(({ method, path, body }) => {
    if (method !== "POST" || path === "/oauth/revoke") return new Response(null);
    return Response.json(body.includes("token-exchange") ? { access_token: "sk-exchanged" } : tokens);
  });
  const stale = { account: "acc-old", access: "old", refresh: "rt-old", extra: { OPENAI_API_KEY: "sk-old" } };
  home.store(loginText(stale));
  const login = await startLogin(home, authority.base);
  const answer = await look(answerTo(login, { code: "c-1", state: `${login.state}${SUFFIX}` }));
  assertEquals([answer.status, answer.location], [302, `http://localhost:${login.callback.port}/success`]);
  assertIncludes((await look(answer.location ?? "")).text, "Signed in");
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).onboarding_entrypoint], [0, "life_sciences"]);
  const { last_refresh: at, ...stored } = home.json();
  assertEquals(stored, {
    auth_mode: "chatgpt",
    OPENAI_API_KEY: "sk-exchanged",
    tokens: { ...tokens, account_id: "acc-1" },
  });
  assertEquals(typeof at, "string");
  const posts = authority.seen.filter(({ method }) => method === "POST");
  assertEquals(posts.map(({ path }) => path), ["/oauth/token", "/oauth/revoke", "/oauth/token"]);
  assertIncludes(posts[1]?.body ?? "", "rt-old");
});

Deno.test("a login creates a missing home directory with access only for its owner", async () => {
  await using place = await workplace();
  const { HOME = "", DENO_DIR = "" } = place.env;
  await using authority = authorityGiving(tokensWith());
  const home = { path: join(HOME, ".codex") };
  const login = await startLogin(home, authority.base, [], { HOME, DENO_DIR, CODEX_HOME: "" });
  await look((await look(answerTo(login))).location ?? "");
  assertEquals((await login.end).code, 0);
  assertIncludes(Deno.readTextFileSync(join(home.path, "auth.json")), "rt-CANARY-REFRESH");
  if (Deno.build.os !== "windows") assertEquals((Deno.statSync(home.path).mode ?? 0) & 0o777, 0o700);
});

Deno.test("an account of a workspace that config.toml does not name is refused on the page and with exit code 4, and nothing is written", async () => {
  await using home = new TestHome();
  Deno.writeTextFileSync(
    join(home.path, "config.toml"),
    'forced_chatgpt_workspace_id = ["acc-8", "acc-9"]\n',
  );
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  assertEquals(login.url.searchParams.getAll("allowed_workspace_id"), ["acc-8,acc-9"]);
  const page = await look(answerTo(login));
  assertEquals(page.status, 200);
  assertIncludes(page.text, "workspace_restriction");
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).error.details.problem], [4, "workspace_restriction"]);
  assertEquals([...Deno.readDirSync(home.path)].map(({ name }) => name), ["config.toml"]);
});

interface DenialRow {
  readonly what: string;
  readonly description: string;
  /** Text on the page and on stderr. */
  readonly says: string;
  /** Text that appears in no output. */
  readonly hides?: string;
}

const DENIALS: readonly DenialRow[] = [
  {
    what: "for want of an entitlement sends the user to the administrator, without the server's word for it",
    description: "why: MISSING_codex_Entitlement (plan x)",
    says: "Ask the administrator of your workspace",
    hides: "missing_codex_entitlement",
  },
  { what: "with a reason says it", description: "the reason of it", says: "the reason of it" },
  { what: "without a reason says its code", description: "", says: "access_denied" },
];

for (const { what, description, says, hides } of DENIALS) {
  Deno.test(`a denial ${what}, and the previous login is kept`, async () => {
    await using home = new TestHome();
    await using authority = authorityGiving(tokensWith());
    const stored = loginText({ access: "former" });
    home.store(stored);
    const login = await startLogin(home, authority.base);
    const page = await look(answerTo(login, { error: "access_denied", error_description: description }));
    assertIncludes(page.text, says);
    assertIncludes(page.text, "access_denied");
    const { code, stdout, stderr } = await login.end;
    assertEquals([code, JSON.parse(stdout).error.details.problem], [4, "access_denied"]);
    assertIncludes(stderr, says);
    if (hides !== undefined) assertExcludes((page.text + stdout + stderr).toLowerCase(), hides);
    assertEquals(home.text(), stored);
    assertEquals(authority.seen.filter(({ method }) => method === "POST"), []);
  });
}

Deno.test("a login is saved before the exchange for an API key, and Ctrl-C ends only that exchange", async () => {
  await using home = new TestHome();
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async ({ method, body }) => {
    if (method !== "POST") return new Response(null, { status: 405 });
    if (!body.includes("token-exchange")) return Response.json(tokensWith());
    asked.resolve();
    await mayAnswer.promise;
    return Response.json({ access_token: "sk-late" });
  });
  const login = await startLogin(home, authority.base);
  await look((await look(answerTo(login))).location ?? "");
  await asked.promise;
  assertEquals(home.json().tokens["refresh_token"], "rt-CANARY-REFRESH");
  login.kill("SIGINT");
  const { code, stderr } = await login.end;
  mayAnswer.resolve();
  assertEquals([code, home.json()["OPENAI_API_KEY"]], [0, null], stderr);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "the browser is started without the keys of the environment"),
  fn: async () => {
    await using home = new TestHome();
    await using authority = authorityGiving(tokensWith());
    const seen = join(home.path, "environment");
    const browser = join(home.path, "browser");
    Deno.writeTextFileSync(browser, `#!/bin/sh\nenv >'${seen}.part'; mv '${seen}.part' '${seen}'\n`, {
      mode: 0o755,
    });
    const env = { BROWSER: browser, OPENAI_API_KEY: "sk-CANARY", DISPLAY: ":9" };
    const login = await startLogin(home, authority.base, [], env);
    const limit = Date.now() + 10_000;
    const text = () => {
      try {
        return Deno.readTextFileSync(seen);
      } catch {
        return "";
      }
    };
    while (text() === "" && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 10));
    login.kill("SIGINT");
    await login.end;
    assertIncludes(text(), "DISPLAY=:9");
    assertExcludes(text(), "sk-CANARY");
  },
});
