/**
 * The telemetry of one process: receives observations, describes them as spans, log records and metrics, and
 * passes these to the gate.
 *
 * @module
 */
import type { TelemetrySettings } from "../../config/otel/telemetry_settings.ts";
import type {
  EnvironmentFacts,
  EventsObservation,
  Observation,
  RecoveryObservation,
  RequestObservation,
  ResponseObservation,
} from "../../net/observer.ts";
import type { TurnObservation } from "../../net/turn_observation.ts";
import type { World } from "../../world/world.ts";
import type { Gate, TelemetryEvent } from "../policy/gate.ts";
import {
  completionEvent,
  type FollowedRecovery,
  recoveryEvent,
  requestEvents,
  retryEvent,
  streamEvents,
  turnEvents,
} from "../records/events_of.ts";
import { METRICS } from "../records/instruments.ts";
import { eventMetrics, requestMetrics, responseMetrics, turnMetrics } from "../records/metrics_of.ts";
import { boundedOriginator, type ProcessFacts } from "../records/process_facts.ts";
import type { SpanEvent, SpanIds } from "../records/records.ts";
import { attemptSpan, turnSpans } from "../records/spans_of.ts";

/** Maximum number of stored attempts without an end, of sessions, and of unsampled traces; the oldest are removed. */
const MAX_REMEMBERED = 256;
/** Maximum number of events of one span; further ones are dropped. */
const MAX_SPAN_EVENTS = 64;

interface OpenAttempt {
  readonly request: RequestObservation;
  readonly events: SpanEvent[];
}

/** Describes observations and passes them to a gate. */
export class Telemetry {
  readonly #gate: Gate;
  readonly #settings: TelemetrySettings;
  readonly #facts: ProcessFacts;
  readonly #world: Pick<World, "now">;
  readonly #attempts = new Map<string, OpenAttempt>();
  /** The span of the last turn of each session. */
  readonly #lastTurns = new Map<string, SpanIds | undefined>();
  /** Trace ids whose spans are not exported. */
  readonly #unsampled = new Map<string, true>();
  /** Events for the span of the turn that ends next. */
  #turnEvents: SpanEvent[] = [];
  #followed: FollowedRecovery | undefined;
  #environment: EnvironmentFacts | undefined;
  #tags: { readonly key: string; readonly tags: Readonly<Record<string, string>> } | undefined;

  constructor(gate: Gate, settings: TelemetrySettings, facts: ProcessFacts, world: Pick<World, "now">) {
    this.#gate = gate;
    this.#settings = settings;
    this.#facts = facts;
    this.#world = world;
    const originator = boundedOriginator(facts.originator);
    gate.measure({ instrument: METRICS.processStart, value: 1, tags: { originator } });
  }

  /** Receives one observation. */
  readonly observe = (observation: Observation): void => {
    switch (observation.kind) {
      case "request":
        return this.#request(observation);
      case "events":
        return this.#events(observation);
      case "response":
        return this.#response(observation);
      case "turn":
        return this.#turn(observation);
      case "recovery":
        return this.#recovery(observation);
      case "retry":
        return this.#ofTurn(retryEvent(observation, this.#world.now()));
      case "fallback":
        return this.#gate.measure({
          instrument: METRICS.fallback,
          value: 1,
          tags: { ...this.#tagsFor({}), from_wire_api: "responses_websocket" },
        });
      default:
        // Network steps and notes contain hosts and paths, and are not exported.
        return;
    }
  };

  #request(seen: RequestObservation): void {
    const now = this.#world.now();
    this.#environment = seen.environment ?? this.#environment;
    for (const measurement of requestMetrics(seen, this.#tagsFor(seen))) this.#gate.measure(measurement);
    const events = this.#admit(requestEvents(seen, this.#followed, now));
    this.#followed = undefined;
    if (!this.#gate.hasTraces || seen.spanId === undefined || seen.traceId === undefined) return;
    const isOpen = seen.endpoint === "/responses" && seen.error === undefined &&
      (seen.transport === "http" || seen.connectionReused !== undefined);
    if (!isOpen) return this.#endAttempt({ request: seen, events }, undefined, now);
    remember(this.#attempts, seen.spanId, { request: seen, events });
  }

  #events(seen: EventsObservation): void {
    if (this.#gate.hasMetrics) {
      eventMetrics(seen, this.#tagsFor(seen.request), (measurement) => this.#gate.measure(measurement));
    }
    if (!this.#gate.hasLogs && seen.error === undefined) return;
    const events = this.#admit(streamEvents(seen, this.#settings.logSseDeltas, this.#world.now()));
    this.#addTo(seen.request.spanId, events);
  }

  #response(seen: ResponseObservation): void {
    const now = this.#world.now();
    for (const measurement of responseMetrics(seen, this.#tagsFor(seen))) this.#gate.measure(measurement);
    this.#addTo(seen.spanId, this.#admit(completionEvent(seen, now)));
    const attempt = seen.spanId === undefined ? undefined : this.#attempts.get(seen.spanId);
    if (attempt === undefined || seen.spanId === undefined) return;
    this.#attempts.delete(seen.spanId);
    this.#endAttempt(attempt, seen, now);
  }

  #endAttempt(
    { events, request }: OpenAttempt,
    response: ResponseObservation | undefined,
    now: number,
  ): void {
    const span = attemptSpan(request, response, events, now);
    if (span !== undefined && !this.#unsampled.has(span.traceId)) this.#gate.span(span);
  }

  #turn(seen: TurnObservation): void {
    const previous = this.#lastTurns.get(seen.sessionId);
    const isFirst = !this.#lastTurns.has(seen.sessionId);
    for (const measurement of turnMetrics(seen, isFirst, this.#tagsFor(seen))) {
      this.#gate.measure(measurement);
    }
    const own = this.#admit(turnEvents(seen, isFirst, this.#environment));
    const events = [...this.#turnEvents.splice(0), ...own].slice(0, MAX_SPAN_EVENTS);
    this.#lastTurns.delete(seen.sessionId);
    remember(this.#lastTurns, seen.sessionId, seen.spans);
    if (seen.spans?.isSampled !== true) return;
    for (const span of turnSpans(seen, events, previous)) this.#gate.span(span);
  }

  #recovery(seen: RecoveryObservation): void {
    this.#followed = seen.outcome === "recovery_succeeded"
      ? { mode: seen.mode, phase: seen.phase }
      : undefined;
    this.#ofTurn(recoveryEvent(seen, this.#world.now()));
  }

  /** Admits an event that belongs to the running turn, without naming its span. */
  #ofTurn(event: TelemetryEvent): void {
    const admitted = this.#admit([event]);
    if (this.#turnEvents.length < MAX_SPAN_EVENTS) this.#turnEvents.push(...admitted);
  }

  #addTo(spanId: string | undefined, events: readonly SpanEvent[]): void {
    const attempt = spanId === undefined ? undefined : this.#attempts.get(spanId);
    if (attempt !== undefined && attempt.events.length < MAX_SPAN_EVENTS) attempt.events.push(...events);
  }

  /** Passes events to the gate; returns those that may be events of a span. */
  #admit(events: readonly TelemetryEvent[]): SpanEvent[] {
    const { originator, terminal, version } = this.#facts;
    return events.flatMap((event) => {
      const admitted = this.#gate.event({
        ...event,
        attributes: {
          ...event.attributes,
          "event.name": event.key.split(" ")[0] ?? event.key,
          "event.timestamp": new Date(event.atMs).toISOString(),
          "app.version": version,
          originator,
          "terminal.type": terminal,
        },
      });
      return admitted === undefined ? [] : [admitted];
    });
  }

  /**
   * Returns the tags that every metric of a session has. The last ones are cached, because a fast stream
   * needs them often.
   */
  #tagsFor(
    { authMode = "none", model = "none" }: { readonly authMode?: string; readonly model?: string },
  ): Readonly<Record<string, string>> {
    const key = `${authMode} ${model}`;
    if (this.#tags?.key === key) return this.#tags.tags;
    const { originator, serviceName, version } = this.#facts;
    const tags = {
      auth_mode: authMode,
      session_source: "cli",
      originator: boundedOriginator(originator),
      service_name: serviceName,
      model,
      "app.version": version,
    };
    this.#tags = { key, tags };
    return tags;
  }

  /** Notes that the spans of a trace are not exported. */
  excludeTrace(traceId: string): void {
    remember(this.#unsampled, traceId, true);
  }
}

function remember<V>(map: Map<string, V>, key: string, value: V): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MAX_REMEMBERED && oldest !== undefined) map.delete(oldest);
}
