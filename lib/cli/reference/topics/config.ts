/**
 * The help topic `config`. The types of the tables are derived from the schema of the file, so that a key that is added
 * to the schema or removed from it is a type error here.
 *
 * @module
 */
import type { ConfigFile, ProfileTable, ProviderTable } from "../../../config/config_schema.ts";
import type { Topic } from "../topic.ts";

/** Keys that are valid at the top of the file and in a profile. */
const CHOICES: Readonly<Record<keyof ProfileTable, string>> = {
  model: "the model",
  model_provider: "the provider: a built-in id, or a table below",
  model_reasoning_effort: "none, minimal, low, medium, high, xhigh or max",
  model_reasoning_summary: "auto, concise, detailed or none",
  model_verbosity: "low, medium or high",
  service_tier: "the requested service tier",
  openai_base_url: "address of the built-in openai provider; takes precedence over OPENAI_BASE_URL",
  chatgpt_base_url: "address of the ChatGPT backend",
};

/** Keys that are valid only at the top of the file. */
const TOP: Readonly<Record<Exclude<keyof ConfigFile, keyof ProfileTable>, string>> = {
  experimental_realtime_ws_base_url:
    "address of the realtime websocket, if it differs from the address of the API",
  profile:
    "the profile that is used without --profile: NAME.config.toml in the same folder, or a table below",
  cli_auth_credentials_store:
    "where the login is stored: file (auth.json, the default), keyring, auto (the keyring, else the file) or " +
    "ephemeral (memory); the keyring is used through secret-tool (Linux) or security (macOS), not on Windows",
  features:
    "secret_auth_storage = true stores the login of keyring and auto encrypted in secrets/codex_auth.age, " +
    "with its passphrase in the keyring; use_agent_identity = true lets an agent sign the requests of a " +
    "ChatGPT login; other features belong to the codex client",
  attestation:
    "(culvert.toml) command and args of a program that prints the value of the header x-oai-attestation for requests with a " +
    "ChatGPT login; it has 2 s, and if it prints no value the request is sent without the header",
  forced_login_method:
    "chatgpt or api: the only kind of login to OpenAI that is allowed; another login is removed",
  forced_chatgpt_workspace_id: "the workspace, or list of them, that a ChatGPT login must belong to",
  otel:
    "the destinations of telemetry: exporter (logs), trace_exporter, metrics_exporter; see culvert help telemetry",
  rollout_trace:
    "inference traces of respond: max_payload_bytes, max_bytes, and (culvert.toml) root, their folder, keep_days and " +
    "keep_bytes; see culvert help trace",
  profiles: "tables [profiles.NAME], each with the keys above; NAME.config.toml takes precedence over them",
  model_providers: "tables [model_providers.ID], see below",
};

/** Keys of `[model_providers.*]`. */
export const PROVIDER_KEYS: Readonly<Record<keyof ProviderTable, string>> = {
  name: "the name that messages show",
  base_url: "address of the API, such as https://api.example.com/v1",
  env_key: "the environment variable with the API key",
  env_key_instructions: "a message for users who have not set that variable",
  experimental_bearer_token: "an API key in this file; an environment variable is safer",
  auth: "a command that prints a token: command, args, timeout_ms, refresh_interval_ms, cwd",
  aws: "used by the codex client; not supported by culvert",
  wire_api: "responses, the only valid value",
  query_params: "query parameters that are added to every request",
  http_headers: "headers that are added to every request",
  env_http_headers: "headers whose values are read from environment variables",
  request_max_retries: "number of retries of a request that the server did not accept",
  stream_max_retries: "number of retries after a stream that was cut",
  max_retry_after_ms:
    "(culvert.toml) longest delay that the server may request before a retry, ms; 60000 by default, 0 for none",
  stream_idle_timeout_ms: "time without data after which a stream counts as cut, ms",
  websocket_connect_timeout_ms: "time limit for opening a websocket, ms",
  requires_openai_auth: "whether the provider uses the credentials of OpenAI",
  supports_websockets: "whether --transport auto may use a websocket",
  client_cert: "(culvert.toml) PEM file of the client certificate; relative to the folder of this file",
  client_key: "(culvert.toml) PEM file of its key, not encrypted",
  supports_standalone_web_search: "used by the codex client",
};

/** Keys at the top of the file. */
export const CONFIG_KEYS: Readonly<Record<keyof ConfigFile, string>> = { ...CHOICES, ...TOP };

/** The topic. */
export const config: Topic = [
  {
    heading: "The files",
    text:
      "Both are in CODEX_HOME, by default ~/.codex. config.toml is shared with the codex client. culvert.toml has the same syntax and is read only by culvert. It may set the keys marked (culvert.toml), which the codex client does not know and refuses with --strict-config, and any other key for culvert only. Flags take precedence over environment variables, variables over the files, and the files over defaults. Of the files, a profile takes precedence over culvert.toml, and culvert.toml over config.toml, key by key; -C KEY=VALUE takes precedence over all of them for one command. culvert config shows the values in force and their sources. Keys that only the codex client uses are ignored. A key that neither program knows causes a warning, and so does a key (culvert.toml) in config.toml or a profile; both are errors with --strict-config.",
  },
  { heading: "Keys", rows: Object.entries(CONFIG_KEYS) },
  { heading: "Keys of [model_providers.ID]", rows: Object.entries(PROVIDER_KEYS) },
  {
    heading: "Example",
    text: [
      '  model_provider = "corp"',
      "",
      "  [model_providers.corp]",
      '  name = "The gateway"',
      '  base_url = "https://llm.corp.example/v1"',
      '  env_key = "CORP_LLM_KEY"',
    ].join("\n"),
  },
  {
    heading: "Example of culvert.toml in the same folder",
    text: [
      "  [model_providers.corp]",
      '  client_cert = "me.pem"',
      '  client_key = "me.key"',
      "",
      "  [rollout_trace]",
      '  root = "/home/me/traces"',
      "  keep_days = 7",
    ].join("\n"),
  },
];
