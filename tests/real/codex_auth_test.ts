/** One `auth.json` shared by two programs, culvert and the codex client (0.171.0). */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { TestHome } from "../auth/kit.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert, jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { askCodex, runCodex } from "./codex.ts";

/** A home, an API, and both programs configured for them. */
class Rig implements AsyncDisposable {
  readonly api: MockApi;
  readonly home = new TestHome();
  readonly env: Record<string, string>;

  private constructor(api: MockApi) {
    this.api = api;
    const ca = join(this.home.path, "ca.pem");
    Deno.writeTextFileSync(ca, api.authority.certificate);
    Deno.writeTextFileSync(
      join(this.home.path, "config.toml"),
      [
        `openai_base_url = "${api.baseUrl}"`,
        // All other requests of the codex client go to a closed port.
        `chatgpt_base_url = "http://127.0.0.1:9/backend-api"`,
        `[features]`,
        `plugins = false`,
        `[analytics]`,
        `enabled = false`,
        `[otel]`,
        `metrics_exporter = "none"`,
        "",
      ].join("\n"),
    );
    this.env = {
      CODEX_HOME: this.home.path,
      CODEX_CA_CERTIFICATE: ca,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
    };
  }

  static async start(): Promise<Rig> {
    return new Rig(await startMockApi());
  }

  /** Starts a server between both programs and the authorization server. */
  useAuthority(base: string): void {
    this.env["CODEX_REFRESH_TOKEN_URL_OVERRIDE"] = `${base}/oauth/token`;
  }

  codex(args: readonly string[], stdin = ""): ReturnType<typeof runCodex> {
    return runCodex(args, { home: this.home.path, env: this.env, stdin });
  }

  async codexAnswers(): Promise<void> {
    const run = await askCodex({ home: this.home.path, env: this.env });
    assertEquals(run.code, 0, run.text);
  }

  async culvertAnswers(): Promise<void> {
    const run = await culvert(["respond", "--transport", "sse", "--json", "hello"], { env: this.env });
    assertEquals(run.code, 0, run.stdout + run.stderr);
    assertEquals(jsonLines(run.stdout).at(-1)?.["status"], "completed");
  }

  /** Makes the API refuse the token that both programs have now. */
  expire(): string {
    const token = this.home.json().tokens["access_token"] ?? "";
    this.api.oauth.rejectAccessToken(token);
    return token;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.home[Symbol.asyncDispose]();
  }
}

await testWith(
  ["codex"],
  "the codex client signs in by device code, and culvert uses and renews that login",
  async () => {
    await using rig = await Rig.start();
    const login = await rig.codex(["login", "--device-auth", "--experimental_issuer", rig.api.origin]);
    assertEquals(login.code, 0, login.text);
    const status = await culvert(["auth", "status", "--json"], { env: rig.env });
    assertEquals(status.code, 0, status.stdout);
    await rig.culvertAnswers();
    const expired = rig.expire();
    const before = rig.api.oauth.refreshCount;
    await rig.culvertAnswers();
    assertEquals(rig.api.oauth.refreshCount, before + 1);
    assert(rig.home.json().tokens["access_token"] !== expired);
    const renewed = await rig.codex(["login", "status"]);
    assertEquals(renewed.code, 0, renewed.text);
    await rig.codexAnswers();
    assertEquals(rig.api.oauth.refreshCount, before + 1);
  },
);

await testWith(
  ["codex"],
  "culvert signs in by device code, and the codex client uses and renews that login",
  async () => {
    await using rig = await Rig.start();
    const login = await culvert(["auth", "login", "--device", "--issuer", rig.api.origin], { env: rig.env });
    assertEquals(login.code, 0, login.stderr);
    const status = await rig.codex(["login", "status"]);
    assertEquals(status.code, 0, status.text);
    assertIncludes(status.text, "ChatGPT");
    await rig.codexAnswers();
    rig.expire();
    const before = rig.api.oauth.refreshCount;
    await rig.codexAnswers();
    assertEquals(rig.api.oauth.refreshCount, before + 1);
    await rig.culvertAnswers();
    assertEquals(rig.api.oauth.refreshCount, before + 1);
  },
);

await testWith(["codex"], "an API key that one program stores is used by the other", async () => {
  await using rig = await Rig.start();
  const stored = await rig.codex(["login", "--with-api-key"], "sk-from-codex-0123456789\n");
  assertEquals(stored.code, 0, stored.text);
  const status = await culvert(["auth", "status", "--json"], { env: rig.env });
  assertEquals(JSON.parse(status.stdout).key, "sk-from-***56789");
  await rig.culvertAnswers();
  const replaced = await culvert(["auth", "login", "--api-key"], {
    env: rig.env,
    stdin: "sk-from-culvert-9876543210",
  });
  assertEquals(replaced.code, 0, replaced.stderr);
  assertIncludes((await rig.codex(["login", "status"])).text, "sk-from-***43210");
  await rig.codexAnswers();
});

await testWith(
  ["codex"],
  "culvert signs the codex client out, and keeps unknown fields of auth.json until then",
  async () => {
    await using rig = await Rig.start();
    const login = await rig.codex(["login", "--device-auth", "--experimental_issuer", rig.api.origin]);
    assertEquals(login.code, 0, login.text);
    const record = rig.home.json();
    rig.home.store(JSON.stringify({ ...record, future_key: { kept: true } }));
    const refresh = await culvert(["auth", "refresh"], { env: rig.env });
    assertEquals(refresh.code, 0, refresh.stderr);
    assertEquals(rig.home.json()["future_key"], { kept: true });
    const logout = await culvert(["auth", "logout"], { env: rig.env });
    assertEquals(logout.code, 0, logout.stderr);
    assertEquals(rig.api.oauth.revoked.length, 1);
    assertIncludes((await rig.codex(["login", "status"])).text, "Not logged in");
  },
);

await testWith(
  ["codex"],
  "four culvert processes and one codex client renew an expired login with one request of culvert",
  async () => {
    await using rig = await Rig.start();
    const login = await rig.codex(["login", "--device-auth", "--experimental_issuer", rig.api.origin]);
    assertEquals(login.code, 0, login.text);
    const programs: string[] = [];
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const routes = rig.api.oauth.routes();
    await using authority = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        programs.push((request.headers.get("user-agent") ?? "").split(/[_/]/)[0] ?? "");
        const reply = await routes.fetch(request);
        if (programs.length > 1) {
          second.resolve();
          return reply;
        }
        first.resolve();
        // Wait until the codex client has sent the same token, or long enough for it.
        let timer: ReturnType<typeof setTimeout> | undefined;
        const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, 15_000)));
        await Promise.race([second.promise, late]);
        clearTimeout(timer);
        return reply;
      },
    );
    rig.useAuthority(`http://127.0.0.1:${authority.addr.port}`);
    rig.expire();
    const ours = Array.from({ length: 4 }, () => rig.culvertAnswers());
    await first.promise;
    const theirs = askCodex({ home: rig.home.path, env: rig.env });
    await Promise.all(ours);
    await theirs;
    assertEquals(programs.filter((program) => program === "culvert").length, 1, programs.join());
    assertEquals(programs[0], "culvert");
    await rig.codexAnswers();
    await rig.culvertAnswers();
  },
);

await testWith(
  ["codex", "flock"],
  "a refresh of culvert waits for a lock of the codex client, and the codex client does not wait for a lock of culvert",
  async () => {
    await using rig = await Rig.start();
    const login = await rig.codex(["login", "--device-auth", "--experimental_issuer", rig.api.origin]);
    assertEquals(login.code, 0, login.text);
    for (const name of ["auth.lock", "auth.json.lock"]) {
      const path = join(rig.home.path, name);
      const released = join(rig.home.path, `released-${name}`);
      const holder = new Deno.Command("flock", {
        args: [path, "sh", "-c", `echo held; sleep 2; touch '${released}'`],
        stdout: "piped",
      }).spawn();
      const output = holder.stdout.getReader();
      await output.read();
      const refresh = await culvert(["auth", "refresh"], { env: rig.env });
      assertEquals(refresh.code, 0, refresh.stderr);
      assert(Deno.statSync(released).isFile);
      await Promise.all([holder.status, output.cancel()]);
    }
    const own = join(rig.home.path, "culvert-auth.lock");
    const holder = new Deno.Command("flock", { args: [own, "sleep", "60"] }).spawn();
    try {
      rig.expire();
      const before = rig.api.oauth.refreshCount;
      await rig.codexAnswers();
      assertEquals(rig.api.oauth.refreshCount, before + 1);
    } finally {
      holder.kill("SIGTERM");
      await holder.status;
    }
  },
);

await testWith(
  ["codex"],
  "a key in .env takes precedence over the environment, for the codex client and for culvert",
  async () => {
    await using api = await startMockApi({ plain: true });
    await using home = new TestHome();
    const table = [
      'model_provider = "gate"',
      'model = "gpt-test"',
      "[model_providers.gate]",
      'name = "gate"',
      `base_url = "${api.baseUrl}"`,
      'env_key = "GATE_KEY"',
      "[features]",
      "plugins = false",
      "[analytics]",
      "enabled = false",
    ];
    Deno.writeTextFileSync(join(home.path, "config.toml"), `${table.join("\n")}\n`);
    Deno.writeTextFileSync(join(home.path, ".env"), 'GATE_KEY="sk-from-env-file"\n');
    const env = { CODEX_HOME: home.path, GATE_KEY: "sk-from-environment" };
    const theirs = await askCodex({ home: home.path, env });
    assertEquals(theirs.code, 0, theirs.text);
    const count = api.log.turns.length;
    assert(count > 0);
    const ours = await culvert(["respond", "hello"], { env });
    assertEquals(ours.code, 0, ours.stderr);
    assert(api.log.turns.length > count);
    for (const { headers } of api.log.turns) {
      assertEquals(headers["authorization"], "Bearer sk-from-env-file");
    }
  },
);
