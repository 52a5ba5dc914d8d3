/**
 * The keys of `config.toml` and `culvert.toml` that this program uses, and the names of those that only the
 * codex client uses. Loaded only if there is such a file, because it imports zod.
 *
 * @module
 */
import { z } from "zod";
import { otelTable } from "./otel/otel_schema.ts";
import { isTable } from "./overrides.ts";

const count = z.int().nonnegative();
const text = z.string();
const textMap = z.record(text, text);

const commandAuth = z.object({
  command: text.refine((value) => value.trim() !== "", "must not be blank"),
  args: z.array(text).optional(),
  timeout_ms: z.int().positive().optional(),
  refresh_interval_ms: count.optional(),
  cwd: text.optional(),
});

const provider = z.object({
  name: text.optional(),
  base_url: text.optional(),
  env_key: text.optional(),
  env_key_instructions: text.optional(),
  experimental_bearer_token: text.optional(),
  auth: commandAuth.optional(),
  aws: z.record(text, z.unknown()).optional(),
  wire_api: text.optional(),
  query_params: textMap.optional(),
  http_headers: textMap.optional(),
  env_http_headers: textMap.optional(),
  request_max_retries: count.optional(),
  stream_max_retries: count.optional(),
  max_retry_after_ms: count.optional(),
  stream_idle_timeout_ms: z.int().positive().optional(),
  websocket_connect_timeout_ms: z.int().positive().optional(),
  requires_openai_auth: z.boolean().optional(),
  supports_websockets: z.boolean().optional(),
  client_cert: text.optional(),
  client_key: text.optional(),
  supports_standalone_web_search: z.boolean().optional(),
});

const choices = {
  model: text.optional(),
  model_provider: text.optional(),
  model_reasoning_effort: text.optional(),
  model_reasoning_summary: text.optional(),
  model_verbosity: text.optional(),
  service_tier: text.optional(),
  openai_base_url: text.optional(),
  chatgpt_base_url: text.optional(),
};

const profile = z.object(choices);

/** The keys that are used. {@link unknownKeys} checks the others. */
export const configSchema = z.object({
  ...choices,
  experimental_realtime_ws_base_url: text.optional(),
  profile: text.optional(),
  cli_auth_credentials_store: z.enum(["file", "keyring", "auto", "ephemeral"]).optional(),
  features: z.object({
    secret_auth_storage: z.boolean().optional(),
    use_agent_identity: z.boolean().optional(),
  }).optional(),
  attestation: z.object({
    command: text.refine((value) => value.trim() !== "", "must not be blank"),
    args: z.array(text).optional(),
  }).optional(),
  forced_login_method: z.enum(["chatgpt", "api"]).optional(),
  forced_chatgpt_workspace_id: z.union([text, z.array(text)]).optional(),
  otel: otelTable.optional(),
  rollout_trace: z.object({
    root: text.optional(),
    max_payload_bytes: z.int().positive().optional(),
    max_bytes: z.int().positive().optional(),
    keep_days: count.optional(),
    keep_bytes: count.optional(),
  }).optional(),
  profiles: z.record(text, profile).optional(),
  model_providers: z.record(text, provider).optional(),
});

/** A checked configuration file. */
export type ConfigFile = z.infer<typeof configSchema>;

/** A checked table `[model_providers.*]`. */
export type ProviderTable = z.infer<typeof provider>;

/** A checked table `[profiles.*]`. */
export type ProfileTable = z.infer<typeof profile>;

/**
 * Keys that the codex client (0.171.0) knows and this program does not use. They cause no warning.
 */
const CODEX_KEYS = new Set(
  ("analytics agents allow_login_shell approval_policy approvals_reviewer apps audio auto_review background_terminal_max_timeout " +
    "check_for_update_on_startup commit_attribution compact_prompt default_permissions " +
    "developer_instructions disable_paste_burst disable_response_storage experimental_compact_prompt_file " +
    "experimental_instructions_file experimental_use_freeform_apply_patch " +
    "experimental_use_unified_exec_tool features feedback file_opener " +
    "ghost_snapshot hide_agent_reasoning history hooks include_apply_patch_tool instructions " +
    "log_dir mcp_oauth_callback_port mcp_oauth_callback_url mcp_oauth_credentials_store mcp_servers memories " +
    "model_auto_compact_token_limit model_catalog_json model_context_window model_instructions_file " +
    "model_supports_reasoning_summaries notice notify oss_provider permissions personality " +
    "plan_mode_reasoning_effort plugins preferred_auth_method project_doc_fallback_filenames project_doc_max_bytes " +
    "project_root_markers projects realtime review_model sandbox_mode sandbox_workspace_write " +
    "shell_environment_policy show_raw_agent_reasoning skills sqlite_home suppress_unstable_features_warning " +
    "tool_output_token_limit tools tools_view_image tui web_search windows windows_wsl_setup_acknowledged zsh_path")
    .split(" "),
);

/**
 * Keys that only this program knows: the codex client (0.171.0) with `--strict-config` does not start if
 * `config.toml` has one of them. `*` stands for the name of any table.
 */
const OWN_KEYS = [
  "attestation",
  "rollout_trace.root",
  "rollout_trace.keep_days",
  "rollout_trace.keep_bytes",
  "model_providers.*.client_cert",
  "model_providers.*.client_key",
  "model_providers.*.max_retry_after_ms",
];

/**
 * Returns the dotted names of the keys that belong in `culvert.toml`, because the codex client does not know them.
 *
 * @param value the parsed TOML document
 */
export function ownKeys(value: Readonly<Record<string, unknown>>): string[] {
  return OWN_KEYS.flatMap((pattern) => namesOf(value, pattern.split("."), ""));
}

function namesOf(value: unknown, [key, ...rest]: readonly string[], prefix: string): string[] {
  if (key === undefined) return [prefix.slice(1)];
  if (!isTable(value)) return [];
  const keys = key === "*" ? Object.keys(value) : Object.hasOwn(value, key) ? [key] : [];
  return keys.flatMap((each) => namesOf(value[each], rest, `${prefix}.${each}`));
}

/**
 * Returns the dotted names of keys that neither this program nor the codex client knows.
 *
 * @param value the parsed TOML document
 */
export function unknownKeys(value: Readonly<Record<string, unknown>>): string[] {
  const found: string[] = [];
  const look = (table: unknown, known: ReadonlySet<string>, prefix: string) => {
    if (typeof table !== "object" || table === null || Array.isArray(table)) return;
    for (const key of Object.keys(table)) if (!known.has(key)) found.push(`${prefix}${key}`);
  };
  const lookEach = (tables: unknown, known: ReadonlySet<string>, prefix: string) => {
    if (typeof tables !== "object" || tables === null) return;
    for (const [name, table] of Object.entries(tables)) look(table, known, `${prefix}.${name}.`);
  };
  const own = new Set(Object.keys(configSchema.shape));
  look(value, new Set([...own, ...CODEX_KEYS]), "");
  for (const name of ["attestation", "rollout_trace"] as const) {
    look(value[name], new Set(Object.keys(configSchema.shape[name].unwrap().shape)), `${name}.`);
  }
  lookEach(value["profiles"], new Set([...Object.keys(profile.shape), ...CODEX_KEYS]), "profiles");
  lookEach(value["model_providers"], new Set(Object.keys(provider.shape)), "model_providers");
  return found;
}
