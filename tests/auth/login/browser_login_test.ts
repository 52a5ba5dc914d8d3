import { authEndpoints } from "../../../lib/auth/chatgpt/auth_endpoints.ts";
import { authorizeUrl } from "../../../lib/auth/login/browser_login.ts";
import { pastedAnswer } from "../../../lib/auth/login/callback/callback_answer.ts";
import { MOCK_ACCOUNT } from "../../../lib/mock/oauth/tokens.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { failureOf, loginText, TestHome } from "../kit.ts";
import { callbackUrl, Issuer, locationOf, startLogin, textOf } from "./login_kit.ts";

Deno.test("a login by browser ends on a local page without a query, and stores tokens, account and exchanged key", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stale","future":1}');
  const login = await startLogin(home, issuer.base);
  const response = await fetch(login.url);
  assertEquals([response.status, response.url], [200, `http://localhost:${login.callback.port}/success`]);
  assertEquals(response.headers.get("cache-control"), "no-store");
  assertEquals(response.headers.get("referrer-policy"), "no-referrer");
  assertIncludes(await response.text(), "Signed in");
  assertEquals(await login.result, {
    email: MOCK_ACCOUNT.email,
    accountId: MOCK_ACCOUNT.accountId,
    planType: "plus",
  });
  const stored = home.json();
  assertEquals([stored["auth_mode"], stored["OPENAI_API_KEY"], stored["future"]], [
    "chatgpt",
    "sk-mock-exchanged",
    1,
  ]);
  assertEquals(stored.tokens["account_id"], MOCK_ACCOUNT.accountId);
  assert(typeof stored["last_refresh"] === "string");
  const exchange = issuer.oauth.tokenRequests[0];
  assertEquals(Object.keys(exchange?.fields ?? {}).toSorted(), [
    "client_id",
    "code",
    "code_verifier",
    "grant_type",
    "redirect_uri",
  ]);
  assertEquals(exchange?.contentType, "application/x-www-form-urlencoded");
});

Deno.test("the authorize address carries its parameters in order, and several workspaces as one", () => {
  const parts = {
    issuer: "https://auth.example",
    endpoints: { ...authEndpoints(() => undefined), clientId: "c 1" },
    originator: "culvert",
    workspaces: ["w1", "w2"],
  };
  const url = authorizeUrl(parts, { challenge: "ch", state: "st" }, "http://localhost:1455/auth/callback");
  assertEquals(
    url,
    "https://auth.example/oauth/authorize?response_type=code&client_id=c%201" +
      "&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback" +
      "&scope=openid%20profile%20email%20offline_access%20api.connectors.read%20api.connectors.invoke" +
      "&code_challenge=ch&code_challenge_method=S256&id_token_add_organizations=true" +
      "&codex_cli_simplified_flow=true&state=st&originator=culvert&allowed_workspace_id=w1%2Cw2",
  );
});

Deno.test("/success before an answer, /cancel and foreign states do not change the login", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const at = (path: string) => fetch(new URL(path, login.callback)).then(textOf);
  assertEquals((await at("/success"))[0], 404);
  assertEquals((await at("/cancel"))[0], 404);
  assertEquals((await at("/auth/callback?code=c&state=foreign"))[0], 400);
  assertEquals((await at("/auth/callback?code=c"))[0], 400);
  assertEquals((await at("/auth/callback?error=access_denied&state=foreign"))[0], 400);
  assertEquals([...Deno.readDirSync(home.path)], []);
  await (await fetch(login.url)).text();
  assertEquals((await login.result).email, MOCK_ACCOUNT.email);
});

Deno.test("a page of another site that resolves its own name to loopback is refused because of its Host header", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const connection = await Deno.connect({ hostname: "127.0.0.1", port: Number(login.callback.port) });
  const target = `/auth/callback?code=c&state=${login.state}`;
  await connection.write(
    new TextEncoder().encode(
      `GET ${target} HTTP/1.1\r\nHost: evil.example:1455\r\nConnection: close\r\n\r\n`,
    ),
  );
  const answer = await new Response(connection.readable).text();
  assertMatch(answer, /^HTTP\/1.1 400/);
  await (await fetch(login.url)).text();
  await login.result;
});

Deno.test("a tab that is closed before the last page does not block the command", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const callback = await locationOf(login.url);
  assertEquals(await locationOf(callback), `http://localhost:${login.callback.port}/success`);
  await login.result;
  assertEquals(home.json()["auth_mode"], "chatgpt");
});

Deno.test("a login that is not completed in time fails, and the former login stays byte for byte", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const login = await startLogin(home, issuer.base, { limitMs: 10 });
  const error = await failureOf(login.result);
  assertEquals([error.code, error.details["problem"], home.text()], ["auth_login_failed", "timeout", stored]);
  assertEquals(issuer.oauth.revoked, []);
});

Deno.test("a login can be cancelled, and the former login stays", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const stored = loginText({ access: "former" });
  home.store(stored);
  const giveUp = new AbortController();
  const login = await startLogin(home, issuer.base, {}, giveUp.signal);
  giveUp.abort(new Error("enough"));
  assertEquals(await login.result.catch(String), "Error: enough");
  assertEquals(home.text(), stored);
});

Deno.test("a denial shows its reason on the page and in the terminal, and writes nothing", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const denied = { state: login.state, error: "access_denied", error_description: "You said <no>" };
  const [status, page] = await fetch(callbackUrl(login, denied)).then(textOf);
  assertEquals(status, 200);
  assertIncludes(page, "You said &lt;no&gt;");
  assertIncludes(page, "access_denied");
  const error = await failureOf(login.result);
  assertIncludes(error.message, "You said <no>");
  assertEquals([...Deno.readDirSync(home.path)].length, 0);
});

Deno.test("a denial without entitlement names the administrator, and not the internal name of the server", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const denied = {
    state: login.state,
    error: "access_denied",
    error_description: "Missing_Codex_Entitlement",
  };
  const [, page] = await fetch(callbackUrl(login, denied)).then(textOf);
  assertIncludes(page, "administrator");
  assertIncludes(page, "access_denied");
  assertExcludes(page.toLowerCase(), "missing_codex_entitlement");
  const error = await failureOf(login.result);
  assertExcludes(`${error.message}${error.hint}`.toLowerCase(), "missing_codex_entitlement");
});

Deno.test("an answer without a code ends the login with an error page", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  const [, page] = await fetch(callbackUrl(login, { state: login.state })).then(textOf);
  assertIncludes(page, "missing_authorization_code");
  assertEquals((await failureOf(login.result)).details["problem"], "missing_authorization_code");
});

for (
  const [name, body, said] of [
    ["its description", { error: "e", error_description: "the description" }, "the description"],
    ["its nested message", { error: { code: "c", message: "the message" } }, "the message"],
    ["only the code", { error: "just_a_code" }, "just_a_code"],
    ["its plain text", "<h1>plain</h1> words", "plain words"],
    ["nothing", "", "without a reason"],
  ] as const
) {
  Deno.test(`a refused exchange says ${name}, and the former login stays`, async () => {
    await using home = new TestHome();
    await using issuer = new Issuer();
    const stored = loginText({ access: "former" });
    home.store(stored);
    issuer.oauth.failNext({ status: 400, body: typeof body === "string" ? body : { ...body } });
    const login = await startLogin(home, issuer.base);
    assertIncludes((await (await fetch(login.url)).text()).replaceAll("&#39;", "'"), said);
    const error = await failureOf(login.result);
    assertEquals([error.details["problem"], home.text()], ["token_exchange_failed", stored]);
    assertIncludes(error.message, said);
    assertExcludes(error.message, "code=");
  });
}

Deno.test("a workspace that is not allowed is refused and nothing is written", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base, { workspaces: ["another"] });
  assertIncludes(await (await fetch(login.url)).text(), "workspace_restriction");
  assertEquals((await failureOf(login.result)).details["problem"], "workspace_restriction");
  assertEquals([...Deno.readDirSync(home.path)].filter((entry) => entry.name === "auth.json"), []);
});

Deno.test("the former login is revoked when the new one is on disk, not before, and a failure is a warning", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  home.store(loginText({ access: "former", refresh: "rt-former" }));
  const login = await startLogin(home, issuer.base);
  assertEquals(issuer.oauth.revoked, []);
  await (await fetch(login.url)).text();
  await login.result;
  assertEquals(issuer.oauth.revoked, ["rt-former"]);
  assert(home.json().tokens["refresh_token"] !== "rt-former");
  const unreachable = await startLogin(home, issuer.base, {
    endpoints: { ...authEndpoints(() => undefined), revokeUrl: new URL("http://127.0.0.1:9/oauth/revoke") },
  });
  await (await fetch(unreachable.url)).text();
  await unreachable.result;
  assertEquals(unreachable.warnings, ["auth_not_revoked"]);
});

Deno.test("a pasted address is an answer when its state is this login's, and is asked for again when not", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, issuer.base, { pasted: lines.readable });
  const answer = await locationOf(login.url);
  const writer = lines.writable.getWriter();
  await writer.write("http://localhost:1455/auth/callback?code=x&state=foreign");
  await writer.write(answer);
  assertEquals((await login.result).email, MOCK_ACCOUNT.email);
  assertIncludes(login.said.at(-1) ?? "", "Paste the complete address again");
});

Deno.test("a pasted bare code is an answer", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, issuer.base, { pasted: lines.readable });
  const answer = new URL(await locationOf(login.url));
  const writer = lines.writable.getWriter();
  await writer.write(`  ${answer.searchParams.get("code")}`);
  assertEquals((await login.result).email, MOCK_ACCOUNT.email);
  assertEquals(pastedAnswer("hello there", "s"), undefined);
  assertEquals(pastedAnswer("no", "s"), undefined);
});

Deno.test("the address of the login page, pasted back, is not an answer, and the program asks again", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const lines = new TransformStream<string, string>();
  const login = await startLogin(home, issuer.base, { pasted: lines.readable });
  const writer = lines.writable.getWriter();
  await writer.write(login.url);
  await writer.write(await locationOf(login.url));
  assertEquals((await login.result).email, MOCK_ACCOUNT.email);
  assertIncludes(login.said.at(-1) ?? "", "Paste the complete address again");
  assertEquals(pastedAnswer(`http://localhost:1455/auth/callback?error=access_denied&state=s`, "s"), {
    kind: "refused",
    code: "access_denied",
    description: "",
  });
});
