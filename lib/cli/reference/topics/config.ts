/**
 * `culvert help config`. The tables are typed by the schema of the file, so that a key that is added or taken
 * away there does not compile here.
 *
 * @module
 */
import type { ConfigFile, ProfileTable, ProviderTable } from "../../../config/config_schema.ts";
import type { Topic } from "../topic.ts";

/** Keys that may stand at the top and in a profile. */
const CHOICES: Readonly<Record<keyof ProfileTable, string>> = {
  model: "the model to ask",
  model_provider: "the provider to ask: a built-in id, or a table below",
  model_reasoning_effort: "none, minimal, low, medium, high, xhigh or max",
  model_reasoning_summary: "auto, concise, detailed or none",
  model_verbosity: "low, medium or high",
  service_tier: "the tier to ask for",
  openai_base_url: "address of the built-in openai provider; counts before OPENAI_BASE_URL",
  chatgpt_base_url: "address of the ChatGPT backend",
};

/** Keys that stand at the top alone. */
const TOP: Readonly<Record<Exclude<keyof ConfigFile, keyof ProfileTable>, string>> = {
  experimental_realtime_ws_base_url: "address of the realtime websocket, where it is another one",
  profile: "the profile without --profile: NAME.config.toml beside this file, or a table below",
  cli_auth_credentials_store:
    "where the login is kept: file (auth.json, the default), keyring, auto (the keyring, else the file) or " +
    "ephemeral (memory); the keyring by secret-tool (Linux) or security (macOS), on Windows not at all",
  features:
    "secret_auth_storage = true keeps the login of keyring and auto in secrets/codex_auth.age, encrypted, " +
    "with its passphrase in the keyring; use_agent_identity = true: an agent signs for a ChatGPT login; " +
    "others are the codex client's",
  attestation:
    "command and args of a program that prints the value of x-oai-attestation, which requests of a " +
    "ChatGPT login carry; 2 s are allowed for it, and without a value the request is sent without the header",
  forced_login_method: "chatgpt or api: the one way to sign in to OpenAI; another login is removed",
  forced_chatgpt_workspace_id: "the workspace, or list of them, that a ChatGPT login must belong to",
  profiles: "tables [profiles.NAME], each with keys as above; NAME.config.toml counts before them",
  model_providers: "tables [model_providers.ID], see below",
};

/** Keys of `[model_providers.*]`. */
export const PROVIDER_KEYS: Readonly<Record<keyof ProviderTable, string>> = {
  name: "for people",
  base_url: "address of the API, such as https://api.example.com/v1",
  env_key: "the variable that holds the API key",
  env_key_instructions: "what to tell somebody who has not set it",
  experimental_bearer_token: "a key written here; better kept in a variable",
  auth: "a command that prints a token: command, args, timeout_ms, refresh_interval_ms, cwd",
  aws: "known to the codex client; not supported here",
  wire_api: "responses, the only one there is",
  query_params: "added to every address",
  http_headers: "added to every request",
  env_http_headers: "the same, values taken from variables",
  request_max_retries: "how often a request that was not accepted is sent again",
  stream_max_retries: "how often a stream that broke is asked for again",
  max_retry_after_ms: "longest wait that the server may ask for before a retry; 60000 by default, 0 for none",
  stream_idle_timeout_ms: "silence after which a stream counts as broken",
  websocket_connect_timeout_ms: "how long the opening of a websocket may take",
  requires_openai_auth: "whether it takes the credentials of OpenAI",
  supports_websockets: "whether --transport auto may take a websocket",
  client_cert: "PEM file of the client certificate; relative to the folder of this file",
  client_key: "PEM file of its key, not encrypted",
  supports_standalone_web_search: "known to the codex client",
};

/** Keys at the top of the file. */
export const CONFIG_KEYS: Readonly<Record<keyof ConfigFile, string>> = { ...CHOICES, ...TOP };

/** The topic. */
export const config: Topic = [
  {
    heading: "The file",
    text:
      "The file is config.toml in CODEX_HOME, by default ~/.codex, shared with the codex client. Flags count before variables, variables before the file, the file before defaults; -C KEY=VALUE counts before the files, for one call. culvert config shows the values in force and where each comes from. Keys of the codex client that are not used here are ignored; a key that neither program knows gives a warning, with --strict-config an error.",
  },
  { heading: "Keys", rows: Object.entries(CONFIG_KEYS) },
  { heading: "Keys of [model_providers.ID]", rows: Object.entries(PROVIDER_KEYS) },
  {
    heading: "For example",
    text: [
      '  model_provider = "corp"',
      "",
      "  [model_providers.corp]",
      '  name = "The gateway"',
      '  base_url = "https://llm.corp.example/v1"',
      '  env_key = "CORP_LLM_KEY"',
    ].join("\n"),
  },
];
