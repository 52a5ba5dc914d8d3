/**
 * Starts traces and creates the headers of W3C Trace Context (https://www.w3.org/TR/trace-context/).
 *
 * @module
 */
import type { TelemetrySettings, TracestateMember } from "../../config/otel/telemetry_settings.ts";
import type { TraceHeaders, TurnSpans } from "../../net/turn_observation.ts";
import { randomTraceId } from "../../text/trace_id.ts";

/** Maximum number of members of `tracestate` (W3C Trace Context, §3.3.1.1). */
const MAX_MEMBERS = 32;
/** Longest `tracestate` that is sent, characters. */
const MAX_TRACESTATE = 512;

/** Starts the traces of one process. */
export class TraceStarter {
  readonly #settings: Pick<TelemetrySettings, "propagates" | "sampling" | "tracestate">;
  readonly #process: TraceHeaders | undefined;

  /** @param process the caller's span of the whole process, from `TRACEPARENT` */
  constructor(
    settings: Pick<TelemetrySettings, "propagates" | "sampling" | "tracestate">,
    process: TraceHeaders | undefined,
  ) {
    this.#settings = settings;
    this.#process = process;
  }

  /** Starts a trace, or continues that of the parent. */
  start(given?: TraceHeaders): TurnSpans {
    const { propagates, sampling, tracestate } = this.#settings;
    const parent = given ?? this.#process;
    const [, parentTrace, parentSpanId, flags] = parent?.traceparent.split("-") ?? [];
    const traceId = parentTrace ?? randomTraceId(16);
    const isSampled = flags !== undefined && sampling.isParentBased
      ? (Number.parseInt(flags, 16) & 1) === 1
      : isInShare(traceId, sampling.ratio);
    const state = mergedTracestate(parent?.tracestate, tracestate);
    return {
      traceId,
      spanId: randomTraceId(8),
      callSpanId: randomTraceId(8),
      ...(parentSpanId === undefined ? {} : { parentSpanId }),
      isSampled,
      headersFor: (spanId) =>
        propagates
          ? {
            traceparent: `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`,
            ...(state === undefined ? {} : { tracestate: state }),
          }
          : undefined,
    };
  }
}

/**
 * Merges configured members into a `tracestate`: known fields are replaced, unknown ones are kept, and the
 * changed members come first, in the order of the configuration.
 */
function mergedTracestate(
  inherited: string | undefined,
  members: readonly TracestateMember[],
): string | undefined {
  const present = new Map(
    (inherited ?? "").split(",").flatMap((member) => {
      const at = member.indexOf("=");
      return at < 1 ? [] : [[member.slice(0, at).trim(), member.slice(at + 1).trim()] as const];
    }),
  );
  const touched = members.map(({ fields, name }) => {
    const before = (present.get(name) ?? "").split(";").filter((field) => field !== "");
    present.delete(name);
    const kept = before.map((field) => {
      const [key = ""] = field.split(":");
      return Object.hasOwn(fields, key) ? `${key}:${fields[key]}` : field;
    });
    const known = new Set(before.map((field) => field.split(":")[0]));
    const added = Object.entries(fields).filter(([key]) => !known.has(key)).map(([key, value]) =>
      `${key}:${value}`
    );
    return `${name}=${[...kept, ...added].join(";")}`;
  });
  const all = [...touched, ...[...present].map(([name, value]) => `${name}=${value}`)].slice(0, MAX_MEMBERS);
  // Whole members are removed from the end, as the specification requires.
  while (all.join(",").length > MAX_TRACESTATE) all.pop();
  return all.length === 0 ? undefined : all.join(",");
}

/** Decides by the trace id, so that the decision is the same for all parts of a trace. */
function isInShare(traceId: string, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-8), 16) < ratio * 2 ** 32;
}
