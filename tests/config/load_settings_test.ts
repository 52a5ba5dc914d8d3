import { join } from "../support/paths.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { DEFAULT_MODEL, loadSettings } from "../../lib/config/load_settings.ts";
import type { Settings, SharedFlags } from "../../lib/config/settings.ts";
import { CulvertError } from "../../lib/errors.ts";

interface Case {
  readonly toml?: string;
  readonly flags?: SharedFlags;
  readonly env?: Readonly<Record<string, string>>;
}

/** Loads settings from a CODEX_HOME made for the case. */
async function load(given: Case): Promise<Settings> {
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

async function failure(given: Case): Promise<CulvertError> {
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

const LAYERS: readonly (readonly [string, Case, string])[] = [
  ["the top level beats the default", { toml: `model = "top"` }, "top"],
  [
    "a profile beats the top level",
    { toml: `model = "top"\nprofile = "p"\n[profiles.p]\nmodel = "prof"` },
    "prof",
  ],
  ["--profile beats the profile key", {
    toml: `profile = "p"\n[profiles.p]\nmodel = "p-model"\n[profiles.q]\nmodel = "q-model"`,
    flags: { profile: "q" },
  }, "q-model"],
  ["a flag beats everything", {
    toml: `model = "top"\nprofile = "p"\n[profiles.p]\nmodel = "prof"`,
    flags: { model: "flag" },
  }, "flag"],
  ["an empty value counts as none", { toml: `model = ""`, flags: { model: "" } }, DEFAULT_MODEL],
];
for (const [name, given, expected] of LAYERS) {
  Deno.test(`of the layers that name a model, ${name}`, async () => {
    assertEquals((await load(given)).model, expected);
  });
}

Deno.test("--base-url alone means a plain provider that speaks SSE", async () => {
  const { provider } = await load({ flags: { baseUrl: "http://127.0.0.1:9/v1" } });
  assertEquals(provider.baseUrl, "http://127.0.0.1:9/v1");
  assertEquals(provider.supportsWebsockets, false);
  assertEquals(provider.requiresOpenAiAuth, false);
});

Deno.test("--base-url with a provider changes that provider's address only", async () => {
  const { provider } = await load({ flags: { provider: "openai", baseUrl: "https://gateway.test/v1" } });
  assertEquals(provider.baseUrl, "https://gateway.test/v1");
  assertEquals(provider.supportsWebsockets, true);
});

Deno.test("openai_base_url moves the built-in provider, and OPENAI_BASE_URL does not", async () => {
  const moved = await load({
    toml: `openai_base_url = "https://gw.test/v1"`,
    env: { OPENAI_BASE_URL: "https://no.test" },
  });
  assertEquals(moved.provider.baseUrl, "https://gw.test/v1");
  const ignored = await load({ env: { OPENAI_BASE_URL: "https://no.test" } });
  assertEquals(ignored.provider.baseUrl, undefined);
});

Deno.test("organization and project reach the built-in provider from the environment, blank ones do not", async () => {
  const { provider } = await load({ env: { OPENAI_ORGANIZATION: "org-1", OPENAI_PROJECT: "  " } });
  assertEquals(provider.headers, { "OpenAI-Organization": "org-1" });
});

const LOCAL: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ["ollama", {}, "http://localhost:11434/v1"],
  ["lmstudio", {}, "http://localhost:1234/v1"],
  ["ollama", { CODEX_OSS_PORT: "9999" }, "http://localhost:9999/v1"],
  ["ollama", { CODEX_OSS_BASE_URL: "http://gpu.test/v1" }, "http://gpu.test/v1"],
];
for (const [provider, env, expected] of LOCAL) {
  Deno.test(`the local provider ${provider} with ${JSON.stringify(env)} is at ${expected}`, async () => {
    assertEquals((await load({ flags: { provider }, env })).provider.baseUrl, expected);
  });
}

Deno.test("every field of a provider table reaches the provider, and retries are capped", async () => {
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
  });
});

Deno.test("a provider's command takes its defaults, and its directory is made absolute", async () => {
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

const REFUSED: readonly (readonly [string, Case, readonly string[]])[] = [
  ["wire_api chat, with a pointer to the remedy", {
    toml: `model_provider = "x"\n[model_providers.x]\nbase_url = "http://x.test"\nwire_api = "chat"`,
  }, ['wire_api = "chat"', "chat completions"]],
  ["aws with websockets, before anything else", {
    toml:
      `model_provider = "x"\n[model_providers.x]\nenv_key = "K"\nsupports_websockets = true\n[model_providers.x.aws]\nregion = "r"`,
  }, ["aws and supports_websockets"]],
  ["aws with other credentials, all of them named", {
    toml:
      `model_provider = "x"\n[model_providers.x]\nenv_key = "K"\nrequires_openai_auth = true\n[model_providers.x.aws]\nregion = "r"`,
  }, ["aws excludes env_key, requires_openai_auth"]],
  ["a command beside a key", {
    toml: `model_provider = "x"\n[model_providers.x]\nenv_key = "K"\n[model_providers.x.auth]\ncommand = "c"`,
  }, ["auth excludes env_key"]],
  ["a blank command", {
    toml: `model_provider = "x"\n[model_providers.x.auth]\ncommand = " "`,
  }, ["model_providers.x.auth.command", "blank"]],
  ["a redefined built-in provider", { toml: `[model_providers.openai]\nbase_url = "https://x.test"` }, [
    "[model_providers.openai]",
    "openai_base_url",
  ]],
  ["an unknown provider, naming those there are", { flags: { provider: "nope" } }, ['"nope"', "openai"]],
  [
    "an unknown profile, naming those there are",
    { toml: `[profiles.a]\nmodel="m"`, flags: { profile: "b" } },
    ['"b"', "a"],
  ],
  ["a value of the wrong kind, by its key", { toml: `model = 3` }, ["model", "config.toml"]],
  ["text that is not TOML, by its line", { toml: `model = "a"\n= = =` }, ["line 2", "config.toml"]],
  ["a base URL that is none", { flags: { baseUrl: "api.test/v1" } }, [
    "--base-url",
    "api.test/v1",
    "https://",
  ]],
  ["a CODEX_HOME that is no directory", { env: { CODEX_HOME: "/nonexistent-culvert" } }, [
    "CODEX_HOME",
    "/nonexistent-culvert",
  ]],
];
for (const [name, given, parts] of REFUSED) {
  Deno.test(`the configuration refuses ${name}`, async () => {
    const error = await failure(given);
    assertEquals(error.code, "config");
    assertEquals(error.exitStatus, 2);
    for (const part of parts) assertIncludes(`${error.message}\n${error.hint}`, part);
  });
}

Deno.test("credentials in a base URL are refused, and neither they nor a query are repeated", async () => {
  for (const baseUrl of ["https://user:hunter2@api.test/v1", "api.test/v1?key=hunter2"]) {
    const error = await failure({ flags: { baseUrl } });
    assert(!`${error.message}${error.hint}${JSON.stringify(error.details)}`.includes("hunter2"));
  }
});

Deno.test("a line that is not TOML is not repeated, because it may hold a token", async () => {
  const error = await failure({
    toml: `[model_providers.x]\nexperimental_bearer_token = "sk-planted-secret`,
  });
  assert(!`${error.message}${error.hint}${JSON.stringify(error.details)}`.includes("sk-planted-secret"));
});

const UNKNOWN =
  `modle = "typo"\napproval_policy = "never"\n[profiles.p]\nspeed = 1\n[model_providers.x]\nbase_ulr = "y"`;

Deno.test("unknown keys bring a warning each, keys of the codex client none", async () => {
  const { warnings } = await load({ toml: UNKNOWN });
  assertEquals(warnings.map(({ code }) => code), [
    "config_unknown_key",
    "config_unknown_key",
    "config_unknown_key",
  ]);
  for (const key of ["modle", "profiles.p.speed", "model_providers.x.base_ulr"]) {
    assertIncludes(warnings.map(({ message }) => message).join("\n"), `"${key}"`);
  }
});

Deno.test("with strictConfig unknown keys are an error that names them all", async () => {
  const error = await failure({ toml: UNKNOWN, flags: { strictConfig: true } });
  for (const key of ["modle", "profiles.p.speed", "model_providers.x.base_ulr"]) {
    assertIncludes(error.message, key);
  }
});
