/** Every configuration of the table, in force in `culvert respond --dry-run`, or refused by it. */
import type { SharedFlags } from "../../../lib/config/settings.ts";
import {
  BASES,
  LAYERS,
  REFUSED,
  SECRETIVE,
  type SettingsCase,
  UNKNOWN_KEYS,
} from "../../config/settings_cases.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const directory = await Deno.makeTempDir({ prefix: "culvert-config-" });
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

/** How the flags of the table are typed. */
const TYPED = {
  model: "--model",
  profile: "--profile",
  provider: "--provider",
  baseUrl: "--base-url",
  strictConfig: "--strict-config",
  clientCert: "--client-cert",
  clientKey: "--client-key",
  overrides: "-C",
} as const satisfies Partial<Record<keyof SharedFlags, string>>;

function words(flags: SharedFlags): readonly string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    const typed = Object.entries(TYPED).find(([flag]) => flag === name)?.[1];
    if (typed === undefined) throw new Error(`How is ${name} typed?`);
    if (value === true) return [typed];
    return [value].flat().flatMap((each) => [typed, String(each)]);
  });
}

async function dryRun(given: SettingsCase): Promise<CulvertRun> {
  const home = await Deno.makeTempDir({ dir: directory });
  if (given.toml !== undefined) await Deno.writeTextFile(join(home, "config.toml"), given.toml);
  return await culvert(["respond", "--dry-run", "--json", ...words(given.flags ?? {}), "hi"], {
    env: { CODEX_HOME: home, CULVERT_API_KEY: "sk-planted-key", ...given.env },
  });
}

/** The request of a run that says nothing else. */
async function request(given: SettingsCase): Promise<Preview> {
  const run = await dryRun(given);
  assertEquals([run.code, run.stderr], [0, ""]);
  assertExcludes(run.stdout, "sk-planted-key");
  return JSON.parse(run.stdout);
}

/** The part that these tests read. */
interface Preview {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The error of a run that is refused, told once for people and once for programs. */
async function refusal(given: SettingsCase): Promise<CulvertRun & { readonly text: string }> {
  const run = await dryRun(given);
  const { type, exit_code, error } = JSON.parse(run.stdout);
  assertEquals([run.code, type, exit_code, error.code], [2, "culvert.result", 2, "config"], run.stderr);
  assertEquals(run.stderr.match(/^culvert: /gm)?.length, 1, run.stderr);
  assertIncludes(run.stderr, error.message);
  return { ...run, text: `${error.message}\n${error.hint}` };
}

for (const [name, given, expected] of LAYERS) {
  Deno.test(`respond requests the model ${expected}: ${name}`, async () => {
    assertEquals((await request(given)).body["model"], expected);
  });
}

for (const [name, given, expected] of BASES) {
  const base = expected ?? "https://api.openai.com/v1";
  Deno.test(`respond sends to ${base}, decided by ${name}`, async () => {
    assertEquals((await request(given)).url, `${base}/responses`);
  });
}

for (const [name, given, parts] of REFUSED) {
  Deno.test(`respond exits 2 for ${name}`, async () => {
    const { text } = await refusal(given);
    for (const part of parts) assertIncludes(text, part);
  });
}

for (const [name, given] of SECRETIVE) {
  Deno.test(`respond exits 2 for ${name}, without repeating the value`, async () => {
    const { stdout, stderr } = await refusal(given);
    assertExcludes(stdout + stderr, "hunter2");
  });
}

Deno.test("respond warns once about each unknown key on stderr, and continues", async () => {
  const run = await dryRun({ toml: UNKNOWN_KEYS.toml });
  assertEquals([run.code, JSON.parse(run.stdout).type], [0, "culvert.request"]);
  // The tables with the misspelled keys cause a warning of their own: they belong in culvert.toml.
  const lines = run.stderr.trimEnd().split("\n").filter((line) => line.includes("unknown key"));
  assertEquals(lines.length, UNKNOWN_KEYS.keys.length, run.stderr);
  for (const [at, key] of UNKNOWN_KEYS.keys.entries()) {
    assertIncludes(lines[at] ?? "", "culvert: warning: ");
    assertIncludes(run.stderr, `"${key}"`);
  }
});

Deno.test("respond exits 2 for unknown keys with --strict-config, and names them all", async () => {
  const { text } = await refusal({ toml: UNKNOWN_KEYS.toml, flags: { strictConfig: true } });
  for (const key of UNKNOWN_KEYS.keys) assertIncludes(text, key);
});

Deno.test("respond sends a provider's headers and parameters, and shows none of their values", async () => {
  const { url, headers } = await request({
    env: { GW_HEADER: "secret-of-env", BLANK: " " },
    toml: `
      model_provider = "gw"
      [model_providers.gw]
      base_url = "https://gw.test/v1"
      query_params = { api-version = "secret-of-query" }
      http_headers = { X-Static = "secret-of-file", "bad name" = "dropped" }
      env_http_headers = { X-Env = "GW_HEADER", X-Blank = "BLANK", X-Unset = "NOT_SET" }
    `,
  });
  assertEquals(url, "https://gw.test/v1/responses?api-version=***");
  assertEquals([headers["X-Static"], headers["X-Env"]], ["***", "***"]);
  for (const name of ["bad name", "X-Blank", "X-Unset"]) assertEquals(headers[name], undefined);
  assertExcludes(JSON.stringify(headers), "secret");
});

Deno.test("respond sends organization and project to the built-in provider, and ignores blank values", async () => {
  const { headers } = await request({ env: { OPENAI_ORGANIZATION: "org-1", OPENAI_PROJECT: "  " } });
  assertEquals([headers["OpenAI-Organization"], headers["OpenAI-Project"]], ["***", undefined]);
});

const EFFORT = `model_reasoning_effort = "low"\nprofile = "p"\n[profiles.p]\nmodel_reasoning_effort = "high"`;
Deno.test("respond reads reasoning, verbosity and tier of the request from a profile", async () => {
  const { body } = await request({
    toml: `${EFFORT}\nmodel_reasoning_summary = "concise"\nmodel_verbosity = "low"\nservice_tier = "flex"`,
  });
  assertEquals(body["reasoning"], { effort: "high", summary: "concise" });
  assertEquals(body["text"], { verbosity: "low" });
  assertEquals(body["service_tier"], "flex");
});

Deno.test("with --reasoning respond ignores the value of a profile", async () => {
  const home = await Deno.makeTempDir({ dir: directory });
  await Deno.writeTextFile(join(home, "config.toml"), EFFORT);
  const run = await culvert(["respond", "--dry-run", "--json", "--reasoning", "minimal", "hi"], {
    env: { CODEX_HOME: home },
  });
  assertEquals(JSON.parse(run.stdout).body.reasoning, { effort: "minimal" });
});

Deno.test("respond requests a likely model from a local provider, unless another one is named", async () => {
  const model = async (...args: readonly string[]) => {
    const run = await culvert(["respond", "--dry-run", "--json", ...args, "hi"]);
    return JSON.parse(run.stdout).body.model;
  };
  assertEquals(await model("--provider", "ollama"), "gpt-oss:20b");
  assertEquals(await model("--provider", "lmstudio"), "openai/gpt-oss-20b");
  assertEquals(await model("--provider", "ollama", "-m", "qwen3"), "qwen3");
});
