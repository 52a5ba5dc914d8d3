/** The real codex client with `--strict-config` and this program with the same `CODEX_HOME`. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { culvert } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { runCodex } from "./codex.ts";

/** All keys of this program that the codex client does not know. */
const OWN = {
  attestation: `[attestation]\ncommand = "true"\nargs = []\n`,
  "rollout_trace.root": `[rollout_trace]\nroot = "traces"\n`,
  "rollout_trace.keep_days": `[rollout_trace]\nkeep_days = 3\n`,
  "rollout_trace.keep_bytes": `[rollout_trace]\nkeep_bytes = 3\n`,
  "model_providers.gw.client_cert": `[model_providers.gw]\nname = "G"\nclient_cert = "c.pem"\n`,
  "model_providers.gw.client_key": `[model_providers.gw]\nname = "G"\nclient_key = "k.pem"\n`,
  "model_providers.gw.max_retry_after_ms": `[model_providers.gw]\nname = "G"\nmax_retry_after_ms = 5\n`,
};

/** Keys that both programs know. */
const SHARED = `model_verbosity = "low"
service_tier = "fast"
cli_auth_credentials_store = "file"
experimental_realtime_ws_base_url = "http://127.0.0.1:9/"
[features]
secret_auth_storage = true
[rollout_trace]
max_payload_bytes = 5000
max_bytes = 500000
[otel]
log_user_prompt = false
`;

const ASK = ["--strict-config", "exec", "--skip-git-repo-check", "--color", "never", "say hello"];

await testWith(
  ["codex"],
  "codex --strict-config starts beside a culvert.toml with every own key of culvert",
  async () => {
    await using api = await startMockApi({ plain: true, scenario: { text: "Here" } });
    const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-strict-" }));
    try {
      const provider = `[model_providers.gw]\nname = "G"\nbase_url = "${api.baseUrl}"\nenv_key = "GW_KEY"\n`;
      await Deno.writeTextFile(join(home, "config.toml"), `model_provider = "gw"\n${SHARED}${provider}`);
      await Deno.writeTextFile(
        join(home, "culvert.toml"),
        `[attestation]\ncommand = "true"\nargs = []\n` +
          `[rollout_trace]\nroot = "${join(home, "traces")}"\nkeep_days = 3\nkeep_bytes = 3000000\n` +
          `[model_providers.gw]\nmax_retry_after_ms = 5\n`,
      );
      const env = { CODEX_HOME: home, GW_KEY: "sk-any" };
      const codex = await runCodex(ASK, { home, env });
      assertEquals(codex.code, 0, codex.text);
      assertIncludes(codex.text, "Here");
      const own = await culvert(["respond", "--strict-config", "say hello"], { env, cwd: home });
      assertEquals([own.code, own.stdout], [0, "Here\n"], own.stderr);
      assertEquals([...Deno.readDirSync(join(home, "traces"))].length, 1);
    } finally {
      await Deno.remove(home, { recursive: true });
    }
  },
);

await testWith(
  ["codex"],
  "codex --strict-config refuses each own key of culvert in config.toml, and so does culvert",
  async () => {
    for (const [key, toml] of Object.entries(OWN)) {
      const home = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-strict-" }));
      try {
        await Deno.writeTextFile(join(home, "config.toml"), toml);
        const env = { CODEX_HOME: home };
        const codex = await runCodex(ASK, { home, env });
        assertIncludes(codex.text, `unknown configuration field \`${key}\``);
        const own = await culvert(["config", "--strict-config"], { env, cwd: home });
        assertEquals([own.code, own.stdout], [2, ""]);
        assertIncludes(own.stderr, `only culvert knows "${key}"`);
      } finally {
        await Deno.remove(home, { recursive: true });
      }
    }
  },
);
