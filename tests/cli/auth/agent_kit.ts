/** A home with a ChatGPT login that an agent signs for, and the API and the authority that it uses. */
import { type MockApi, startMockApi } from "../../../lib/mock/api/api.ts";
import type { MockApiOptions } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import type { TokenSet } from "../../../lib/mock/oauth/oauth.ts";
import { TestHome } from "../../auth/kit.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

/** The setting that turns it on. */
export const POLICY = "[features]\nuse_agent_identity = true\n";

/** The agent in an `auth.json`. */
export interface StoredAgent {
  readonly agent_runtime_id: string;
  readonly agent_private_key: string;
  readonly task_id: string;
}

export class AgentRig implements AsyncDisposable {
  readonly api: MockApi;
  readonly home: TestHome;
  readonly env: Record<string, string>;
  readonly tokens: TokenSet;

  private constructor(api: MockApi, home: TestHome, tokens: TokenSet) {
    this.api = api;
    this.home = home;
    this.tokens = tokens;
    this.env = {
      CODEX_HOME: home.path,
      CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL: `${api.origin}/api/accounts`,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
    };
  }

  static async start(toml = POLICY, options: MockApiOptions = {}): Promise<AgentRig> {
    const api = await startMockApi({ plain: true, ...options });
    const home = new TestHome();
    Deno.writeTextFileSync(join(home.path, "config.toml"), `openai_base_url = "${api.baseUrl}"\n${toml}`);
    return new AgentRig(api, home, await writeLogin(home.path, api.oauth));
  }

  /** The requests to the authority, and its answers. */
  get asked(): readonly string[] {
    return this.api.oauth.agents.requests.map(({ kind, status }) => `${kind} ${status}`);
  }

  /** The scheme of each model request's authorization. */
  get schemes(): readonly string[] {
    return this.api.log.turns.map(({ headers }) => headers["authorization"]?.split(" ")[0] ?? "none");
  }

  get stored(): StoredAgent | undefined {
    return JSON.parse(this.home.text()).agent_identity;
  }

  /** The names in the home, sorted. */
  get files(): readonly string[] {
    return [...Deno.readDirSync(this.home.path)].map(({ name }) => name).toSorted();
  }

  respond(...args: readonly string[]): Promise<CulvertRun> {
    return culvert(["respond", "--transport", "sse", ...args, "hello"], { env: this.env });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.api.close();
    await this.home[Symbol.asyncDispose]();
  }
}

/** A refusal of the authority. */
export const refusal = (status: number) => ({ status, body: "" });
