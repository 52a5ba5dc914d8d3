/**
 * Formats the runtime summary as text.
 *
 * @module
 */
import type { CountAndTime, RuntimeFigures, ServerFigures } from "./figures.ts";

/** Returns one line for each group of figures that are not all zero. */
export function describeFigures(figures: RuntimeFigures): readonly string[] {
  const { connections, events, processing_ms, requests, server, websocket } = figures;
  const groups: readonly (readonly [name: string, parts: readonly (string | undefined)[]])[] = [
    ["requests", [
      timed(requests, "HTTP request"),
      counted(requests.failed, "failed", "failed"),
      counted(figures.retries, "retry", "retries"),
      counted(figures.recoveries, "recovery from 401", "recoveries from 401"),
      counted(figures.fallbacks, "change from websocket to SSE", "changes from websocket to SSE"),
    ]],
    ["websocket", [
      timed(websocket.connects, "connection"),
      timed(websocket.requests, "request"),
      counted(connections.reused, "response on an open connection", "responses on an open connection"),
    ]],
    ["stream", [
      timed(events, "event", "waited for"),
      timed(websocket.events, "message", "waited for"),
      after("first event", figures.time_to_first_event_ms),
      after("first output", figures.time_to_first_output_ms),
      events.count + websocket.events.count === 0 ? undefined : `processing ${duration(processing_ms)}`,
    ]],
    ["server", server === null ? [] : serverParts(server)],
    ["tokens", tokenParts(figures)],
  ];
  return groups.flatMap(([name, parts]) => {
    const present = parts.filter((part) => part !== undefined);
    return present.length === 0 ? [] : [`summary: ${name}: ${present.join(", ")}`];
  });
}

function tokenParts({ tokens }: RuntimeFigures): readonly string[] {
  if (tokens === null) return [];
  return [
    `${tokens.input} input`,
    `${tokens.cached_input} cached`,
    `${tokens.output} output`,
    `${tokens.reasoning_output} reasoning`,
    `${tokens.total} in all`,
  ];
}

function serverParts(server: ServerFigures): readonly (string | undefined)[] {
  return [
    named("overhead", server.overhead_ms),
    named("inference", server.inference_ms),
    named("first token (API)", server.api_first_token_ms),
    named("first token (engine)", server.engine_first_token_ms),
    named("between tokens (API)", server.api_token_gap_ms),
    named("between tokens (engine)", server.engine_token_gap_ms),
  ];
}

function timed({ count, duration_ms }: CountAndTime, one: string, verb?: string): string | undefined {
  if (count === 0) return undefined;
  const time = verb === undefined ? duration(duration_ms) : `${verb} ${duration(duration_ms)}`;
  return `${count} ${count === 1 ? one : `${one}s`} (${time})`;
}

function counted(count: number, one: string, many: string): string | undefined {
  return count === 0 ? undefined : `${count} ${count === 1 ? one : many}`;
}

function after(what: string, ms: number | null): string | undefined {
  return ms === null ? undefined : `${what} after ${duration(ms)}`;
}

function named(what: string, ms: number | null): string | undefined {
  return ms === null ? undefined : `${what} ${duration(ms)}`;
}

/** Formats a duration: `1.2s` from one second on, `12ms` below; at most one digit after the point. */
function duration(ms: number): string {
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)}s` : `${Math.round(ms * 10) / 10}ms`;
}
