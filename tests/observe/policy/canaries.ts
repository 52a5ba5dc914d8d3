/** One observation of each kind, with a canary in every text, and the sinks that may contain each canary. */
import type { TelemetrySettings } from "../../../lib/config/otel/telemetry_settings.ts";
import type { Observation, RequestFacts } from "../../../lib/net/observer.ts";
import type { ProcessFacts } from "../../../lib/observe/records/process_facts.ts";

type Sink = "logs" | "traces" | "metrics" | "summary";

const EVERYWHERE: readonly Sink[] = ["logs", "traces", "metrics"];
const RECORDS: readonly Sink[] = ["logs", "traces"];

/** The sinks that may have each canary. */
export const CANARIES: Readonly<Record<string, readonly Sink[]>> = {
  // Content and identity.
  "canary-prompt": ["logs"],
  "canary-note": [],
  "canary-network-host": [],
  "canary-hostname": ["logs"],
  // Ids and categories.
  "canary-model": EVERYWHERE,
  "canary-served": ["traces", "metrics"],
  "canary-session": RECORDS,
  "canary-turn": ["traces"],
  "canary-provider": ["logs", "traces", "metrics"],
  "canary-request-id": RECORDS,
  "canary-ray": RECORDS,
  "canary-auth-error": RECORDS,
  "canary-auth-code": RECORDS,
  "canary-agent": RECORDS,
  "canary-task": RECORDS,
  "canary-recovery-id": RECORDS,
  "canary-phase": RECORDS,
  "canary-reason": RECORDS,
  "canary-response-id": ["traces"],
  "canary-previous": ["traces"],
  "canary-effort": RECORDS,
  "canary-summary": RECORDS,
  "canary-tier": ["traces"],
  "canary-kind": ["logs", "metrics"],
  "canary-limit": ["summary"],
  // Ids of successful requests are not evidence and are not exported.
  "canary-fine-id": [],
};

const request: RequestFacts = {
  transport: "http",
  endpoint: "/responses",
  attempt: 0,
  startedAt: 500,
  sessionId: "canary-session",
  turnId: "canary-turn",
  traceId: "0af7651916cd43dd8448eb211c80319c",
  parentSpanId: "b7ad6b7169203331",
  spanId: "00f067aa0ba902b7",
  model: "canary-model",
  authMode: "Chatgpt",
  agentId: "canary-agent",
  taskId: "canary-task",
  environment: {
    openaiApiKey: true,
    codexApiKey: false,
    codexApiKeyEnabled: true,
    providerKey: true,
    refreshTokenUrlOverride: false,
  },
};

const refused = {
  requestId: "canary-request-id",
  cfRay: "canary-ray",
  authError: "canary-auth-error",
  authErrorCode: "canary-auth-code",
};
const usage = {
  inputTokens: 5,
  cachedInputTokens: 1,
  cacheWriteInputTokens: 1,
  outputTokens: 3,
  reasoningOutputTokens: 1,
  totalTokens: 8,
};
const network = {
  transport: "http",
  host: "canary-network-host:443",
  route: "direct",
  startMs: 0,
  durationMs: 1,
} as const;

/** Returns the observations in the order in which a turn makes them. */
export function everyObservation(): readonly Observation[] {
  const common = { durationMs: 5, authHeaderAttached: true };
  const socket: RequestFacts = { ...request, transport: "websocket", spanId: "00f067aa0ba902b8" };
  return [
    { kind: "note", level: "info", message: "canary-note" },
    { kind: "connect", ...network },
    { kind: "tls", ...network, alpn: "h2" },
    { kind: "headers", ...network, method: "POST", status: 200 },
    {
      kind: "request",
      ...request,
      ...common,
      status: 401,
      error: "http 401",
      evidence: refused,
      spanId: "00f067aa0ba902b1",
    },
    {
      kind: "recovery",
      mode: "managed",
      phase: "canary-phase",
      outcome: "recovery_succeeded",
      reason: "canary-reason",
      stateChanged: true,
      endpoint: "/responses",
      transport: "http",
      evidence: { ...refused, requestId: "canary-recovery-id" },
    },
    { kind: "request", ...request, ...common, status: 200, evidence: { requestId: "canary-fine-id" } },
    {
      kind: "events",
      request,
      runs: [{ kind: "response.created", count: 1 }, { kind: "canary-kind", count: 2 }],
      waitMs: 3,
    },
    {
      kind: "response",
      ...request,
      outcome: "completed",
      events: 3,
      durationMs: 9,
      waitMs: 3,
      timeToFirstEventMs: 4,
      timeToFirstOutputMs: 5,
      modelServed: "canary-served",
      responseId: "canary-response-id",
      usage,
      serverTimings: { overheadMs: 1, inferenceMs: 2 },
    },
    { kind: "retry", level: "stream", error: "reset", delayMs: 200, sessionId: "canary-session" },
    { kind: "fallback", sessionId: "canary-session" },
    { kind: "request", ...socket, ...common, status: 101, evidence: {}, connectionReused: false },
    { kind: "events", request: socket, runs: [], waitMs: 3, error: "idle_timeout" },
    {
      kind: "response",
      ...socket,
      outcome: "failed",
      error: "idle_timeout",
      events: 0,
      durationMs: 9,
      waitMs: 9,
    },
    {
      kind: "turn",
      sessionId: "canary-session",
      turnId: "canary-turn",
      startedAt: 400,
      durationMs: 600,
      outcome: "completed",
      provider: "canary-provider",
      model: "canary-model",
      modelServed: "canary-served",
      reasoningEffort: "canary-effort",
      reasoningSummary: "canary-summary",
      serviceTier: "canary-tier",
      previousResponseId: "canary-previous",
      responseId: "canary-response-id",
      authMode: "Chatgpt",
      timeToFirstEventMs: 4,
      timeToFirstOutputMs: 5,
      timeToFirstTextMs: 6,
      usage,
      rateLimits: [{ limitId: "canary-limit" }],
      input: { texts: 1, characters: 13, images: 0 },
      prompt: "canary-prompt",
      spans: {
        traceId: "0af7651916cd43dd8448eb211c80319c",
        spanId: "b7ad6b7169203330",
        callSpanId: "b7ad6b7169203331",
        isSampled: true,
        headersFor: () => undefined,
      },
    },
  ];
}

/** Facts of a process with a canary in the name of its host. */
export const PROCESS: ProcessFacts = {
  originator: "culvert",
  version: "0.0.0",
  terminal: "xterm",
  serviceName: "culvert",
  resource: { "service.name": "culvert", "host.name": "canary-hostname", os: "linux" },
};

/** Settings without a destination. */
export const TELEMETRY: TelemetrySettings = {
  destinations: [],
  environment: "dev",
  resource: {},
  spanAttributes: {},
  tracestate: [],
  logUserPrompt: true,
  logSseDeltas: false,
  propagates: true,
  sampling: { isParentBased: true, ratio: 1 },
  metricIntervalMs: 60_000,
};
