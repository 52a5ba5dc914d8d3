/**
 * W3C Trace Context of a request: connects the spans of the server with those of the caller.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Environment } from "../../world/world.ts";

/** The span of the caller (W3C Trace Context). */
export interface TraceContext {
  /** Version, trace id, span id and flags in lower hex: `00-4bf9…4736-00f0…02b7-01`. */
  readonly traceparent: string;
  /** Entries of tracing systems, such as `rojo=00f067aa0ba902b7`. */
  readonly tracestate?: string;
}

/** W3C Trace Context, §3.2.2. Ids of only zeros are invalid. */
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/**
 * Checks a trace: both values must be valid in a header.
 *
 * @throws CulvertError `usage`
 */
export function checkedTrace({ traceparent, tracestate }: TraceContext): TraceContext {
  const wrong = !TRACEPARENT.test(traceparent)
    ? "traceparent"
    : tracestate !== undefined && !TRACESTATE.test(tracestate)
    ? "tracestate"
    : undefined;
  if (wrong !== undefined) {
    throw new CulvertError(
      "usage",
      `The trace of a turn has a ${wrong} that W3C Trace Context does not allow`,
      {
        hint: "A traceparent is 00-<32 hex digits>-<16 hex digits>-<2 hex digits>, all in lower case.",
      },
    );
  }
  return { traceparent, ...(tracestate === undefined ? {} : { tracestate }) };
}

/**
 * Reads the span that started this process, from `TRACEPARENT` and `TRACESTATE`. `TRACESTATE` alone is
 * ignored.
 *
 * @returns `undefined` if there is none, or if it is not valid
 */
export function processTrace(env: Environment): TraceContext | undefined {
  const traceparent = env("TRACEPARENT")?.trim() ?? "";
  if (!TRACEPARENT.test(traceparent)) return undefined;
  const tracestate = env("TRACESTATE")?.trim() ?? "";
  return { traceparent, ...(TRACESTATE.test(tracestate) ? { tracestate } : {}) };
}

/** Returns the headers of an HTTP request. */
export function traceHeaders(trace: TraceContext | undefined): Readonly<Record<string, string>> {
  return trace === undefined ? {} : { ...trace };
}

/** Returns the entries of `client_metadata`, since a websocket has no headers for each request. */
export function traceMetadata(trace: TraceContext | undefined): Readonly<Record<string, string>> {
  if (trace === undefined) return {};
  const { traceparent, tracestate } = trace;
  return {
    ws_request_header_traceparent: traceparent,
    ...(tracestate === undefined ? {} : { ws_request_header_tracestate: tracestate }),
  };
}

/** Returns the ids in a `traceparent`, for observations. */
export function traceIds(
  trace: TraceContext | undefined,
): { readonly traceId?: string; readonly parentSpanId?: string } {
  const [, traceId, parentSpanId] = trace?.traceparent.split("-") ?? [];
  if (traceId === undefined || parentSpanId === undefined) return {};
  return { traceId, parentSpanId };
}
