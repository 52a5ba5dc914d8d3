/**
 * Observations of requests, responses, turns and the network. Evidence, verbose logging, the runtime summary
 * and telemetry receive them through an {@link Observer}. None of them contains a token, a body, a query
 * string or a header map; the text of a prompt is included only for an observer that requests it.
 *
 * @module
 */
import type { Environment } from "../world/world.ts";
import type {
  FallbackObservation,
  ObservedServerTimings,
  ObservedUsage,
  RetryObservation,
  TraceHeaders,
  TurnObservation,
  TurnSpans,
} from "./turn_observation.ts";

/** The facts that a server sends with a refusal; each is `undefined` if it is absent. */
export interface ServerEvidence {
  /** `x-request-id`, else `x-oai-request-id`. */
  readonly requestId?: string;
  /** `cf-ray`. */
  readonly cfRay?: string;
  /** `x-openai-authorization-error`. */
  readonly authError?: string;
  /** `error.code` of the base64 JSON in `x-error-json`. */
  readonly authErrorCode?: string;
}

/** The credentials in the environment: only whether they are present, never a value or a configured name. */
export interface EnvironmentFacts {
  /** `OPENAI_API_KEY` is set and not blank. */
  readonly openaiApiKey: boolean;
  /** `CODEX_API_KEY` is set and not blank. */
  readonly codexApiKey: boolean;
  /** Whether `CODEX_API_KEY` is used by this program. */
  readonly codexApiKeyEnabled: boolean;
  /** The variable that the provider names is set and not blank; absent if it names none. */
  readonly providerKey?: boolean;
  /** `CODEX_REFRESH_TOKEN_URL_OVERRIDE` is set and not blank. */
  readonly refreshTokenUrlOverride: boolean;
}

/** Reads the environment. @param envKey the variable that the provider names, if any */
export function environmentFacts(env: Environment, envKey: string | undefined): EnvironmentFacts {
  const isPresent = (name: string) => (env(name) ?? "").trim() !== "";
  return {
    openaiApiKey: isPresent("OPENAI_API_KEY"),
    codexApiKey: isPresent("CODEX_API_KEY"),
    codexApiKeyEnabled: true,
    ...(envKey === undefined ? {} : { providerKey: isPresent(envKey) }),
    refreshTokenUrlOverride: isPresent("CODEX_REFRESH_TOKEN_URL_OVERRIDE"),
  };
}

/** The agent that signed a request, if any. */
export interface AgentIds {
  /** `agent_runtime_id`. */
  readonly agentId?: string;
  /** The id of the task that it was registered for. */
  readonly taskId?: string;
}

/** The credential and the agent of a request. */
export interface CallerFacts extends AgentIds {
  /** The kind of credential, in the groups of the codex client; absent if there is none. */
  readonly authMode?: "ApiKey" | "Chatgpt";
  /** The other credentials in the environment. */
  readonly environment?: EnvironmentFacts;
}

/** The facts that identify a request; the observation of its response repeats them. */
export interface RequestFacts extends CallerFacts {
  /** The transport of the request. */
  readonly transport: "http" | "websocket";
  /** Fixed per route of the API, such as `/responses`; never a full URL. */
  readonly endpoint: string;
  /** 0-based number of the send within its turn, API call or probe. */
  readonly attempt: number;
  /** Wall clock at the start of the request, ms since 1970. */
  readonly startedAt?: number;
  /** The session that the request belongs to. */
  readonly sessionId?: string;
  /** The turn that the request belongs to. */
  readonly turnId?: string;
  /** Id of this send: 16 hexadecimal digits, new for each. */
  readonly spanId?: string;
  /** Trace id of the caller's `traceparent`. */
  readonly traceId?: string;
  /** Span id of the caller's `traceparent`. */
  readonly parentSpanId?: string;
  /** The requested model. */
  readonly model?: string;
}

/** One HTTP attempt, websocket handshake or websocket request, from its start to the head of its answer. */
export interface RequestObservation extends RequestFacts {
  /** The discriminant of the union. */
  readonly kind: "request";
  /** Time from its start to the head of the answer, or to its failure, ms. */
  readonly durationMs: number;
  /** HTTP status, if one was received. */
  readonly status?: number;
  /** Short class of the failure (`http 401`, else the code of the error, such as `connect`), never a body. */
  readonly error?: string;
  /** Set if the service is not offered in the country or region that the request came from. */
  readonly denial?: "geographic";
  /** Whether the headers that were sent contain `Authorization`. */
  readonly authHeaderAttached: boolean;
  /** Ids and error codes from the headers of the answer. */
  readonly evidence: ServerEvidence;
  /** Set on a websocket request: whether the socket was already open. */
  readonly connectionReused?: boolean;
}

/**
 * One response, from its head to its end. Events are counted, not observed one by one: a fast stream has
 * 100,000 events a second.
 */
export interface ResponseObservation extends RequestFacts {
  /** The discriminant of the union. */
  readonly kind: "response";
  /** How it ended; `cancelled` if the reader left or the turn was aborted. */
  readonly outcome: "completed" | "failed" | "cancelled";
  /** The class of the failure of a failed response, as in a request. */
  readonly error?: string;
  /** Set on a websocket response, as in a request. */
  readonly connectionReused?: boolean;
  /** Server-sent events, or text frames of a websocket. */
  readonly events: number;
  /** Time from its head to its end, ms. */
  readonly durationMs: number;
  /** Time from the start of the request to the first event of the API, ms; absent if none arrived. */
  readonly timeToFirstEventMs?: number;
  /**
   * Time from the start of the request to the first text, reasoning or output item, ms; absent if none
   * arrived.
   */
  readonly timeToFirstOutputMs?: number;
  /** Part of the duration that was spent waiting for the next event, ms. */
  readonly waitMs: number;
  /** The id of the response, if the server sent one. */
  readonly responseId?: string;
  /** The server's own timings, if it sent them. */
  readonly serverTimings?: ObservedServerTimings;
  /** The model that answered, if the server reported it. */
  readonly modelServed?: string;
  /** Absent if the response reported no token counts. */
  readonly usage?: ObservedUsage;
}

/** Events of one kind that arrived directly after each other. */
export interface EventRun {
  /** The `type` in the JSON of the events. */
  readonly kind: string;
  /** The number of the events. */
  readonly count: number;
}

/**
 * Events that arrived together. Created only for an observer with {@link Observer.wantsEvents}, once for each
 * read of the stream, so that the cost does not grow with the number of events.
 */
export interface EventsObservation {
  /** The discriminant of the union. */
  readonly kind: "events";
  /** The request that the events answer. */
  readonly request: RequestFacts;
  /** The events in the order of arrival. */
  readonly runs: readonly EventRun[];
  /** Time until the first of them arrived, ms. The others arrived with it. */
  readonly waitMs: number;
  /** Set if the stream failed at this point: `http 401`, or the code of the error. */
  readonly error?: string;
}

/** One 401 handled by the recovery machine. The agent is the one that signed the refused request. */
export interface RecoveryObservation extends AgentIds {
  /** The discriminant of the union. */
  readonly kind: "recovery";
  /** The program that renews this credential: culvert, a command, or none. */
  readonly mode: "managed" | "external" | "none";
  /** The recovery step. */
  readonly phase: string;
  /** How it ended. */
  readonly outcome:
    | "recovery_succeeded"
    | "recovery_failed_permanent"
    | "recovery_failed_transient"
    | "recovery_not_run";
  /** A one-word reason why it failed or was not run. */
  readonly reason?: string;
  /** Whether the stored login changed. */
  readonly stateChanged?: boolean;
  /** The number of the 401 within its turn, starting at 1. */
  readonly count?: number;
  /** Fixed per route of the API, as in a request. */
  readonly endpoint: string;
  /** The transport of the refused request. */
  readonly transport: "http" | "websocket";
  /** The evidence that the server sent with the refusal. */
  readonly evidence: ServerEvidence;
}

/** The common fields of network observations. None of them contains a path, a query or a header. */
export interface NetworkFacts {
  /** The purpose of the connection: an HTTP exchange, a websocket, or a byte stream. */
  readonly transport: "http" | "websocket" | "stream";
  /** The target, `host:port`. */
  readonly host: string;
  /** `direct`, or the scheme of the proxy. */
  readonly route: "direct" | "http" | "https" | "socks5" | "socks5h";
  /** Start on the monotonic clock of the `World`, ms. */
  readonly startMs: number;
  /** Time from the start to the end of the step, ms. */
  readonly durationMs: number;
  /** The code of the error, if the step failed. */
  readonly error?: string;
}

/**
 * A connection to the first hop, and the tunnel of the proxy if there is one. Not made for HTTP exchanges:
 * the runtime's client does not report its connections.
 */
export interface ConnectObservation extends NetworkFacts {
  /** The discriminant of the union. */
  readonly kind: "connect";
}

/** A TLS handshake with the target. Not made for HTTP exchanges. */
export interface TlsObservation extends NetworkFacts {
  /** The discriminant of the union. */
  readonly kind: "tls";
  /** The protocol that ALPN selected. */
  readonly alpn?: string;
}

/** One request and the head of its answer; each redirect is a separate request. */
export interface HeadersObservation extends NetworkFacts {
  /** The discriminant of the union. */
  readonly kind: "headers";
  /** `GET`, `POST`, … */
  readonly method: string;
  /** HTTP status, if a head was received. */
  readonly status?: number;
  /** Whether the connection was already open. Absent if the runtime does not report it. */
  readonly reused?: boolean;
}

/** One step of a connection. */
export type NetworkObservation = ConnectObservation | TlsObservation | HeadersObservation;

/** A line for `-v`: the route, the roots, a retry. */
export interface NoteObservation {
  /** The discriminant of the union. */
  readonly kind: "note";
  /** The number of `-v` flags that shows the line. */
  readonly level: "info" | "debug";
  /** The line. */
  readonly message: string;
}

/** Any observation. */
export type Observation =
  | RequestObservation
  | ResponseObservation
  | EventsObservation
  | RetryObservation
  | FallbackObservation
  | TurnObservation
  | RecoveryObservation
  | NetworkObservation
  | NoteObservation;

/** Receives observations. */
export interface Observer {
  /** Receives one observation. Must not throw and must not block. */
  readonly observe: (observation: Observation) => void;
  /** Whether it receives {@link EventsObservation}. Default false: none are created. */
  readonly wantsEvents?: boolean;
  /** Whether {@link TurnObservation} contains the text of the prompt. Default false. */
  readonly wantsPrompts?: boolean;
  /**
   * Starts the trace of a turn or of a single call. Absent: the observer does not trace.
   *
   * @param parent the caller's span, if it has one
   */
  readonly startTrace?: (parent?: TraceHeaders) => TurnSpans;
}

/** Builds an observer that calls a function for each observation and keeps nothing. */
export function observerOf(observe: (observation: Observation) => void): Observer {
  return { observe };
}

/** An observer that ignores everything. */
export const SILENT: Observer = observerOf(() => {});

/**
 * Combines observers: each receives every observation. The trace is that of the first observer that traces.
 *
 * @param observers at least one
 */
export function combineObservers(...observers: readonly Observer[]): Observer {
  const [first] = observers;
  if (first !== undefined && observers.length === 1) return first;
  const tracing = observers.find(({ startTrace }) => startTrace !== undefined);
  return {
    observe: (observation) => {
      for (const each of observers) each.observe(observation);
    },
    wantsEvents: observers.some(({ wantsEvents }) => wantsEvents === true),
    wantsPrompts: observers.some(({ wantsPrompts }) => wantsPrompts === true),
    ...(tracing?.startTrace === undefined ? {} : { startTrace: tracing.startTrace }),
  };
}
