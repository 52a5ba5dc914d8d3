/**
 * Describes observations as telemetry events, with the names of the codex client (0.171.0). Values are texts;
 * durations are whole milliseconds.
 *
 * @module
 */
import type {
  CallerFacts,
  EnvironmentFacts,
  EventsObservation,
  RecoveryObservation,
  RequestObservation,
  ResponseObservation,
} from "../../net/observer.ts";
import type { RetryObservation, TurnObservation } from "../../net/turn_observation.ts";
import type { TelemetryEvent } from "../policy/gate.ts";

type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** The recovery that a request follows. */
export interface FollowedRecovery {
  readonly mode: string;
  readonly phase: string;
}

/**
 * Describes a request: one attempt over HTTP, a websocket handshake, a request over a websocket, or both of
 * the last if the request opened its connection.
 *
 * @param after the recovery that caused it, if any
 */
export function requestEvents(
  seen: RequestObservation,
  after: FollowedRecovery | undefined,
  now: number,
): readonly TelemetryEvent[] {
  const { connectionReused, durationMs, endpoint, error, evidence, status } = seen;
  const place = placeOf(seen, now);
  const hasFailed = error !== undefined;
  const http = {
    "auth.header_attached": seen.authHeaderAttached,
    "auth.header_name": seen.authHeaderAttached ? "authorization" : undefined,
    "auth.retry_after_unauthorized": after !== undefined,
    "auth.recovery_mode": after?.mode,
    "auth.recovery_phase": after?.phase,
    // Ids of the server are evidence of a failure; successful requests do not need them.
    "auth.request_id": hasFailed ? evidence.requestId : undefined,
    "auth.cf_ray": hasFailed ? evidence.cfRay : undefined,
    "auth.error": evidence.authError,
    "auth.error_code": evidence.authErrorCode,
    "auth.agent_id": seen.agentId,
    "auth.task_id": seen.taskId,
  };
  const common = { ...commonOf(seen), ...environmentFields(seen.environment) };
  if (seen.transport === "http") {
    const fields = {
      ...common,
      ...http,
      duration_ms: durationMs,
      "http.response.status_code": status,
      "error.message": error,
      attempt: seen.attempt,
      endpoint,
    };
    return [{ key: "codex.api_request", ...place, attributes: texts(fields) }];
  }
  const events: TelemetryEvent[] = [];
  if (connectionReused !== true) {
    const fields = {
      ...common,
      ...http,
      duration_ms: durationMs,
      "http.response.status_code": hasFailed ? status : undefined,
      success: !hasFailed,
      "error.message": error,
      endpoint,
      "auth.connection_reused": false,
    };
    events.push({ key: "codex.websocket_connect", ...place, attributes: texts(fields) });
  }
  if (connectionReused !== undefined) {
    const fields = {
      ...common,
      // If the request opened its connection, the time of the handshake is not separate.
      duration_ms: connectionReused ? durationMs : undefined,
      success: !hasFailed,
      "error.message": error,
      "auth.connection_reused": connectionReused,
      "auth.agent_id": seen.agentId,
      "auth.task_id": seen.taskId,
    };
    events.push({ key: "codex.websocket_request", ...place, attributes: texts(fields) });
  }
  return events;
}

/**
 * Describes the events of a stream that arrived together.
 *
 * @param logsDeltas whether events whose kind ends with `.delta` are described too
 */
export function streamEvents(
  { error, request, runs, waitMs }: EventsObservation,
  logsDeltas: boolean,
  now: number,
): readonly TelemetryEvent[] {
  // Most batches of a fast stream contain only deltas.
  if (!logsDeltas && error === undefined && runs.every(({ kind }) => kind.endsWith(".delta"))) return [];
  const place = placeOf(request, now);
  const common = commonOf(request);
  const events: TelemetryEvent[] = [];
  let wait = waitMs;
  for (const { count, kind } of runs) {
    const isFailure = kind === "response.failed" || kind === "error";
    if (isFailure || (kind.endsWith(".delta") && !logsDeltas)) {
      wait = 0;
      continue;
    }
    for (let index = 0; index < count; index++) {
      const attributes = texts({ ...common, "event.kind": kind, duration_ms: wait });
      events.push({ key: "codex.sse_event", ...place, attributes });
      wait = 0;
    }
  }
  if (error !== undefined) {
    const fields = {
      ...common,
      "event.kind": runs.at(-1)?.kind ?? "unknown",
      duration_ms: waitMs,
      "error.message": error,
    };
    events.push({ key: "codex.sse_event failed", ...place, attributes: texts(fields) });
  }
  return events;
}

/** Describes the token counts of a response that completed. */
export function completionEvent(seen: ResponseObservation, now: number): readonly TelemetryEvent[] {
  const { outcome, usage } = seen;
  if (outcome !== "completed") return [];
  const fields = {
    ...commonOf(seen),
    "event.kind": "response.completed",
    input_token_count: usage?.inputTokens,
    output_token_count: usage?.outputTokens,
    cached_token_count: usage?.cachedInputTokens,
    cache_write_token_count: usage?.cacheWriteInputTokens,
    reasoning_token_count: usage?.reasoningOutputTokens,
    // The codex client sends the total under this name; consumers rely on it.
    tool_token_count: usage?.totalTokens,
    total_token_count: usage?.totalTokens,
    ttft_ms: seen.timeToFirstOutputMs,
  };
  return [{ key: "codex.sse_event completed", ...placeOf(seen, now), attributes: texts(fields) }];
}

/** Describes a step of recovery from 401. */
export function recoveryEvent(seen: RecoveryObservation, now: number): TelemetryEvent {
  return {
    key: "codex.auth_recovery",
    atMs: now,
    attributes: texts({
      "auth.mode": seen.mode,
      "auth.step": seen.phase,
      "auth.outcome": seen.outcome,
      "auth.request_id": seen.evidence.requestId,
      "auth.cf_ray": seen.evidence.cfRay,
      "auth.error": seen.evidence.authError,
      "auth.error_code": seen.evidence.authErrorCode,
      "auth.recovery_reason": seen.reason,
      "auth.state_changed": seen.stateChanged,
    }),
  };
}

/** Describes a retry. */
export function retryEvent(seen: RetryObservation, now: number): TelemetryEvent {
  const fields = {
    "conversation.id": seen.sessionId,
    level: seen.level,
    "error.message": seen.error,
    delay_ms: seen.delayMs,
  };
  return { key: "culvert.retry", atMs: now, attributes: texts(fields) };
}

/**
 * Describes a turn that has ended: the prompt, the time to the first output, and at the first turn of a
 * session the start of the conversation.
 *
 * @param isFirst whether it is the first turn of its session
 * @param environment the credentials in the environment, if a request reported them
 */
export function turnEvents(
  seen: TurnObservation,
  isFirst: boolean,
  environment: EnvironmentFacts | undefined,
): readonly TelemetryEvent[] {
  const { input, startedAt, timeToFirstOutputMs } = seen;
  const common = commonOf(seen);
  const place = {
    ...(seen.spans === undefined ? {} : { traceId: seen.spans.traceId, spanId: seen.spans.spanId }),
  };
  const events: TelemetryEvent[] = [];
  if (isFirst) {
    const fields = {
      ...common,
      ...environmentFields(environment),
      provider_name: seen.provider,
      reasoning_effort: seen.reasoningEffort,
      reasoning_summary: seen.reasoningSummary,
    };
    events.push({ key: "codex.conversation_starts", atMs: startedAt, ...place, attributes: texts(fields) });
  }
  const prompt = {
    ...common,
    prompt_length: input.characters,
    prompt: seen.prompt ?? "[REDACTED]",
    text_input_count: input.texts,
    image_input_count: input.images,
    local_image_input_count: 0,
  };
  events.push({ key: "codex.user_prompt", atMs: startedAt, ...place, attributes: texts(prompt) });
  if (timeToFirstOutputMs !== undefined) {
    const attributes = texts({ ...common, duration_ms: timeToFirstOutputMs });
    events.push({ key: "codex.turn_ttft", atMs: startedAt + timeToFirstOutputMs, ...place, attributes });
  }
  return events;
}

/** Returns the attributes that a request, a response and a turn have in common. */
function commonOf(
  seen: CallerFacts & { readonly sessionId?: string; readonly model?: string },
): Fields {
  return {
    "conversation.id": seen.sessionId,
    auth_mode: seen.authMode,
    model: seen.model,
    slug: seen.model,
  };
}

function placeOf(
  { spanId, traceId }: { readonly spanId?: string; readonly traceId?: string },
  now: number,
): Pick<TelemetryEvent, "atMs" | "spanId" | "traceId"> {
  if (spanId === undefined || traceId === undefined) return { atMs: now };
  return { atMs: now, spanId, traceId };
}

function environmentFields(facts: EnvironmentFacts | undefined): Fields {
  if (facts === undefined) return {};
  return {
    "auth.env_openai_api_key_present": facts.openaiApiKey,
    "auth.env_codex_api_key_present": facts.codexApiKey,
    "auth.env_codex_api_key_enabled": facts.codexApiKeyEnabled,
    // Never the configured name: some users configure the key itself in its place.
    "auth.env_provider_key_name": facts.providerKey === undefined ? undefined : "configured",
    "auth.env_provider_key_present": facts.providerKey,
    "auth.env_refresh_token_url_override_present": facts.refreshTokenUrlOverride,
  };
}

/** Returns the fields that have a value, as strings. */
function texts(fields: Fields): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {};
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    kept[name] = typeof value === "number" ? String(Math.round(value)) : String(value);
  }
  return kept;
}
