/** A home whose login is not in a file, an API, a keyring, and programs that use all of them. */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { MOCK_ACCOUNT } from "../../lib/mock/oauth/tokens.ts";
import { TestHome } from "../auth/kit.ts";
import { assertEquals } from "../support/assert.ts";
import { culvert, type CulvertRun } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { startKeyring, type TestKeyring } from "./peers/keyring.ts";
import { askCodex, runCodex } from "./codex.ts";

/** Time limit of a program, ms: reading the encrypted file of the codex client takes seconds. */
const LIMIT_MS = 120_000;

/** The settings of logins in the `config.toml` of a home. */
export interface Storage {
  readonly store: "file" | "keyring" | "auto" | "ephemeral";
  readonly inSecrets?: boolean;
}

/** The home, the API and the keyring of one login. */
export class KeyringRig implements AsyncDisposable {
  readonly home = new TestHome();
  readonly api: MockApi;
  readonly keyring: TestKeyring;
  readonly env: Readonly<Record<string, string>>;

  private constructor(api: MockApi, keyring: TestKeyring, storage: Storage) {
    this.api = api;
    this.keyring = keyring;
    const ca = join(this.home.path, "ca.pem");
    Deno.writeTextFileSync(ca, api.authority.certificate);
    this.configure(storage);
    this.env = {
      ...keyring.env,
      CODEX_HOME: this.home.path,
      CODEX_CA_CERTIFICATE: ca,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
      CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/revoke`,
    };
  }

  static async start(storage: Storage): Promise<KeyringRig> {
    const [api, keyring] = await Promise.all([startMockApi(), startKeyring()]);
    return new KeyringRig(api, keyring, storage);
  }

  configure({ store, inSecrets }: Storage): void {
    const lines = [
      `cli_auth_credentials_store = "${store}"`,
      `openai_base_url = "${this.api.baseUrl}"`,
      // All other requests of the codex client go to a closed port.
      `chatgpt_base_url = "http://127.0.0.1:9/backend-api"`,
      `[features]`,
      `plugins = false`,
      ...(inSecrets === undefined ? [] : [`secret_auth_storage = ${inSecrets}`]),
      `[analytics]`,
      `enabled = false`,
      `[otel]`,
      `metrics_exporter = "none"`,
      "",
    ];
    Deno.writeTextFileSync(join(this.home.path, "config.toml"), lines.join("\n"));
  }

  async culvert(
    args: readonly string[],
    options: { readonly stdin?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<CulvertRun> {
    return await culvert(args, { ...options, env: { ...this.env, ...options.env }, limitMs: LIMIT_MS });
  }

  /** Signs in by device code, which needs no browser. */
  async login(): Promise<CulvertRun> {
    const run = await this.culvert(["auth", "login", "--device", "--issuer", this.api.origin, "--json"]);
    assertEquals(run.code, 0, run.stderr);
    return run;
  }

  /** Returns the output of `auth status --json`. */
  async status(): Promise<Record<string, unknown> & { source: { kind: string; name: string } }> {
    return JSON.parse((await this.culvert(["auth", "status", "--json"])).stdout);
  }

  async answers(): Promise<CulvertRun> {
    const run = await this.culvert(["respond", "--transport", "sse", "--json", "hello"]);
    assertEquals(run.code, 0, run.stdout + run.stderr);
    return run;
  }

  codex(args: readonly string[], stdin = ""): ReturnType<typeof runCodex> {
    return runCodex(args, { home: this.home.path, env: this.env, stdin });
  }

  async codexAnswers(): Promise<void> {
    const run = await askCodex({ home: this.home.path, env: this.env });
    assertEquals(run.code, 0, run.text);
  }

  /** Returns the record in the keyring. */
  async entry(): Promise<Record<string, unknown> & { tokens: Record<string, string> }> {
    return JSON.parse(await this.keyring.read("Codex Auth") ?? "null");
  }

  /** Stores a login that the API accepts in the keyring, in the format of the codex client. */
  async storeLogin(lifetimeMs: number, extra: Readonly<Record<string, unknown>> = {}): Promise<string> {
    const tokens = await this.api.oauth.issue(lifetimeMs);
    const account = await this.account();
    const record = {
      auth_mode: "chatgpt",
      OPENAI_API_KEY: null,
      tokens: { ...tokens, account_id: MOCK_ACCOUNT.accountId },
      last_refresh: new Date().toISOString(),
      ...extra,
    };
    await this.keyring.write("Codex Auth", account, JSON.stringify(record));
    return tokens.access_token;
  }

  /** Returns the account of the entry of this home. */
  async account(): Promise<string> {
    const path = new TextEncoder().encode(await Deno.realPath(this.home.path));
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", path));
    return `cli|${digest.toHex().slice(0, 16)}`;
  }

  /** Returns the names of the files in the home, without the other files of the codex client. */
  files(): readonly string[] {
    const names = [...Deno.readDirSync(this.home.path)].map(({ name }) => name);
    return names.filter((name) => /^(auth\.json|secrets|\.auth.*)$/.test(name)).toSorted();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.keyring[Symbol.asyncDispose]();
    await this.home[Symbol.asyncDispose]();
  }
}
