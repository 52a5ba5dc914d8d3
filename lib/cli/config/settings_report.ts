/**
 * The settings in force as rows: key, value, source.
 *
 * @module
 */
import type { Provider } from "../../config/provider.ts";
import type { Settings } from "../../config/settings.ts";
import { variableLabel } from "../../config/environment/layered_world.ts";
import { redactHeader } from "../../redaction/headers.ts";
import type { Redactor } from "../../redaction/redactor.ts";
import { isSecretParameter } from "../../redaction/secret_names.ts";
import { MASK } from "../../redaction/span.ts";
import { selectBundle } from "../../trust/bundle/selection.ts";
import type { World } from "../../world/world.ts";

/** A value as JSON prints it. */
export type SettingValue = string | number | boolean | null;

/** One setting. */
export interface SettingRow {
  /** The key in the configuration files, or the name of the variable. */
  readonly key: string;
  readonly value: SettingValue;
  /** A flag, a variable, a file with the key in it, or `default`. */
  readonly source: string;
}

/** The whole report, which is also the JSON of `culvert config --json`. */
export interface SettingsReport {
  readonly schema_version: 1;
  readonly codex_home: string;
  /** Path of the `config.toml` that was read. */
  readonly config_file: string | null;
  /** Path of the `culvert.toml` that was read. */
  readonly own_config_file: string | null;
  readonly env_file: {
    readonly path: string;
    readonly names: readonly string[];
    readonly overridden: readonly string[];
    readonly left_out: readonly string[];
  } | null;
  readonly settings: readonly SettingRow[];
}

/** Variables of the route, in the order in which they are printed. */
const ROUTE_VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"];

/**
 * Makes the report.
 *
 * @param settings the settings in force
 * @param world the environment in force
 * @param redact masks secrets in values
 */
export function settingsReport(settings: Settings, world: World, redact: Redactor): SettingsReport {
  const { file } = world.environment ?? {};
  // The simulated network has an environment of its own: of trust and route, only flags are in force there.
  const inForce = settings.provider.id === "demo" ? { ...world, env: () => undefined } : world;
  const rows: SettingRow[] = [
    ...generalRows(settings),
    ...providerRows(settings),
    ...trustRows(settings, inForce),
    ...routeRows(settings, inForce),
  ];
  return {
    schema_version: 1,
    codex_home: settings.codexHome,
    config_file: settings.configPath ?? null,
    own_config_file: settings.ownConfigPath ?? null,
    env_file: file === undefined
      ? null
      : { path: file.path, names: file.names, overridden: file.overridden, left_out: file.leftOut },
    settings: rows.map((row) => typeof row.value === "string" ? { ...row, value: redact(row.value) } : row),
  };
}

function generalRows({ sources, ...settings }: Settings): readonly SettingRow[] {
  const { loginPolicy, loginStorage } = settings;
  const values: Readonly<Record<string, SettingValue | undefined>> = {
    codex_home: settings.codexHome,
    profile: settings.profile,
    model: settings.model,
    model_reasoning_effort: settings.reasoningEffort,
    model_reasoning_summary: settings.reasoningSummary,
    model_verbosity: settings.verbosity,
    service_tier: settings.serviceTier,
    transport: settings.transport,
    chatgpt_base_url: settings.chatgptBaseUrl,
    api_key_file: settings.apiKeyFile,
    cli_auth_credentials_store: loginStorage?.store ?? "file",
    forced_login_method: loginPolicy?.method,
    forced_chatgpt_workspace_id: loginPolicy?.workspaces?.join(", "),
    "features.use_agent_identity": settings.useAgentIdentity,
    "attestation.command": settings.attestation?.command,
    "rollout_trace.root": settings.trace?.root,
    "rollout_trace.max_payload_bytes": settings.trace?.maxPayloadBytes,
    "rollout_trace.max_bytes": settings.trace?.maxBytes,
    "rollout_trace.keep_days": settings.trace?.keepDays,
    "rollout_trace.keep_bytes": settings.trace?.keepBytes,
  };
  return rowsOf(values, sources);
}

function providerRows({ provider, sources }: Settings): readonly SettingRow[] {
  const rows: SettingRow[] = rowsOf({
    model_provider: provider.id,
    base_url: provider.baseUrl ??
      (provider.id === "demo" ? "in the simulated network" : "by kind of credential"),
  }, sources);
  const details: Readonly<Record<string, SettingValue | undefined>> = {
    env_key: provider.envKey,
    experimental_bearer_token: provider.bearerToken === undefined ? undefined : MASK,
    "auth.command": provider.commandAuth?.command,
    ...headerValues(provider),
    request_max_retries: provider.requestMaxRetries,
    stream_max_retries: provider.streamMaxRetries,
    max_retry_after_ms: provider.maxRetryAfterMs,
    stream_idle_timeout_ms: provider.streamIdleTimeoutMs,
    websocket_connect_timeout_ms: provider.websocketConnectTimeoutMs,
    supports_websockets: provider.supportsWebsockets,
  };
  const table = `model_providers.${provider.id}.`;
  const ofTable = (key: string) => sources[`${table}${key}`] ?? sources[`${table}${key.replace(/\..*/, "")}`];
  return [
    ...rows,
    ...rowsOf(details, {}).map((row) => ({ ...row, source: ofTable(row.key) ?? row.source })),
  ];
}

/** Headers and parameters may be secret under any name, so that only harmless ones are shown. */
function headerValues({ headers, queryParams }: Provider): Readonly<Record<string, SettingValue>> {
  const masked = () => MASK;
  return Object.fromEntries([
    ...Object.entries(headers).map(([name, value]) => [
      `http_headers.${name}`,
      redactHeader(name, value, masked),
    ]),
    ...Object.entries(queryParams).map(([name, value]) => [
      `query_params.${name}`,
      name === "api-version" && !isSecretParameter(name) ? value : MASK,
    ]),
  ]);
}

function trustRows(settings: Settings, world: World): readonly SettingRow[] {
  const { caCert, clientCert, clientKey, sources } = settings;
  const bundle = selectBundle({ flag: caCert, env: world.env, cwd: world.cwd() });
  const rows: SettingRow[] = bundle === undefined ? [] : [{
    key: "ca_bundle",
    value: bundle.source.path,
    source: bundle.source.kind === "variable" ? variableLabel(world, bundle.source.name) : bundle.source.name,
  }];
  for (const name of ["SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "DENO_CERT"]) {
    const value = world.env(name);
    if (value !== undefined && value !== "") {
      rows.push({ key: name, value, source: variableLabel(world, name) });
    }
  }
  return [...rows, ...rowsOf({ client_cert: clientCert, client_key: clientKey }, sources)];
}

function routeRows({ proxy }: Settings, world: World): readonly SettingRow[] {
  if (proxy !== undefined) return [{ key: "proxy", value: proxy, source: "--proxy" }];
  return ROUTE_VARIABLES.flatMap((upper) => {
    const name = [upper, upper.toLowerCase()].find((each) => (world.env(each) ?? "").trim() !== "");
    if (name === undefined) return [];
    return [{ key: upper, value: world.env(name) ?? "", source: variableLabel(world, name) }];
  });
}

function rowsOf(
  values: Readonly<Record<string, SettingValue | undefined>>,
  sources: Readonly<Record<string, string>>,
): SettingRow[] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value, source: sources[key] ?? "default" }]
  );
}
