import { type Network, startNetwork } from "../../../lib/mock/network.ts";
import { MOCK_ACCOUNT } from "../../../lib/mock/oauth/tokens.ts";
import { loginText, TestAuthority, TestHome } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun, jsonLines, startCulvert } from "../../support/culvert.ts";

const ISSUER = "https://api.culvert.test";

/** The environment of a process in the simulated network, without a key. */
function envOf(network: Network, home: TestHome, extra: Record<string, string> = {}): Record<string, string> {
  return {
    HTTPS_PROXY: network.proxyUrl,
    CODEX_CA_CERTIFICATE: network.bundlePath,
    CODEX_HOME: home.path,
    CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${ISSUER}/oauth/token`,
    ...extra,
  };
}

/** Stores a login of the network's authority. */
async function storeLogin(
  network: Network,
  home: TestHome,
  lifetimeMs = 3_600_000,
): Promise<Record<string, string>> {
  const tokens = await network.api.oauth.issue(lifetimeMs);
  home.store(JSON.stringify({
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: { ...tokens, account_id: MOCK_ACCOUNT.accountId },
    last_refresh: new Date().toISOString(),
  }));
  Deno.chmodSync(home.authPath, 0o600);
  return { ...tokens };
}

/** Flags that select the built-in provider at the network's API. */
function configure(home: TestHome): void {
  Deno.writeTextFileSync(`${home.path}/config.toml`, `openai_base_url = "${ISSUER}/v1"\n`);
}

class Running implements AsyncDisposable {
  readonly network: Network;
  readonly home = new TestHome();

  private constructor(network: Network) {
    this.network = network;
    configure(this.home);
  }

  static async start(options: Parameters<typeof startNetwork>[0] = {}): Promise<Running> {
    return new Running(await startNetwork(options));
  }

  run(
    args: readonly string[],
    options: { env?: Record<string, string>; stdin?: string } = {},
  ): Promise<CulvertRun> {
    const { env, ...rest } = options;
    return culvert(args, { ...rest, env: envOf(this.network, this.home, env) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
    await this.home[Symbol.asyncDispose]();
  }
}

/** Starts a login, answers as the browser would, and waits for its end. */
async function signIn(
  { network, home }: Running,
  answer: (location: string, stdin: WritableStreamDefaultWriter<Uint8Array>) => Promise<void>,
): Promise<{ code: number; stderr: string; stdout: string }> {
  const args = ["auth", "login", "--issuer", ISSUER, "--port", "0", "--json"];
  const child = startCulvert(args, { env: envOf(network, home) });
  const stdin = child.stdin.getWriter();
  const stdout = new Response(child.stdout).text();
  let stderr = "";
  let isAnswered = false;
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    const url = /https:\/\/\S+\/oauth\/authorize\?\S+\n/.exec(stderr)?.[0].trim();
    if (url === undefined || isAnswered) continue;
    isAnswered = true;
    // The address without the proxy; a real browser behind the proxy is tested in tests/real.
    const page = new URL(url);
    page.host = `localhost:${network.api.port}`;
    using client = Deno.createHttpClient({ caCerts: [network.api.authority.certificate] });
    const response = await fetch(page, { client, redirect: "manual" });
    await response.body?.cancel();
    await answer(response.headers.get("location") ?? "", stdin);
  }
  await stdin.close().catch(() => {/* the program is gone, and with it its input */});
  return { code: (await child.status).code, stderr, stdout: await stdout };
}

Deno.test("login, status, refresh and logout work through an intercepting proxy with a private CA", async () => {
  await using running = await Running.start();
  const { network, home } = running;
  const login = await signIn(running, async (location) => {
    const page = await fetch(location);
    assertIncludes(await page.text(), "Signed in");
  });
  assertEquals(login.code, 0, login.stderr);
  assertEquals(JSON.parse(login.stdout), {
    type: "culvert.login",
    mode: "chatgpt",
    path: home.authPath,
    source: { kind: "file", name: home.authPath },
    email: MOCK_ACCOUNT.email,
    account_tail: "0001",
    plan: "plus",
    onboarding_entrypoint: null,
  });
  const first = home.json().tokens["refresh_token"];

  const status = await running.run(["auth", "status", "--json"]);
  assertEquals(status.code, 0, status.stderr);
  const told = JSON.parse(status.stdout);
  assertEquals([told.usable, told.mode, told.source, told.plan, told.account_tail, told.can_renew], [
    true,
    "chatgpt",
    { kind: "file", name: home.authPath },
    "Plus",
    "0001",
    true,
  ]);

  const refresh = await running.run(["auth", "refresh", "--json"]);
  assertEquals(refresh.code, 0, refresh.stderr);
  assert(home.json().tokens["refresh_token"] !== first);
  assertEquals(network.api.oauth.refreshCount, 1);

  const logout = await running.run(["auth", "logout", "--json"]);
  assertEquals(logout.code, 0, logout.stderr);
  assertEquals(JSON.parse(logout.stdout).was_signed_in, true);
  assertEquals(network.api.oauth.revoked.length, 1);
  assert(network.proxyEvents.some((event) => event.kind === "request" && event.path === "/oauth/revoke"));
  for (const run of [status, refresh, logout]) assertExcludes(run.stdout + run.stderr, String(first));
});

Deno.test("a login whose browser runs on another machine is completed by pasting the final address", async () => {
  await using running = await Running.start();
  const login = await signIn(running, async (location, stdin) => {
    await stdin.write(new TextEncoder().encode(`${location}\n`));
  });
  assertEquals(login.code, 0, login.stderr);
  assertIncludes(login.stderr, "culvert auth login --device");
  assertEquals(running.home.json()["auth_mode"], "chatgpt");
});

Deno.test("a login by device code also works through the proxy", async () => {
  await using running = await Running.start();
  const login = await running.run(["auth", "login", "--device", "--issuer", ISSUER]);
  assertEquals(login.code, 0, login.stderr);
  assertIncludes(login.stderr, "MOCK-1234");
  assertIncludes(login.stderr, `${ISSUER}/codex/device`);
  assertEquals([running.home.json()["auth_mode"], running.home.json()["OPENAI_API_KEY"]], ["chatgpt", null]);
});

Deno.test("without the company's CA a login ends before a browser is opened, with the reason and the exit code of a trust failure", async () => {
  await using running = await Running.start();
  const env = { ...envOf(running.network, running.home), CODEX_CA_CERTIFICATE: "" };
  const login = await culvert(["auth", "login", "--issuer", ISSUER, "--port", "0"], { env });
  assertEquals(login.code, 3);
  assertIncludes(login.stderr, "Cannot sign in: Cannot reach api.culvert.test");
  assertExcludes(login.stderr, "/oauth/authorize?");
});

Deno.test("an API key is stored from stdin, and no other source is read", async () => {
  await using running = await Running.start();
  const login = await running.run(["auth", "login", "--api-key"], { stdin: "sk-proj-0123456789abcdef\n" });
  assertEquals(login.code, 0, login.stderr);
  assertEquals(JSON.parse(running.home.text()), {
    auth_mode: "apikey",
    OPENAI_API_KEY: "sk-proj-0123456789abcdef",
  });
  assertEquals((Deno.statSync(running.home.authPath).mode ?? 0) & 0o777, 0o600);
  const status = await running.run(["auth", "status"]);
  assertIncludes(status.stdout, "sk-proj-***bcdef");
  assertExcludes(status.stdout, "0123456789");
  const refresh = await running.run(["auth", "refresh"]);
  assertEquals(refresh.code, 4);
  assertIncludes(refresh.stderr, "The stored credential cannot be renewed: it is an API key");
});

Deno.test("an empty stdin is refused as an API key, and nothing is written", async () => {
  await using home = new TestHome();
  const login = await culvert(["auth", "login", "--api-key"], {
    env: { CODEX_HOME: home.path },
    stdin: "\n",
  });
  assertEquals(login.code, 2);
  assertIncludes(login.stderr, "culvert auth login --api-key < key.txt");
  assertEquals([...Deno.readDirSync(home.path)], []);
});

Deno.test("status without a credential exits 4 and names the ways to give one", async () => {
  await using home = new TestHome();
  const status = await culvert(["auth", "status", "--json"], { env: { CODEX_HOME: home.path } });
  assertEquals(status.code, 4);
  const told = JSON.parse(status.stdout);
  assertEquals([told.usable, told.code], [false, "auth_missing"]);
  assertIncludes(status.stderr, "culvert auth login");
});

Deno.test("status with a truncated auth.json exits 4 and leaves it unchanged", async () => {
  await using home = new TestHome();
  home.store('{"tokens":');
  const status = await culvert(["auth", "status"], { env: { CODEX_HOME: home.path } });
  assertEquals([status.code, home.text()], [4, '{"tokens":']);
  assertIncludes(status.stdout, "not complete JSON");
});

Deno.test("status names the sources that are not used, and a file that other users can read", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: "opaque" }));
  Deno.chmodSync(home.authPath, 0o644);
  const env = { CODEX_HOME: home.path, CODEX_API_KEY: "sk-one", OPENAI_API_KEY: "sk-two" };
  const status = await culvert(["auth", "status", "--json"], { env });
  const told = JSON.parse(status.stdout);
  assertEquals([told.source.name, told.shadowed], ["CODEX_API_KEY", ["OPENAI_API_KEY", home.authPath]]);
  assertIncludes(told.problems.join(), "chmod 600");
  assertEquals(told.key, "***");
});

Deno.test("an expired login is renewed before the first request, which succeeds", async () => {
  await using running = await Running.start();
  const { network, home } = running;
  const old = await storeLogin(network, home, -60_000);
  const run = await running.run(["respond", "--transport", "sse", "--json", "hello"]);
  assertEquals(run.code, 0, run.stdout + run.stderr);
  assertEquals(network.api.oauth.refreshCount, 1);
  assert(home.json().tokens["access_token"] !== old["access_token"]);
  assertEquals(jsonLines(run.stdout).at(-1)?.["status"], "completed");
});

Deno.test("a login that the server refuses is renewed immediately, with a note, and the turn succeeds", async () => {
  await using running = await Running.start();
  const { network, home } = running;
  const old = await storeLogin(network, home);
  network.api.oauth.rejectAccessToken(old["access_token"] ?? "");
  const run = await running.run(["respond", "--transport", "sse", "--json", "hello"]);
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const auth = jsonLines(run.stdout).find((line) => line["type"] === "culvert.auth");
  assertEquals([auth?.["mode"], auth?.["phase"], auth?.["outcome"]], [
    "chatgpt",
    "refresh_token",
    "recovery_succeeded",
  ]);
  assertEquals(network.api.oauth.refreshCount, 1);
});

Deno.test("a server that always answers 401 gets at most three requests, with one refresh, and the exit code is 4", async () => {
  await using running = await Running.start({ api: { accepts: () => false } });
  const { network, home } = running;
  await storeLogin(network, home);
  const run = await running.run(["respond", "--transport", "sse", "--json", "hello"]);
  assertEquals(run.code, 4);
  const sends = network.api.log.turns.length;
  assert(sends >= 1 && sends <= 3, String(sends));
  assertEquals(network.api.oauth.refreshCount, 1);
  const result = jsonLines(run.stdout).at(-1);
  assertEquals([result?.["type"], result?.["exit_code"]], ["culvert.result", 4]);
  const lines = run.stderr.trimEnd().split("\n");
  for (
    const part of ["Sent: an Authorization header, a ChatGPT login from", "Recovery: succeeded", "Next: "]
  ) {
    assertIncludes(run.stderr, part);
  }
  assert(lines.length <= 12, run.stderr);
});

Deno.test("an API key that is refused is sent once", async () => {
  await using running = await Running.start({ api: { accepts: () => false } });
  const env = { OPENAI_API_KEY: "sk-wrong-0123456789" };
  const run = await running.run(["respond", "--transport", "sse", "hello"], { env });
  assertEquals([run.code, run.stdout], [4, ""]);
  assertEquals(running.network.api.log.turns.length, 1);
  assertIncludes(run.stderr, "an API key from OPENAI_API_KEY");
  assertIncludes(run.stderr, "cannot be renewed");
  assertExcludes(run.stderr, "sk-wrong");
});

Deno.test("logout removes the stored login although a variable is set, and names the variable as still in use", async () => {
  await using running = await Running.start();
  const { network, home } = running;
  const tokens = await storeLogin(network, home);
  const env = {
    CODEX_ACCESS_TOKEN: "at-in-the-environment",
    CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${ISSUER}/oauth/revoke`,
  };
  const logout = await running.run(["auth", "logout"], { env });
  assertEquals(logout.code, 0, logout.stderr);
  assertEquals(network.api.oauth.revoked, [tokens["refresh_token"]]);
  assertIncludes(logout.stderr, "Still in use: the credential from CODEX_ACCESS_TOKEN");
});

/** Runs a login at a scripted issuer on loopback, and calls a function when it has printed `mark`. */
async function loginAt(
  issuer: string,
  home: TestHome,
  args: readonly string[],
  mark: RegExp,
  act: (match: RegExpExecArray, child: Deno.ChildProcess) => Promise<void> | void,
): Promise<{ code: number; stderr: string }> {
  const env = { CODEX_HOME: home.path };
  const child = startCulvert(["auth", "login", "--issuer", issuer, "--port", "0", ...args], { env });
  let stderr = "";
  let isDone = false;
  const stdout = child.stdout.cancel();
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    const match = mark.exec(stderr);
    if (match === null || isDone) continue;
    isDone = true;
    await act(match, child);
  }
  await stdout;
  const { code } = await child.status;
  await child.stdin.close().catch(() => {/* gone with the program */});
  return { code, stderr };
}

Deno.test("if device codes are disabled the login continues in the browser, and names the setting", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => new Response(null, { status: 404 }));
  const { code, stderr } = await loginAt(
    authority.base,
    home,
    ["--device"],
    /[?&]redirect_uri=(\S+?)&\S*&state=([^&]+)&\S+\n/,
    async ([, redirect = "", state = ""]) => {
      const url = `${decodeURIComponent(redirect)}?state=${state}&error=access_denied`;
      await (await fetch(url)).text();
    },
  );
  assertEquals(code, 4, stderr);
  assertIncludes(stderr, "security settings");
  assertIncludes(stderr, "Continuing with a browser");
  assertIncludes(stderr, "The authorization server did not grant the login: access_denied");
});

Deno.test("Ctrl-C ends a login immediately with 130, and the previous login is kept", async () => {
  await using home = new TestHome();
  const stored = loginText({ access: "former" });
  home.store(stored);
  await using authority = new TestAuthority(() => new Response(null, { status: 404 }));
  const { code, stderr } = await loginAt(
    authority.base,
    home,
    [],
    /oauth\/authorize/,
    (_, child) => child.kill("SIGINT"),
  );
  assertEquals([code, home.text()], [130, stored], stderr);
});
