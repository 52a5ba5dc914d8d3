/**
 * Configurations with their settings, and invalid configurations: one table for the tests of the loader and
 * of the program.
 */
import { DEFAULT_MODEL } from "../../lib/config/load_settings.ts";
import type { LoginStorage, SharedFlags } from "../../lib/config/settings.ts";

/** The flags, the content of `config.toml`, and the environment. */
export interface SettingsCase {
  readonly toml?: string;
  readonly flags?: SharedFlags;
  readonly env?: Readonly<Record<string, string>>;
}

/** Layers that name a model: name, layers, the resulting model. */
export const LAYERS: readonly (readonly [string, SettingsCase, string])[] = [
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
  ["the default is used if no model is configured", {}, DEFAULT_MODEL],
  ["an empty value counts as none", { toml: `model = ""`, flags: { model: "" } }, DEFAULT_MODEL],
];

/** Sources of the address: name, layers, the base URL; none if it depends on the kind of credential. */
export const BASES: readonly (readonly [string, SettingsCase, string | undefined])[] = [
  ["only --base-url", { flags: { baseUrl: "http://127.0.0.1:9/v1" } }, "http://127.0.0.1:9/v1"],
  [
    "--base-url over a built-in provider",
    { flags: { provider: "openai", baseUrl: "https://gateway.test/v1" } },
    "https://gateway.test/v1",
  ],
  [
    "--base-url over a provider's own base_url",
    {
      toml: `[model_providers.gw]\nbase_url = "https://gw.test/v1"`,
      flags: { provider: "gw", baseUrl: "https://other.test/v1" },
    },
    "https://other.test/v1",
  ],
  ["openai_base_url", { toml: `openai_base_url = "https://gw.test/v1"` }, "https://gw.test/v1"],
  [
    "openai_base_url of a profile",
    {
      toml:
        `openai_base_url = "https://top.test"\nprofile = "p"\n[profiles.p]\nopenai_base_url = "https://p.test"`,
    },
    "https://p.test",
  ],
  [
    "openai_base_url before OPENAI_BASE_URL",
    { toml: `openai_base_url = "https://gw.test/v1"`, env: { OPENAI_BASE_URL: "https://no.test" } },
    "https://gw.test/v1",
  ],
  ["OPENAI_BASE_URL", { env: { OPENAI_BASE_URL: " https://env.test/v1 " } }, "https://env.test/v1"],
  ["the credential, where OPENAI_BASE_URL is empty", { env: { OPENAI_BASE_URL: "" } }, undefined],
  ["--base-url before OPENAI_BASE_URL", {
    flags: { provider: "openai", baseUrl: "https://flag.test" },
    env: { OPENAI_BASE_URL: "https://env.test" },
  }, "https://flag.test"],
  ["its table, where OPENAI_BASE_URL is set for another provider", {
    toml: `model_provider = "gw"\n[model_providers.gw]\nbase_url = "https://gw.test/v1"`,
    env: { OPENAI_BASE_URL: "https://env.test" },
  }, "https://gw.test/v1"],
  ["the credential, where openai_base_url is empty", { toml: `openai_base_url = ""` }, undefined],
  [
    "the model_provider of config.toml",
    { toml: `model_provider = "gw"\n[model_providers.gw]\nbase_url = "https://gw.test/v1"` },
    "https://gw.test/v1",
  ],
  [
    "the model_provider of a profile",
    {
      toml:
        `profile = "p"\n[profiles.p]\nmodel_provider = "b"\n[model_providers.a]\nbase_url = "https://a.test"\n` +
        `[model_providers.b]\nbase_url = "https://b.test"`,
    },
    "https://b.test",
  ],
  [
    "--provider over the model_provider of config.toml",
    {
      toml: `model_provider = "a"\n[model_providers.a]\nbase_url = "https://a.test"\n` +
        `[model_providers.b]\nbase_url = "https://b.test"`,
      flags: { provider: "b" },
    },
    "https://b.test",
  ],
  ["the port of ollama", { flags: { provider: "ollama" } }, "http://localhost:11434/v1"],
  ["the port of lmstudio", { flags: { provider: "lmstudio" } }, "http://localhost:1234/v1"],
  [
    "CODEX_OSS_PORT",
    { flags: { provider: "ollama" }, env: { CODEX_OSS_PORT: "9999" } },
    "http://localhost:9999/v1",
  ],
  [
    "CODEX_OSS_BASE_URL",
    { flags: { provider: "ollama" }, env: { CODEX_OSS_BASE_URL: "http://gpu.test/v1" } },
    "http://gpu.test/v1",
  ],
];

/** Invalid configurations: name, layers, parts of the message or the hint. */
export const REFUSED: readonly (readonly [string, SettingsCase, readonly string[]])[] = [
  ["a chatgpt_base_url that is not a URL, with its file", { toml: `chatgpt_base_url = "chat.test"` }, [
    "chatgpt_base_url in",
    "config.toml",
    '"chat.test" is not an http or https URL',
  ]],
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
  }, ["aws cannot be used together with env_key, requires_openai_auth"]],
  ["a command beside a key", {
    toml: `model_provider = "x"\n[model_providers.x]\nenv_key = "K"\n[model_providers.x.auth]\ncommand = "c"`,
  }, ["auth cannot be used together with env_key"]],
  ["a blank command", {
    toml: `model_provider = "x"\n[model_providers.x.auth]\ncommand = " "`,
  }, ["model_providers.x.auth.command", "blank"]],
  ["a redefined built-in provider", { toml: `[model_providers.openai]\nbase_url = "https://x.test"` }, [
    "[model_providers.openai]",
    "openai_base_url",
  ]],
  [
    "an unknown provider, naming those there are and the file it looked for",
    { flags: { provider: "nope" } },
    [
      '"nope"',
      "openai",
      "/config.toml",
    ],
  ],
  [
    "an unknown profile, naming those there are",
    { toml: `[profiles.a]\nmodel="m"`, flags: { profile: "b" } },
    ['"b"', "a"],
  ],
  ["a profile without a file, with a remedy that the codex client accepts", {
    flags: { profile: "b" },
  }, ['"b"', "/b.config.toml", "Write its settings to that file"]],
  ["a profile whose name is a path", { flags: { profile: "../x" } }, ['"../x"', "not a valid name"]],
  ["a template in OPENAI_BASE_URL", { env: { OPENAI_BASE_URL: "https://${GATEWAY}/v1" } }, [
    "OPENAI_BASE_URL",
    "${GATEWAY}",
  ]],
  ["an OPENAI_BASE_URL that is not an address", { env: { OPENAI_BASE_URL: "gateway" } }, [
    "OPENAI_BASE_URL",
    "not an http or https URL",
  ]],
  ["a template in the variable of a header", {
    toml:
      `model_provider = "x"\n[model_providers.x]\nbase_url = "http://x.test"\nenv_http_headers = { X-Key = "GW" }`,
    env: { GW: "$(cat key)" },
  }, ["GW", "$(cat key)"]],
  ["a client certificate without its key", { env: { CULVERT_CLIENT_CERT: "c.pem" } }, [
    "CULVERT_CLIENT_CERT",
    "key",
  ]],
  ["a client key without its certificate", { env: { CULVERT_CLIENT_KEY: "k.pem" } }, [
    "CULVERT_CLIENT_KEY",
    "certificate",
  ]],
  ["an unknown store of logins, with the names of the existing stores", {
    toml: `cli_auth_credentials_store = "keychain"`,
  }, ["cli_auth_credentials_store", "file", "keyring", "auto", "ephemeral"]],
  ["a feature of the wrong kind", { toml: `[features]\nsecret_auth_storage = "yes"` }, [
    "features.secret_auth_storage",
  ]],
  ["a value of the wrong kind, by its key", { toml: `model = 3` }, ["model", "config.toml"]],
  ["text that is not TOML, by its line", { toml: `model = "a"\n= = =` }, ["line 2", "config.toml"]],
  ["an invalid base URL", { flags: { baseUrl: "api.test/v1" } }, [
    "--base-url",
    "api.test/v1",
    "https://",
  ]],
  ["a CODEX_HOME that is not a directory", { env: { CODEX_HOME: "/nonexistent-culvert" } }, [
    "CODEX_HOME",
    "/nonexistent-culvert",
  ]],
];

/** Stores of logins: name, layers, the setting; absent if the store is `auth.json`. */
export const STORAGES: readonly (readonly [string, SettingsCase, LoginStorage | undefined])[] = [
  ["nothing said", {}, undefined],
  ["file", { toml: `cli_auth_credentials_store = "file"` }, undefined],
  ["only a feature", { toml: `[features]\nsecret_auth_storage = true` }, undefined],
  ...(["keyring", "auto", "ephemeral"] as const).map((store) =>
    [store, { toml: `cli_auth_credentials_store = "${store}"\n[features]\nplugins = false` }, {
      store,
      inSecrets: Deno.build.os === "windows",
    }] as const
  ),
  ["keyring and the feature", {
    toml: `cli_auth_credentials_store = "keyring"\n[features]\nsecret_auth_storage = true`,
  }, { store: "keyring", inSecrets: true }],
  ["keyring without the feature", {
    toml: `cli_auth_credentials_store = "keyring"\n[features]\nsecret_auth_storage = false`,
  }, { store: "keyring", inSecrets: false }],
];

/** Unknown keys, and one that the codex client knows. */
export const UNKNOWN_KEYS = {
  toml:
    `modle = "typo"\napproval_policy = "never"\n[profiles.p]\nspeed = 1\n[model_providers.x]\nbase_ulr = "y"\n` +
    `[rollout_trace]\nkep_days = 3\n[attestation]\ncommand = "true"\narg = []`,
  keys: [
    "modle",
    "profiles.p.speed",
    "model_providers.x.base_ulr",
    "rollout_trace.kep_days",
    "attestation.arg",
  ],
} as const;

/** Errors in configurations that contain the secret `hunter2`. */
export const SECRETIVE: readonly (readonly [string, SettingsCase])[] = [
  ["user and password in a base URL", { flags: { baseUrl: "https://user:hunter2@api.test/v1" } }],
  ["a key in the query of an invalid base URL", { flags: { baseUrl: "api.test/v1?key=hunter2" } }],
  ["the password of a chatgpt_base_url that is not a URL", {
    toml: `chatgpt_base_url = "https//bob:hunter2@chat.test"`,
  }],
  ["a token in a line that is not TOML", {
    toml: `[model_providers.x]\nexperimental_bearer_token = "hunter2`,
  }],
  ["a token of the wrong kind", {
    toml: `model_provider = "x"\n[model_providers.x]\nexperimental_bearer_token = ["hunter2"]`,
  }],
];
