import { join } from "../support/paths.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { DEFAULT_MODEL, loadSettings } from "../../lib/config/load_settings.ts";
import type { Settings } from "../../lib/config/settings.ts";
import { CulvertError } from "../../lib/errors.ts";
import {
  BASES,
  LAYERS,
  REFUSED,
  SECRETIVE,
  type SettingsCase,
  STORAGES,
  UNKNOWN_KEYS,
} from "./settings_cases.ts";

/** Loads settings from a CODEX_HOME made for the case. */
async function load(given: SettingsCase): Promise<Settings> {
  const home = await Deno.makeTempDir({ prefix: "culvert-config-" });
  try {
    if (given.toml !== undefined) await Deno.writeTextFile(join(home, "config.toml"), given.toml);
    const env: Readonly<Record<string, string>> = { CODEX_HOME: home, ...given.env };
    return await loadSettings(given.flags ?? {}, {
      env: (name) => env[name],
      cwd: () => "/work-dir",
      home: () => home,
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function failure(given: SettingsCase): Promise<CulvertError> {
  try {
    await load(given);
  } catch (error) {
    assert(error instanceof CulvertError, `not of the family: ${error}`);
    return error;
  }
  throw new Error("Expected loading to fail");
}

Deno.test("without any configuration the built-in openai provider and the default model are used", async () => {
  const settings = await load({});
  assertEquals(settings.provider.id, "openai");
  assertEquals(settings.provider.name, "OpenAI");
  assertEquals(settings.provider.supportsWebsockets, true);
  assertEquals(settings.provider.requiresOpenAiAuth, true);
  assertEquals(settings.provider.baseUrl, undefined);
  assertEquals(settings.model, DEFAULT_MODEL);
  assertEquals(settings.transport, "auto");
  assert(Object.isFrozen(settings));
});

for (const [name, given, expected] of LAYERS) {
  Deno.test(`of the layers that name a model, ${name}`, async () => {
    assertEquals((await load(given)).model, expected);
  });
}

Deno.test("--base-url without --provider selects a plain provider with the SSE transport", async () => {
  const { provider } = await load({ flags: { baseUrl: "http://127.0.0.1:9/v1" } });
  assertEquals(provider.supportsWebsockets, false);
  assertEquals(provider.requiresOpenAiAuth, false);
});

Deno.test("--base-url with a provider changes only the address of that provider", async () => {
  const { provider } = await load({ flags: { provider: "openai", baseUrl: "https://gateway.test/v1" } });
  assertEquals(provider.supportsWebsockets, true);
});

for (const [name, given, expected] of BASES) {
  Deno.test(`the address is decided by ${name}`, async () => {
    assertEquals((await load(given)).provider.baseUrl, expected);
  });
}

Deno.test("organization and project of the built-in provider are read from the environment, and blank values are ignored", async () => {
  const { provider } = await load({ env: { OPENAI_ORGANIZATION: "org-1", OPENAI_PROJECT: "  " } });
  assertEquals(provider.headers, { "OpenAI-Organization": "org-1" });
});

Deno.test("every field of a provider table reaches the provider, and retries are limited", async () => {
  const { provider } = await load({
    env: { GW_KEY_HEADER: "from-env", BLANK: " " },
    toml: `
      model_provider = "gw"
      [model_providers.gw]
      name = "Gateway"
      base_url = "https://gw.test/v1"
      env_key = "GW_KEY"
      env_key_instructions = "Ask the desk."
      wire_api = "responses"
      query_params = { api-version = "2026-01-01" }
      http_headers = { X-Static = "one", "X-Both" = "static", "bad name" = "dropped" }
      env_http_headers = { X-Both = "GW_KEY_HEADER", X-Blank = "BLANK" }
      request_max_retries = 1000
      stream_max_retries = 0
      stream_idle_timeout_ms = 1234
      websocket_connect_timeout_ms = 99
      supports_websockets = true
    `,
  });
  assertEquals(provider, {
    id: "gw",
    name: "Gateway",
    baseUrl: "https://gw.test/v1",
    envKey: "GW_KEY",
    envKeyInstructions: "Ask the desk.",
    queryParams: { "api-version": "2026-01-01" },
    headers: { "X-Static": "one", "X-Both": "from-env" },
    requestMaxRetries: 100,
    streamMaxRetries: 0,
    streamIdleTimeoutMs: 1234,
    websocketConnectTimeoutMs: 99,
    requiresOpenAiAuth: false,
    supportsWebsockets: true,
    unsetHeaderVariables: ["BLANK"],
  });
});

Deno.test("a provider's command gets its default values, and its directory is made absolute", async () => {
  const { provider } = await load({
    toml:
      `model_provider = "c"\n[model_providers.c]\nbase_url = "https://c.test"\n[model_providers.c.auth]\ncommand = "token"\ncwd = "bin"`,
  });
  assertEquals(provider.commandAuth, {
    command: "token",
    args: [],
    timeoutMs: 5000,
    refreshIntervalMs: 300_000,
    cwd: "/work-dir/bin",
  });
});

for (const [name, given, expected] of STORAGES) {
  Deno.test(`where logins are kept, with ${name}`, async () => {
    const { loginStorage, warnings } = await load(given);
    assertEquals([loginStorage, warnings], [expected, []]);
  });
}

for (const [name, given, parts] of REFUSED) {
  Deno.test(`the configuration refuses ${name}`, async () => {
    const error = await failure(given);
    assertEquals(error.code, "config");
    assertEquals(error.exitStatus, 2);
    for (const part of parts) assertIncludes(`${error.message}\n${error.hint}`, part);
  });
}

for (const [name, given] of SECRETIVE) {
  Deno.test(`the configuration refuses ${name} without repeating it`, async () => {
    const error = await failure(given);
    assertExcludes(`${error.message}${error.hint}${JSON.stringify(error.details)}`, "hunter2");
  });
}

Deno.test("each unknown key causes a warning, and keys of the codex client cause none", async () => {
  const all = (await load({ toml: UNKNOWN_KEYS.toml })).warnings;
  const warnings = all.filter(({ code }) => code === "config_unknown_key");
  assertEquals(warnings.length, UNKNOWN_KEYS.keys.length);
  const said = warnings.map(({ message }) => message).join("\n");
  for (const key of UNKNOWN_KEYS.keys) assertIncludes(said, `"${key}"`);
});

Deno.test("with strictConfig unknown keys cause an error that names them all", async () => {
  const error = await failure({ toml: UNKNOWN_KEYS.toml, flags: { strictConfig: true } });
  for (const key of UNKNOWN_KEYS.keys) assertIncludes(error.message, key);
});
