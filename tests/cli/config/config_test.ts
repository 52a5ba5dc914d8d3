/** `culvert config`, as a process. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-cli-config-" }));
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

interface Given {
  readonly files?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

async function config(
  { files = {}, env = {}, args = [] }: Given,
): Promise<CulvertRun & { readonly home: string }> {
  const home = await Deno.makeTempDir({ dir: directory });
  for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(home, name), text);
  return { home, ...await culvert(["config", ...args], { env: { CODEX_HOME: home, ...env }, cwd: home }) };
}

interface Row {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
}

function row(run: CulvertRun, key: string): readonly [unknown, string] | undefined {
  const found: Row | undefined = JSON.parse(run.stdout).settings.find((each: Row) => each.key === key);
  return found === undefined ? undefined : [found.value, found.source];
}

Deno.test("config names the source of each setting: flag, variable, .env, -C, profile, config.toml, default", async () => {
  const run = await config({
    files: {
      "config.toml": `model_verbosity = "low"\nservice_tier = "flex"\nchatgpt_base_url = "https://top.test"`,
      "work.config.toml": `service_tier = "priority"`,
      ".env": `HTTPS_PROXY=http://user:hunter22@proxy.test:3128\n`,
    },
    env: { OPENAI_BASE_URL: "https://gw.test/v1", CULVERT_CLIENT_CERT: "c.pem", CULVERT_CLIENT_KEY: "k.pem" },
    args: ["--json", "--profile", "work", "--model", "typed", "-C", "chatgpt_base_url=https://call.test"],
  });
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals(row(run, "model"), ["typed", "--model"]);
  assertEquals(row(run, "base_url"), ["https://gw.test/v1", "OPENAI_BASE_URL"]);
  assertEquals(row(run, "HTTPS_PROXY"), ["http://***@proxy.test:3128", `HTTPS_PROXY of ${run.home}/.env`]);
  assertEquals(row(run, "chatgpt_base_url"), ["https://call.test", "-C"]);
  assertEquals(row(run, "service_tier"), ["priority", `${run.home}/work.config.toml`]);
  assertEquals(row(run, "model_verbosity"), ["low", `${run.home}/config.toml`]);
  assertEquals(row(run, "model_provider"), ["openai", "default"]);
  assertEquals(row(run, "client_cert"), [`${run.home}/c.pem`, "CULVERT_CLIENT_CERT"]);
  assertEquals(row(run, "profile"), ["work", "--profile"]);
});

Deno.test("config prints one line per setting, and no key, password or header value", async () => {
  const run = await config({
    files: {
      "config.toml": `model_provider = "gw"\n[model_providers.gw]\nbase_url = "https://gw.test/v1"\n` +
        `experimental_bearer_token = "hunter22-token"\nhttp_headers = { X-Team = "hunter22-header", X-Api-Key = "h22" }\n` +
        `query_params = { api-version = "2026-01-01", sig = "hunter22-query" }`,
    },
    env: { CULVERT_API_KEY: "hunter22-key", HTTPS_PROXY: "http://u:hunter22-proxy@h:1" },
  });
  assertEquals(run.code, 0);
  for (const text of [run.stdout, run.stderr]) assertExcludes(text, "hunter22");
  assertExcludes(run.stdout, "h22");
  assertIncludes(run.stdout, `# ${run.home}/config.toml\n`);
  assertIncludes(run.stdout, "query_params.api-version");
  assertIncludes(run.stdout, "2026-01-01");
});

Deno.test("config refuses an invalid -C with exit code 2", async () => {
  const run = await config({ args: ["-C", "nonsense"] });
  assertEquals([run.code, run.stdout], [2, ""]);
  assertIncludes(run.stderr, "-C needs KEY=VALUE");
});

Deno.test("config -v reports what .env sets and where the environment differs", async () => {
  const run = await config({
    files: { ".env": "HTTPS_PROXY=http://a:1\nCODEX_API_KEY=k\n" },
    env: { HTTPS_PROXY: "http://b:1" },
    args: ["-v"],
  });
  assertIncludes(run.stderr, `${run.home}/.env sets HTTPS_PROXY`);
  assertIncludes(run.stderr, "HTTPS_PROXY has one value in the environment and another in");
  assertIncludes(run.stderr, "CODEX_API_KEY ignored");
});

Deno.test("config of the provider demo names the simulated network and no variable that it ignores", async () => {
  const env = {
    HTTPS_PROXY: "http://proxy.test:3128",
    SSL_CERT_FILE: "corp.pem",
    OPENAI_BASE_URL: "https://gw.test",
  };
  const run = await config({ env, args: ["--json", "--provider", "demo", "--ca-cert", "given.pem"] });
  assertEquals(run.code, 0, run.stderr);
  assertEquals(row(run, "base_url"), ["in the simulated network", "default"]);
  assertEquals(row(run, "HTTPS_PROXY"), undefined);
  assertEquals(row(run, "ca_bundle")?.[1], "--ca-cert");
});

Deno.test("config names the file of each key: config.toml, or culvert.toml, which the codex client does not read", async () => {
  const run = await config({
    files: {
      "config.toml": `model_provider = "gw"\n[model_providers.gw]\nbase_url = "https://gw.test/v1"\n` +
        `request_max_retries = 1\n[rollout_trace]\nmax_bytes = 5000`,
      "culvert.toml":
        `[model_providers.gw]\nmax_retry_after_ms = 9\n[rollout_trace]\nroot = "/traces"\nkeep_days = 3\n` +
        `[attestation]\ncommand = "attest"`,
    },
    args: ["--json", "--strict-config"],
  });
  assertEquals([run.code, run.stderr], [0, ""]);
  const [shared, own] = [`${run.home}/config.toml`, `${run.home}/culvert.toml`];
  assertEquals(row(run, "request_max_retries"), [1, shared]);
  assertEquals(row(run, "stream_max_retries")?.[1], "default");
  assertEquals(row(run, "max_retry_after_ms"), [9, own]);
  assertEquals(row(run, "rollout_trace.root"), ["/traces", own]);
  assertEquals(row(run, "rollout_trace.keep_days"), [3, own]);
  assertEquals(row(run, "rollout_trace.max_bytes"), [5000, shared]);
  assertEquals(row(run, "attestation.command"), ["attest", own]);
  const { config_file, own_config_file } = JSON.parse(run.stdout);
  assertEquals([config_file, own_config_file], [shared, own]);
});

Deno.test("config prints lines of at most 80 columns, except for a longer value", async () => {
  const run = await config({
    files: {
      "config.toml": `model_provider = "gw"\n[model_providers.gw]\nbase_url = "https://gw.test/v1"\n` +
        `request_max_retries = 1\nsupports_websockets = true\n`,
    },
    env: {
      NODE_EXTRA_CA_CERTS: "/etc/ssl/certs/a-file-with-a-long-name.crt",
      SSL_CERT_DIR: "/etc/ssl/certs",
    },
  });
  assertEquals(run.code, 0, run.stderr);
  const lines = run.stdout.trimEnd().split("\n").filter((line) => !line.startsWith("#"));
  assertEquals(lines.filter((line) => line.length > 80 && !line.includes(run.home)), []);
  assertIncludes(run.stdout, "in config.toml\n");
  assertIncludes(run.stdout, " NODE_EXTRA_CA_CERTS\n");
});
