import { loginByBrowser } from "../../../lib/auth/login/browser_login.ts";
import { errorPage } from "../../../lib/auth/login/callback/login_pages.ts";
import { MOCK_ACCOUNT } from "../../../lib/mock/oauth/tokens.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { failureOf, plainDialer, TestAuthority, TestHome } from "../kit.ts";
import { callbackUrl, Issuer, locationOf, loginParts, startLogin, textOf } from "./login_kit.ts";

Deno.test("a login without a usable port is completed by pasting, and says why", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const lines = new TransformStream<string, string>();
  const ports = [taken.addr.port];
  const login = await startLogin(home, issuer.base, { pasted: lines.readable, ports });
  assertIncludes(login.said[0] ?? "", `port ${taken.addr.port} is in use`);
  assertIncludes(login.said[0] ?? "", "--device");
  const answer = await locationOf(login.url);
  const writer = lines.writable.getWriter();
  await writer.write(answer);
  assertEquals((await login.result).email, MOCK_ACCOUNT.email);
});

Deno.test("a port is free again as soon as the login is over", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  const login = await startLogin(home, issuer.base);
  await (await fetch(login.url)).text();
  await login.result;
  const again = Deno.listen({ hostname: "127.0.0.1", port: Number(login.callback.port) });
  again.close();
});

Deno.test("an authority that cannot be reached is reported before a browser opens", async () => {
  await using home = new TestHome();
  const opened: string[] = [];
  const work = startLogin(home, "http://127.0.0.1:9", {
    openPage: (url) => {
      opened.push(url);
      return true;
    },
  });
  const error = await failureOf(work);
  assertEquals([error.code, opened], ["connect", []]);
  assertIncludes(error.message, "Cannot sign in: Cannot connect to 127.0.0.1:9");
});

Deno.test("a login can be cancelled while the authority does not answer the first request", async () => {
  await using home = new TestHome();
  const asked = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  await using authority = new TestAuthority(async () => {
    asked.resolve();
    await mayAnswer.promise;
    return new Response(null, { status: 405 });
  });
  const giveUp = new AbortController();
  const reason = new CulvertError("interrupted", "Interrupted");
  const opened: string[] = [];
  const openPage = (url: string) => opened.push(url) > 0;
  const work = failureOf(loginByBrowser(loginParts(home, authority.base, { openPage }), giveUp.signal));
  await asked.promise;
  giveUp.abort(reason);
  const error = await work;
  mayAnswer.resolve();
  assertEquals([error === reason, opened], [true, []]);
});

Deno.test("a torn auth.json is reported before a browser opens, and is not overwritten", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  home.store('{"tokens":');
  assertEquals((await failureOf(startLogin(home, issuer.base))).code, "auth_storage");
  assertEquals(home.text(), '{"tokens":');
});

Deno.test("an empty auth.json is replaced", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  home.store("");
  const login = await startLogin(home, issuer.base);
  await (await fetch(login.url)).text();
  await login.result;
  assertEquals(home.json()["auth_mode"], "chatgpt");
});

Deno.test("markup in an error is escaped on the page", async () => {
  const failure = new CulvertError("auth_login_failed", "<script>&'", {
    hint: "</p>",
    details: { problem: '"c"' },
  });
  const page = await errorPage(failure).text();
  for (const text of ["&quot;c&quot;", "&lt;script&gt;&amp;&#39;", "&lt;/p&gt;"]) {
    assertIncludes(page, text);
  }
  assertExcludes(page, "<script>");
});

Deno.test("no output of a login contains a token, a code or the verifier", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority((request) =>
    request.path === "/oauth/token" && request.method === "POST"
      ? Response.json({ error: { code: "x", message: "refused" } }, { status: 500 })
      : new Response(null, { status: 404 })
  );
  const login = await startLogin(home, authority.base);
  const [, page] = await fetch(callbackUrl(login, { state: login.state, code: "CANARY-CODE" })).then(textOf);
  const error = await failureOf(login.result);
  const verifier = new URLSearchParams(authority.seen.at(-1)?.body ?? "").get("code_verifier") ?? "none";
  const everything = JSON.stringify([page, login.said, error.message, error.hint, error.details]);
  assertExcludes(everything, "CANARY-CODE");
  assertExcludes(everything, verifier);
});

Deno.test("a port that is not permitted is skipped like one in use", async () => {
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const server = new URL("../../../lib/auth/login/callback/callback_server.ts", import.meta.url).href;
  const code = `
    import { startCallbackServer } from ${JSON.stringify(server)};
    const world = { sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) };
    const given = { state: "s", note: () => {}, lingerMs: 100, world };
    const { server } = startCallbackServer({ ...given, ports: [1, ${port}] });
    console.log(server?.port);
    await server?.close();
    console.log(JSON.stringify(startCallbackServer({ ...given, ports: [1, 2] }).problems));
  `;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  await Deno.writeTextFile(file, code);
  // Permissions of Deno take the place of the ranges that Windows reserves.
  const config = new URL("../../../deno.json", import.meta.url).pathname;
  const args = [
    "run",
    "--no-check",
    "--quiet",
    "--no-prompt",
    `--config=${config}`,
    `--allow-net=127.0.0.1:${port}`,
  ];
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: [...args, file], stderr: "inherit" })
    .output();
  await Deno.remove(file);
  assertEquals(new TextDecoder().decode(stdout).trim().split("\n"), [
    String(port),
    '[{"port":1,"problem":"not permitted"},{"port":2,"problem":"not permitted"}]',
  ]);
});

Deno.test("an exchange that finds no connection is retried, and one that was sent is not", async () => {
  await using home = new TestHome();
  await using issuer = new Issuer();
  for (const [code, attempts] of [["connect", 2], ["reset", 1]] as const) {
    let tried = 0;
    const dialer = plainDialer((request) => {
      if (request.method !== "POST" || !String(request.body).includes("authorization_code")) return;
      if (++tried === 1) throw new CulvertError(code, "No way there");
    });
    const login = await startLogin(home, issuer.base, { dialer });
    await (await fetch(login.url)).text();
    const end = await login.result.then(() => "signed in", (error: CulvertError) => error.code);
    assertEquals([tried, end], [attempts, code === "connect" ? "signed in" : code]);
  }
});
