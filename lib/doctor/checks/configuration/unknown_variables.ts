/**
 * Checks for misspelled and unsupported environment variables.
 *
 * @module
 */
import type { Environment } from "../../../world/world.ts";
import { type Check, type Finding, ok, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";
import { misspelledVariables } from "./misspelled_variables.ts";

/** Names that culvert does not read, and what to use instead. */
const UNKNOWN: readonly (readonly [string, string])[] = [
  ["OPENAI_API_BASE", "set OPENAI_BASE_URL, or use --base-url"],
  ["OPENAI_API_HOST", "set OPENAI_BASE_URL, or use --base-url"],
  ["OPENAI_MODEL", 'set model = "…" in config.toml, or use -m'],
  ["OPENAI_PROXY", "set HTTPS_PROXY, or use --proxy"],
  ["OPENAI_ORG_ID", "set OPENAI_ORGANIZATION"],
  ["OPENAI_PROJECT_ID", "set OPENAI_PROJECT"],
  ["OPENAI_KEY", "set OPENAI_API_KEY"],
  ["OPENAI_APIKEY", "set OPENAI_API_KEY"],
  ["OPENAI_TOKEN", "set OPENAI_API_KEY"],
  ["CODEX_KEY", "set CODEX_API_KEY"],
  ["CODEX_APIKEY", "set CODEX_API_KEY"],
  ["CULVERT_KEY", "set CULVERT_API_KEY"],
  ["CULVERT_API_KEY_FILE", "use --api-key-file"],
  ["OPENAI_API_KEY_FILE", "use --api-key-file"],
  ["CODEX_CA_CERT", "set CODEX_CA_CERTIFICATE"],
  ["CODEX_CA_CERTS", "set CODEX_CA_CERTIFICATE"],
  ["CODEX_CA_CERTIFICATES", "set CODEX_CA_CERTIFICATE"],
  ["CODEX_CA_BUNDLE", "set CODEX_CA_CERTIFICATE"],
  ["CODEX_CA_FILE", "set CODEX_CA_CERTIFICATE"],
  ["CODEX_CERT", "set CODEX_CA_CERTIFICATE"],
  ["codex_ca_certificate", "set CODEX_CA_CERTIFICATE, in upper case"],
  ["CULVERT_CA_CERT", "set CODEX_CA_CERTIFICATE, or use --ca-cert"],
  ["CULVERT_CA_CERTIFICATE", "set CODEX_CA_CERTIFICATE, or use --ca-cert"],
  ["SSL_CERT", "set SSL_CERT_FILE"],
  ["SSL_CA_FILE", "set SSL_CERT_FILE"],
  ["SSL_CERTFILE", "set SSL_CERT_FILE"],
  ["SSL_CERT_PATH", "set SSL_CERT_FILE"],
  ["ssl_cert_file", "set SSL_CERT_FILE, in upper case"],
  ["CODEX_PROXY", "set HTTPS_PROXY, or use --proxy"],
  ["CULVERT_PROXY", "set HTTPS_PROXY, or use --proxy"],
  ["PROXY", "set HTTPS_PROXY, or use --proxy"],
  ["SOCKS_PROXY", "set ALL_PROXY=socks5h://host:port"],
  ["socks_proxy", "set ALL_PROXY=socks5h://host:port"],
  ["NOPROXY", "set NO_PROXY"],
  ["HTTPS_PROXY_URL", "set HTTPS_PROXY"],
  ["AUTO_PROXY", "set HTTPS_PROXY to the proxy that the PAC script names"],
  ["OTEL_ENDPOINT", "set OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["OTEL_EXPORTER_ENDPOINT", "set OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["OTEL_EXPORTER_OTLP_URL", "set OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["OTEL_OTLP_ENDPOINT", "set OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["OTEL_EXPORTER_OTLP_TRACE_ENDPOINT", "set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
  ["OTEL_EXPORTER_OTLP_METRIC_ENDPOINT", "set OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
  ["OTEL_EXPORTER_OTLP_LOG_ENDPOINT", "set OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
  ["OTEL_EXPORTER_OTLP_HEADER", "set OTEL_EXPORTER_OTLP_HEADERS"],
  ["OTEL_EXPORTER_OTLP_CA_CERTIFICATE", "set OTEL_EXPORTER_OTLP_CERTIFICATE"],
  ["OTEL_EXPORTER_OTLP_INSECURE", "write http:// in OTEL_EXPORTER_OTLP_ENDPOINT"],
  ["OTEL_TRACE_EXPORTER", "set OTEL_TRACES_EXPORTER"],
  ["OTEL_METRIC_EXPORTER", "set OTEL_METRICS_EXPORTER"],
  ["OTEL_LOG_EXPORTER", "set OTEL_LOGS_EXPORTER"],
  ["OTEL_DISABLED", "set OTEL_SDK_DISABLED"],
  ["OTEL_SERVICENAME", "set OTEL_SERVICE_NAME"],
];

/** Variables that turn TLS verification off in other programs. Culvert never obeys them. */
const NEVER_OBEYED: readonly (readonly [string, (value: string) => boolean])[] = [
  ["NODE_TLS_REJECT_UNAUTHORIZED", (value) => value === "0"],
  ["GIT_SSL_NO_VERIFY", (value) => value !== "" && value !== "0" && value !== "false"],
  ["PYTHONHTTPSVERIFY", (value) => value === "0"],
  ["CURL_INSECURE", (value) => value !== ""],
];

/** The check. */
export const unknownVariablesCheck: Check<DoctorContext> = {
  id: "variables",
  category: "environment",
  question: "Are misspelled or unsupported variables set?",
  network: false,
  run: ({ world }) => Promise.resolve(examineUnknownVariables(world.env)),
};

/** Looks for the names. A value is never shown: some of these variables hold keys. */
function examineUnknownVariables(env: Environment): Finding {
  const listed = UNKNOWN.filter(([name]) => (env(name) ?? "") !== "");
  const misspelled = misspelledVariables(env)
    .filter(([name]) => !listed.some(([other]) => other === name))
    .map(([name, meant]) => [name, `set ${meant}`] as const);
  const unknown = [...listed, ...misspelled];
  const ignored = NEVER_OBEYED.filter(([name, applies]) => applies(env(name) ?? "")).map(([name]) => name);
  const names = [...unknown.map(([name]) => name), ...ignored];
  if (names.length === 0) return ok("No misspelled or unsupported variables");
  const verb = names.length === 1 ? "is set and has" : "are set and have";
  return warn(`${names.join(", ")} ${verb} no effect`, {
    details: { variables: names },
    remediation: [
      ...unknown.map(([name, instead]) => `Instead of ${name}: ${instead}.`),
      ...(ignored.length > 0
        ? [`${ignored.join(", ")}: culvert always verifies; trust a CA with --ca-cert instead.`]
        : []),
    ].join("\n"),
  });
}
