/** What a browser sees at the end of a login, and what the terminal says of it. */
import { TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { answerTo, authorityGiving, look, OWNER, startLogin, tokensWith } from "./login_kit.ts";

const HOSTED = "https://apps.example/done?old=1&token=x#top";
const SETUP = "https://platform.api.openai.org/org-setup?p=team&with_org=org-1&project_id=proj-1";

Deno.test("auth login --success-url sends the browser to that page, its query replaced, and ends without another request", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith({ ...OWNER, completed_platform_onboarding: true }));
  const login = await startLogin(home, authority.base, ["--success-url", HOSTED]);
  const answer = await look(answerTo(login));
  assertEquals([answer.status, answer.location], [
    302,
    "https://apps.example/done?source=login&app_brand=codex#top",
  ]);
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).setup_url, home.json()["auth_mode"]], [0, null, "chatgpt"]);
});

Deno.test("an owner whose organisation is not set up ends on the local page, which names the way without a token", async () => {
  await using home = new TestHome();
  const tokens = tokensWith(OWNER);
  await using authority = authorityGiving(tokens);
  const login = await startLogin(home, authority.base, ["--success-url", HOSTED]);
  const { location } = await look(answerTo(login));
  assertEquals(location, `http://localhost:${login.callback.port}/success`);
  const page = await look(location ?? "");
  assertIncludes(page.text.replaceAll("&amp;", "&"), `href="${SETUP}"`);
  const { code, stdout, stderr } = await login.end;
  assertEquals([code, JSON.parse(stdout).setup_url], [0, SETUP]);
  assertIncludes(stderr, SETUP);
  for (const secret of Object.values(tokens)) assertExcludes(page.text + stdout + stderr, secret);
});

for (
  const [who, claims] of [
    ["a member who does not own the organisation", { ...OWNER, is_org_owner: false }],
    ["an owner whose organisation is set up", { ...OWNER, completed_platform_onboarding: true }],
    ["an account of no organisation", {}],
  ] as const
) {
  Deno.test(`${who} ends on the bare local page`, async () => {
    await using home = new TestHome();
    await using authority = authorityGiving(tokensWith(claims));
    const login = await startLogin(home, authority.base);
    const { location } = await look(answerTo(login));
    assertEquals(location, `http://localhost:${login.callback.port}/success`);
    assertExcludes((await look(location ?? "")).text, "href");
    const { code, stdout } = await login.end;
    assertEquals([code, JSON.parse(stdout).setup_url], [0, null]);
  });
}

for (
  const url of [
    "http://apps.example/done",
    "https://user:pw-CANARY@apps.example/",
    "ftp://localhost/",
    "nothing",
  ]
) {
  Deno.test(`auth login --success-url ${url.replace("pw-CANARY", "password")} is refused before anything is asked`, async () => {
    await using home = new TestHome();
    // Nobody listens there, and nobody is asked.
    const args = ["auth", "login", "--issuer", "http://127.0.0.1:9", "--success-url", url];
    const run = await culvert(args, { env: { CODEX_HOME: home.path } });
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, "--success-url cannot be used");
    assertExcludes(run.stderr, "pw-CANARY");
    assertEquals([...Deno.readDirSync(home.path)], []);
  });
}

Deno.test("a page on this machine may be plain http", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base, ["--success-url", "http://localhost:8080/app"]);
  const { location } = await look(answerTo(login));
  assertEquals(location, "http://localhost:8080/app?source=login&app_brand=codex");
  assertEquals((await login.end).code, 0);
});

const SUFFIX = ".onboarding_entrypoint=life_sciences";

Deno.test("the hint behind the state reaches the result and the terminal", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  const answer = await look(answerTo(login, { code: "c", state: `${login.state}${SUFFIX}` }));
  assertEquals(answer.status, 302);
  await look(answer.location ?? "");
  const { stdout, stderr } = await login.end;
  assertEquals(JSON.parse(stdout).onboarding_entrypoint, "life_sciences");
  assertIncludes(stderr, "this login began at the entrance life_sciences");
});

Deno.test("a pasted answer may have the hint too", async () => {
  await using home = new TestHome();
  await using authority = authorityGiving(tokensWith());
  const login = await startLogin(home, authority.base);
  await login.type(answerTo(login, { code: "c", state: `${login.state}${SUFFIX}` }).href);
  const { code, stdout } = await login.end;
  assertEquals([code, JSON.parse(stdout).onboarding_entrypoint], [0, "life_sciences"]);
});

Deno.test("any other state is refused, and the login goes on waiting for its own", async () => {
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
