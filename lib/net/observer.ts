/**
 * Observations of requests, responses, turns and the network. Evidence, verbose logging, the runtime summary and
 * telemetry receive them through an {@link Observer}. None of them holds a token, a body, a query string or a header
 * map; the text of a prompt is in one only for an observer that asks for it.
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

/** Four facts that a server leaves on a refusal; each empty-handed as `undefined`. */
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

/** What the environment holds of credentials: presence alone, never a value or a configured name. */
export interface EnvironmentFacts {
  /** `OPENAI_API_KEY` is set and not blank. */
  readonly openaiApiKey: boolean;
  /** `CODEX_API_KEY` is set and not blank. */
  readonly codexApiKey: boolean;
  /** Whether `CODEX_API_KEY` counts here at all. */
  readonly codexApiKeyEnabled: boolean;
  /** The variable that the provider names is set and not blank; absent where it names none. */
  readonly providerKey?: boolean;
  /** `CODEX_REFRESH_TOKEN_URL_OVERRIDE` is set and not blank. */
  readonly refreshTokenUrlOverride: boolean;
}

/** Looks. @param envKey the variable that the provider names, if any */
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

/** The agent that signed a request, where one did. */
export interface AgentIds {
  /** `agent_runtime_id`. */
  readonly agentId?: string;
  /** Of the task that it was registered for. */
  readonly taskId?: string;
}

/** As whom a request was made. */
export interface CallerFacts extends AgentIds {
  /** The kind of credential, folded as the codex client folds it; absent where there is none. */
  readonly authMode?: "ApiKey" | "Chatgpt";
  /** What else there would have been. */
  readonly environment?: EnvironmentFacts;
}

/** What identifies a request; the observation of its response repeats it. */
export interface RequestFacts extends CallerFacts {
  /** What the request was sent over. */
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
  /** The model that was asked for. */
  readonly model?: string;
}

/** One HTTP attempt, websocket handshake or websocket request, from its start to the head of its answer. */
export interface RequestObservation extends RequestFacts {
  /** Discriminates. */
  readonly kind: "request";
  /** From its start to the head of the answer, or to its failure, ms. */
  readonly durationMs: number;
  /** HTTP status, where one was received. */
  readonly status?: number;
  /** Short class of the failure (`http 401`, else the code of the error, such as `connect`), never a body. */
  readonly error?: string;
  /** Set where the service is not offered in the country or region that the request came from. */
  readonly denial?: "geographic";
  /** Whether the headers that were sent contain `Authorization`. */
  readonly authHeaderAttached: boolean;
  /** Ids and error codes from the headers of the answer. */
  readonly evidence: ServerEvidence;
  /** Set on a websocket request: whether the socket was there before. */
  readonly connectionReused?: boolean;
}

/**
 * One response that was read, from its head to its end. Events are counted, not observed one by one: a fast stream has
 * 100,000 events a second.
 */
export interface ResponseObservation extends RequestFacts {
  /** Discriminates. */
  readonly kind: "response";
  /** How it ended; `cancelled` when the reader left or the turn was aborted. */
  readonly outcome: "completed" | "failed" | "cancelled";
  /** Of a failed response: as in a request. */
  readonly error?: string;
  /** Set on a websocket response, as in a request. */
  readonly connectionReused?: boolean;
  /** Server-sent events, or text frames of a websocket. */
  readonly events: number;
  /** From its head to its end, ms. */
  readonly durationMs: number;
  /** From the start of the request to the first event of the API, ms; absent where none came. */
  readonly timeToFirstEventMs?: number;
  /** From the start of the request to the first text, reasoning or output item, ms; absent where none came. */
  readonly timeToFirstOutputMs?: number;
  /** Part of the duration that was spent waiting for the next event, ms. */
  readonly waitMs: number;
  /** The id of the response, where the server gave one. */
  readonly responseId?: string;
  /** The server's own timings, where it sent them. */
  readonly serverTimings?: ObservedServerTimings;
  /** The model that answered, where the server said so. */
  readonly modelServed?: string;
  /** Absent where the response reported no token counts. */
  readonly usage?: ObservedUsage;
}

/** Events of one kind that arrived directly after each other. */
export interface EventRun {
  /** The `type` in the JSON of the events. */
  readonly kind: string;
  /** How many they are. */
  readonly count: number;
}

/**
 * Events that arrived together. Made only for an observer with {@link Observer.wantsEvents}, once for each read of the
 * stream, so that the cost does not grow with the number of events in it.
 */
export interface EventsObservation {
  /** Discriminates. */
  readonly kind: "events";
  /** The request that they answer. */
  readonly request: RequestFacts;
  /** The events in the order of arrival. */
  readonly runs: readonly EventRun[];
  /** Wait before the first of them arrived, ms. The others arrived with it. */
  readonly waitMs: number;
  /** Set where the stream failed here: `http 401`, or the code of the error. */
  readonly error?: string;
}

/** One 401 handled by the recovery machine. The agent is the one that signed the refused request. */
export interface RecoveryObservation extends AgentIds {
  /** Discriminates. */
  readonly kind: "recovery";
  /** Who renews this credential: culvert itself, a command, or neither. */
  readonly mode: "managed" | "external" | "none";
  /** The step that was taken. */
  readonly phase: string;
  /** How it ended. */
  readonly outcome:
    | "recovery_succeeded"
    | "recovery_failed_permanent"
    | "recovery_failed_transient"
    | "recovery_not_run";
  /** Why it failed or was not run, in one word. */
  readonly reason?: string;
  /** Whether the stored login changed. */
  readonly stateChanged?: boolean;
  /** The number of the 401 within its turn, from 1. */
  readonly count?: number;
  /** Fixed per route of the API, as in a request. */
  readonly endpoint: string;
  /** What the refused request was made over. */
  readonly transport: "http" | "websocket";
  /** What the server left on the refusal. */
  readonly evidence: ServerEvidence;
}

/** What the observations of the network have in common. None of them holds a path, a query or a header. */
export interface NetworkFacts {
  /** What the connection is for: an HTTP exchange, a websocket, or a byte stream. */
  readonly transport: "http" | "websocket" | "stream";
  /** The target, `host:port`. */
  readonly host: string;
  /** `direct`, or the scheme of the proxy. */
  readonly route: "direct" | "http" | "https" | "socks5" | "socks5h";
  /** Start by the monotonic clock of the `World`, ms. */
  readonly startMs: number;
  /** From the start to the end of the step, ms. */
  readonly durationMs: number;
  /** The code of the error, where the step failed. */
  readonly error?: string;
}

/**
 * A connection to the first hop was made, and through it the tunnel of the proxy. HTTP exchanges have none of these:
 * the runtime's client does not report its connections.
 */
export interface ConnectObservation extends NetworkFacts {
  /** Discriminates. */
  readonly kind: "connect";
}

/** A TLS handshake with the target. HTTP exchanges have none of these. */
export interface TlsObservation extends NetworkFacts {
  /** Discriminates. */
  readonly kind: "tls";
  /** The protocol agreed by ALPN. */
  readonly alpn?: string;
}

/** One request and the head of its answer; each redirect is a request of its own. */
export interface HeadersObservation extends NetworkFacts {
  /** Discriminates. */
  readonly kind: "headers";
  /** `GET`, `POST`, … */
  readonly method: string;
  /** HTTP status, where a head was received. */
  readonly status?: number;
  /** Whether the connection was open before. Absent where the runtime does not report it. */
  readonly reused?: boolean;
}

/** A step on the network. */
export type NetworkObservation = ConnectObservation | TlsObservation | HeadersObservation;

/** A line worth reading with `-v`: which route, which roots, what was retried. */
export interface NoteObservation {
  /** Discriminates. */
  readonly kind: "note";
  /** How closely one must look to want it. */
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

/** Receives observations, and forwards them where it is told to: to memory, to a file, to a collector. */
export interface Observer {
  /** Takes one observation. Must not throw and must not block. */
  readonly observe: (observation: Observation) => void;
  /**
   * Waits until everything observed has been forwarded, or until the deadline. Never rejects.
   *
   * @param deadlineMs longest wait, ms
   */
  readonly flush: (deadlineMs: number) => Promise<void>;
  /** Whether it takes {@link EventsObservation}. Default false: none are made. */
  readonly wantsEvents?: boolean;
  /** Whether the text of the prompt is put into {@link TurnObservation}. Default false. */
  readonly wantsPrompts?: boolean;
  /**
   * Starts the trace of a turn or of a single call. Absent: the observer does not trace.
   *
   * @param parent the caller's span, where it gave one
   */
  readonly startTrace?: (parent?: TraceHeaders) => TurnSpans;
}

/** Builds an observer that calls a function for each observation and keeps nothing. */
export function observerOf(observe: (observation: Observation) => void): Observer {
  return { observe, flush: () => Promise.resolve() };
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
    flush: async (deadlineMs) => void await Promise.all(observers.map((each) => each.flush(deadlineMs))),
    wantsEvents: observers.some(({ wantsEvents }) => wantsEvents === true),
    wantsPrompts: observers.some(({ wantsPrompts }) => wantsPrompts === true),
    ...(tracing?.startTrace === undefined ? {} : { startTrace: tracing.startTrace }),
  };
}
