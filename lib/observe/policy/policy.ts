/**
 * The routing policy of telemetry, in one table: which attribute of which event is allowed in the logs and in
 * the traces. Data that is not in the table is not exported. Only the gate in this folder applies it.
 *
 * Never exported, and therefore in no row: tokens, `Authorization` values, cookies, bodies, URLs with their
 * query, and the configured name of a provider's key variable.
 *
 * @module
 */

/** The signals in which an attribute is allowed. */
export type Audience = "logs" | "traces" | "both";

/** The attributes of one event. */
export type EventRow = Readonly<Record<string, Audience>>;

/** Attributes that every event has. */
export const COMMON: EventRow = {
  "event.name": "both",
  "event.timestamp": "both",
  "conversation.id": "both",
  "app.version": "both",
  auth_mode: "both",
  originator: "both",
  "terminal.type": "both",
  model: "both",
  slug: "both",
  "user.account_id": "logs",
  "user.email": "logs",
};

/** The credentials in the environment: only whether they are present. */
const AUTH_ENV: EventRow = {
  "auth.env_openai_api_key_present": "both",
  "auth.env_codex_api_key_present": "both",
  "auth.env_codex_api_key_enabled": "both",
  "auth.env_provider_key_name": "both",
  "auth.env_provider_key_present": "both",
  "auth.env_refresh_token_url_override_present": "both",
};

/** The authentication of a request, and the evidence that the server sends with a refusal. */
const AUTH_HTTP: EventRow = {
  "auth.header_attached": "both",
  "auth.header_name": "both",
  "auth.retry_after_unauthorized": "both",
  "auth.recovery_mode": "both",
  "auth.recovery_phase": "both",
  "auth.request_id": "both",
  "auth.cf_ray": "both",
  "auth.error": "both",
  "auth.error_code": "both",
  "auth.agent_id": "both",
  "auth.task_id": "both",
};

/** Every event, with the attributes that it has in addition to {@link COMMON}. */
export const EVENTS = {
  "codex.conversation_starts": {
    provider_name: "both",
    ...AUTH_ENV,
    reasoning_effort: "both",
    reasoning_summary: "both",
  },
  "codex.api_request": {
    duration_ms: "both",
    "http.response.status_code": "both",
    "error.message": "both",
    attempt: "both",
    endpoint: "both",
    ...AUTH_ENV,
    ...AUTH_HTTP,
  },
  "codex.websocket_connect": {
    duration_ms: "both",
    "http.response.status_code": "both",
    success: "both",
    "error.message": "both",
    endpoint: "both",
    "auth.connection_reused": "both",
    ...AUTH_ENV,
    ...AUTH_HTTP,
  },
  "codex.websocket_request": {
    duration_ms: "both",
    success: "both",
    "error.message": "both",
    "auth.connection_reused": "both",
    "auth.agent_id": "both",
    "auth.task_id": "both",
    ...AUTH_ENV,
  },
  /** An event of a stream that is not a failure: there are too many of them for traces. */
  "codex.sse_event": { "event.kind": "logs", duration_ms: "logs" },
  "codex.sse_event failed": { "event.kind": "both", duration_ms: "both", "error.message": "both" },
  "codex.sse_event completed": {
    "event.kind": "both",
    input_token_count: "both",
    output_token_count: "both",
    cached_token_count: "both",
    cache_write_token_count: "both",
    reasoning_token_count: "both",
    tool_token_count: "both",
    total_token_count: "both",
    ttft_ms: "both",
    service_tier: "both",
    model_reasoning_effort: "both",
  },
  "codex.auth_recovery": {
    "auth.mode": "both",
    "auth.step": "both",
    "auth.outcome": "both",
    "auth.request_id": "both",
    "auth.cf_ray": "both",
    "auth.error": "both",
    "auth.error_code": "both",
    "auth.recovery_reason": "both",
    "auth.state_changed": "both",
  },
  "codex.user_prompt": {
    prompt_length: "both",
    prompt: "logs",
    text_input_count: "traces",
    image_input_count: "traces",
    local_image_input_count: "traces",
  },
  "codex.turn_ttft": { duration_ms: "both" },
  "culvert.retry": { level: "both", "error.message": "both", delay_ms: "both" },
} as const satisfies Readonly<Record<string, EventRow>>;

/** A row of {@link EVENTS}. Rows of one event with different attributes have a word after its name. */
export type EventKey = keyof typeof EVENTS;

/**
 * Attributes that spans may have. They are exported in traces, so none of them contains content or identity.
 */
export const SPAN_ATTRIBUTES: readonly string[] = [
  ...["thread.id", "turn.id", "model", "conversation.id", "transport", "wire_api", "http.method", "api.path"],
  ...["attempt", "success", "error.message", "http.response.status_code", "auth.connection_reused"],
  ...["codex.turn.reasoning_effort", "codex.request.reasoning_effort"],
  ...["input", "cached_input", "cache_write_input", "non_cached_input", "output", "reasoning_output", "total"]
    .map((kind) => `codex.turn.token_usage.${kind}_tokens`),
  ...["reasoning_output_tokens", "total_tokens"].map((kind) => `codex.usage.${kind}`),
  ...["operation.name", "provider.name", "conversation.id", "output.type"].map((name) => `gen_ai.${name}`),
  ...["model", "stream", "reasoning.level", "previous_response.id"].map((name) => `gen_ai.request.${name}`),
  ...["id", "model", "finish_reasons", "time_to_first_chunk"].map((name) => `gen_ai.response.${name}`),
  ...["input_tokens", "output_tokens", "cache_read.input_tokens", "cache_write.input_tokens"]
    .map((name) => `gen_ai.usage.${name}`),
  ...["gen_ai.usage.reasoning.output_tokens", "openai.api.type", "openai.request.service_tier", "error.type"],
];

/** Tags that metrics may have. */
export const METRIC_TAGS: readonly string[] = [
  ...["auth_mode", "session_source", "originator", "service_name", "model", "app.version"],
  ...["status", "success", "kind", "token_type", "from_wire_api"],
  ...["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model"],
  ...["gen_ai.token.modality", "error.type"],
];

/** Resource attributes that are kept from the traces and the metrics. */
export const LOGS_ONLY_RESOURCE: readonly string[] = ["host.name"];

/** Resource attributes that only metrics have. */
export const METRICS_ONLY_RESOURCE: readonly string[] = ["os", "os_version"];
