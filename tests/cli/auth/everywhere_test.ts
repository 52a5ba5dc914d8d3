import { startNetwork } from "../../../lib/mock/network.ts";
import { unauthorized } from "../../../lib/mock/api/refusals.ts";
import { MOCK_ACCOUNT } from "../../../lib/mock/oauth/tokens.ts";
import type { MockApiOptions } from "../../../lib/mock/api/api.ts";
import type { Network } from "../../../lib/mock/network.ts";
import { TestHome } from "../../auth/kit.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";

const ISSUER = "https://api.culvert.test";

/** A simulated network, a home with a login of it, and the environment to reach it. */
class Rig implements AsyncDisposable {
  readonly network: Network;
  readonly home: TestHome;
  readonly env: Record<string, string>;
  readonly token: string;

  private constructor(network: Network, home: TestHome, token: string) {
    this.network = network;
    this.home = home;
    this.token = token;
    this.env = {
      HTTPS_PROXY: network.proxyUrl,
      CODEX_CA_CERTIFICATE: network.bundlePath,
      CODEX_HOME: home.path,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${ISSUER}/oauth/token`,
    };
  }

  static async start(lifetimeMs: number, api: MockApiOptions = {}): Promise<Rig> {
    const network = await startNetwork({ api });
    const home = new TestHome();
    const tokens = await network.api.oauth.issue(lifetimeMs);
    Deno.writeTextFileSync(`${home.path}/config.toml`, `openai_base_url = "${ISSUER}/v1"\n`);
    home.store(JSON.stringify({
      auth_mode: "chatgpt",
      tokens: { ...tokens, account_id: MOCK_ACCOUNT.accountId },
      last_refresh: new Date().toISOString(),
    }));
    return new Rig(network, home, tokens.access_token);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.network.close();
    await this.home[Symbol.asyncDispose]();
  }
}

Deno.test("after a 401 on the handshake of the websocket the turn recovers and continues over the websocket", async () => {
  await using rig = await Rig.start(3_600_000);
  const { network } = rig;
  network.api.oauth.rejectAccessToken(rig.token);
  const run = await culvert(["respond", "--transport", "ws", "--json", "hello"], { env: rig.env });
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const events = jsonLines(run.stdout);
  const auth = events.filter((event) => event["type"] === "culvert.auth");
  assertEquals(auth.map((event) => [event["phase"], event["outcome"]]), [[
    "refresh_token",
    "recovery_succeeded",
  ]]);
  assert(auth[0]?.["request_id"] !== null, "the refused upgrade's request id is known");
  assertEquals(events.at(-1)?.["transport"], "websocket");
  assertEquals([network.api.oauth.refreshCount, network.api.handshakes()], [1, 2]);
});

Deno.test("after a 401 in a frame of the websocket the turn recovers on a new socket", async () => {
  await using rig = await Rig.start(3_600_000);
  const { network } = rig;
  network.api.enqueue({ refusal: unauthorized() });
  const run = await culvert(["respond", "--transport", "ws", "--json", "hello"], { env: rig.env });
  assertEquals(run.code, 0, run.stdout + run.stderr);
  const events = jsonLines(run.stdout);
  const auth = events.filter((event) => event["type"] === "culvert.auth");
  assertEquals(auth.map((event) => event["outcome"]), ["recovery_succeeded"]);
  assertEquals([events.at(-1)?.["transport"], network.api.oauth.refreshCount], ["websocket", 1]);
  const tokens = new Set(network.api.log.turns.map((turn) => turn.headers["authorization"]));
  assertEquals(tokens.size, 2);
});

Deno.test("a websocket that always answers 401 causes at most three handshakes and exits 4", async () => {
  await using rig = await Rig.start(3_600_000, { accepts: () => false });
  const run = await culvert(["respond", "--transport", "ws", "--json", "hello"], { env: rig.env });
  assertEquals(run.code, 4, run.stdout + run.stderr);
  assert(rig.network.api.handshakes() <= 3, String(rig.network.api.handshakes()));
  assertEquals(rig.network.api.oauth.refreshCount, 1);
});

Deno.test("fifty concurrent runs with one expired login make one refresh, and all get an answer", async () => {
  await using rig = await Rig.start(-60_000);
  const runs = await Promise.all(
    Array.from(
      { length: 50 },
      () => culvert(["respond", "--transport", "sse", "--json", "hello"], { env: rig.env, limitMs: 120_000 }),
    ),
  );
  for (const run of runs) assertEquals(run.code, 0, run.stdout + run.stderr);
  assertEquals(runs.filter((run) => jsonLines(run.stdout).at(-1)?.["status"] === "completed").length, 50);
  assertEquals(rig.network.api.oauth.refreshCount, 1);
  const sent = new Set(rig.network.api.log.turns.map((turn) => turn.headers["authorization"]));
  assertEquals([...sent], [`Bearer ${rig.home.json().tokens["access_token"]}`]);
});
