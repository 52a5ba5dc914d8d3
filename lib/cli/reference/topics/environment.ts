/**
 * The help topic `environment`. A test compares the names with those in the source.
 *
 * @module
 */
import type { Row } from "../layout.ts";
import type { Topic } from "../topic.ts";

const CREDENTIALS: readonly Row[] = [
  ["CULVERT_API_KEY", "API key; of this and the next two, the first that is set is used"],
  ["CODEX_API_KEY", "the same"],
  ["OPENAI_API_KEY", "the same"],
  ["CODEX_ACCESS_TOKEN", "personal access token, or JWT of an agent identity"],
];

const AUTHORITY: readonly Row[] = [
  ["CODEX_REFRESH_TOKEN_URL_OVERRIDE", "URL at which a token is renewed"],
  ["CODEX_REVOKE_TOKEN_URL_OVERRIDE", "URL at which a token is revoked"],
  ["CODEX_APP_SERVER_LOGIN_CLIENT_ID", "client id for OAuth"],
  ["CODEX_AUTHAPI_BASE_URL", "server that validates a personal access token"],
  ["CODEX_AGENT_IDENTITY_AUTHAPI_BASE_URL", "server that registers an agent identity"],
  ["CODEX_AGENT_IDENTITY_JWKS_BASE_URL", "server that publishes the keys of agent identities"],
];

const PLACES: readonly Row[] = [
  ["CODEX_HOME", "directory of config.toml and auth.json; default ~/.codex"],
  ["OPENAI_BASE_URL", "address of the openai provider, unless openai_base_url or --base-url is set"],
  ["CODEX_OSS_BASE_URL", "address of ollama and lmstudio"],
  ["CODEX_OSS_PORT", "their port on this machine"],
  ["HOME", "home directory; USERPROFILE on Windows"],
  ["XDG_CACHE_HOME", "parent folder of the bundle of ca env; LOCALAPPDATA on Windows"],
  [
    "XDG_STATE_HOME",
    "parent folder of conversations and of evidence about failed requests; LOCALAPPDATA on Windows",
  ],
  [
    "CODEX_ROLLOUT_TRACE_ROOT",
    "folder for inference traces: complete requests and answers of respond, one trace per run; disabled if not set",
  ],
  ["SHELL", "the shell that ca env prints commands for, unless --shell names one"],
  ["BROWSER", "the browser that auth login opens"],
  ["KITTY_WINDOW_ID", "set by kitty: images are shown inline by its protocol"],
  ["LC_TERMINAL", "iTerm2: images are shown inline by its protocol"],
  ["TMUX", "set by tmux: images are not shown inline"],
];

const HEADERS: readonly Row[] = [
  ["OPENAI_ORGANIZATION", "sent to openai as OpenAI-Organization"],
  ["OPENAI_PROJECT", "sent to openai as OpenAI-Project"],
  ["CODEX_INTERNAL_ORIGINATOR_OVERRIDE", "sent as originator"],
  ["TERM_PROGRAM", "sent in User-Agent; if it is not set, TERM is sent"],
];

const TRUST: readonly Row[] = [
  ["CODEX_CA_CERTIFICATE", "PEM file of CAs, added to the roots of the system and of Mozilla"],
  ["SSL_CERT_FILE", "the same, if CODEX_CA_CERTIFICATE is not set or empty"],
  ["SSL_CERT_DIR", "folders of PEM files, added to the roots of the operating system"],
  ["NODE_EXTRA_CA_CERTS", "PEM file whose certificates the runtime trusts in addition"],
  ["DENO_CERT", "the same; a path, or base64: and data"],
  ["CULVERT_CLIENT_CERT", "PEM file of the client certificate"],
  ["CULVERT_CLIENT_KEY", "PEM file of its key"],
  ["DENO_TLS_CA_STORE", "the root stores that the runtime loads: mozilla, system"],
];

const ROUTE: readonly Row[] = [
  ["HTTPS_PROXY", "proxy for https and wss; also https_proxy"],
  ["HTTP_PROXY", "proxy for http and ws; also http_proxy"],
  ["ALL_PROXY", "proxy for both; also all_proxy"],
  ["NO_PROXY", "hosts that are reached directly; also no_proxy"],
  ["REQUEST_METHOD", "set in a CGI script, where HTTP_PROXY is ignored"],
];

const TELEMETRY: readonly Row[] = [
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector; /v1/traces, /v1/metrics and /v1/logs are appended"],
  ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "complete address for traces"],
  ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "complete address for metrics"],
  ["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "complete address for logs"],
  ["OTEL_TRACES_EXPORTER", "otlp or none"],
  ["OTEL_METRICS_EXPORTER", "otlp or none"],
  ["OTEL_LOGS_EXPORTER", "otlp or none"],
  ["OTEL_EXPORTER_OTLP_HEADERS", "key=value,key=value; values percent-encoded"],
  ["OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf (default) or http/json"],
  ["OTEL_EXPORTER_OTLP_COMPRESSION", "gzip or none (default)"],
  ["OTEL_EXPORTER_OTLP_TIMEOUT", "time limit of one export, ms; default 10000"],
  ["OTEL_EXPORTER_OTLP_CERTIFICATE", "PEM bundle for the collector"],
  ["OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "PEM file of the client certificate for the collector"],
  ["OTEL_EXPORTER_OTLP_CLIENT_KEY", "PEM file of its key"],
  ["OTEL_SERVICE_NAME", "service.name; default culvert"],
  ["OTEL_RESOURCE_ATTRIBUTES", "attributes of the resource: key=value,key=value"],
  ["OTEL_SDK_DISABLED", "true: no telemetry"],
  ["OTEL_PROPAGATORS", "none: no trace context is sent to servers"],
  ["OTEL_TRACES_SAMPLER", "always_on, always_off, traceidratio, each also with the prefix parentbased_"],
  ["OTEL_TRACES_SAMPLER_ARG", "the share for traceidratio, 0 to 1"],
  ["OTEL_METRIC_EXPORT_INTERVAL", "time between two exports of metrics, ms; default 60000"],
  ["TRACEPARENT", "the span that the turn is part of (W3C Trace Context)"],
  ["TRACESTATE", "forwarded together with TRACEPARENT"],
];

const TERMINAL: readonly Row[] = [
  ["NO_COLOR", "any value: no color"],
  ["CLICOLOR_FORCE", "any value except 0: color even if stderr is not a terminal"],
  ["TERM", "dumb: no color and no status line"],
];

/** The topic. In all parts except the last, the rows are names of variables. */
export const environment: Topic = [
  { heading: "Credentials", rows: CREDENTIALS },
  { heading: "Login server", rows: AUTHORITY },
  { heading: "Folders and addresses", rows: PLACES },
  { heading: "Headers", rows: HEADERS },
  { heading: "Trust", rows: TRUST },
  { heading: "Route", text: "See: culvert help proxies", rows: ROUTE },
  {
    heading: "Telemetry",
    text:
      "See: culvert help telemetry. Each OTEL_EXPORTER_OTLP_ variable also exists for one signal, such as OTEL_EXPORTER_OTLP_LOGS_HEADERS, which takes precedence.",
    rows: TELEMETRY,
  },
  { heading: "Terminal", rows: TERMINAL },
  {
    heading: "Precedence",
    text:
      "A flag takes precedence over a variable, and a variable over config.toml. An empty variable counts as unset. Variables in the file .env of CODEX_HOME take precedence over those of the environment, except for CODEX_ variables, which are ignored there; -v lists the variables from this file. Quotes around a value are ignored, with a warning. Do not write keys on a command line: every user of the machine can read them.",
  },
];
