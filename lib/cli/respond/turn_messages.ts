/**
 * Writes to stderr what happens during a turn: retries, warnings, recovery of the credential, rate limits, usage.
 *
 * @module
 */
import type { RateLimitSnapshot, ResponseEvent, TokenUsage } from "../../responses/events/events.ts";
import type { Reporter } from "../output/reporter.ts";

/** Writes the message for one event, if the reporter's level includes it. Events of the API have none. */
export function reportEvent(event: ResponseEvent, reporter: Reporter): void {
  switch (event.type) {
    case "culvert.connected": {
      const id = event.request_id === null ? "" : `, request ${event.request_id}`;
      const reused = event.reused ? " on an open connection" : "";
      return reporter.note(`connected to ${event.url} over ${event.transport}${reused}, ${event.route}${id}`);
    }
    case "culvert.retry":
      return reporter.progress(
        `retry ${event.attempt}/${event.max} in ${duration(event.delay_ms)}: ${event.message}`,
      );
    case "culvert.fallback":
      // A server that asks for SSE by the protocol itself (status 426) is no problem to report.
      return (event.quiet ? reporter.note : reporter.progress)(
        `using SSE instead of a websocket: ${event.reason}${event.hint === null ? "" : `. ${event.hint}`}`,
      );
    case "culvert.warning":
      return reporter.warn(event);
    case "culvert.auth":
      // Where nothing was tried, the error that follows gives the reason.
      if (event.outcome === "recovery_not_run") return reporter.note("401: the credential cannot be renewed");
      return reporter.progress(`401: ${spaced(event.phase)}: ${spaced(event.outcome)}`);
    case "culvert.reroute":
      return reporter.note(`rerouted from ${event.from_model} to ${event.to_model}`);
    case "culvert.server_model":
      return reporter.note(`answered by the model ${event.model}`);
    case "culvert.safety_buffering":
      return reporter.progress(
        `the server delays the output for a safety check (${event.reasons.join(", ")})`,
      );
    case "culvert.tool_output": {
      const time = duration(event.duration_ms);
      return reporter.progress(
        event.error === null
          ? `tool ${event.name}: done in ${time}`
          : `tool ${event.name}: failed after ${time}: ${event.error}`,
      );
    }
    case "culvert.rate_limits":
      return reporter.note(describeLimits(event.snapshot));
    default:
      return;
  }
}

/** Describes one family of rate limits in one line. */
function describeLimits(snapshot: RateLimitSnapshot): string {
  const windows = [snapshot.primary, snapshot.secondary].flatMap((window) => {
    if (window === null) return [];
    const span = window.window_minutes === null ? "" : ` of ${window.window_minutes} min`;
    return [`${window.used_percent}%${span} used`];
  });
  const credits = snapshot.credits?.balance ?? null;
  if (credits !== null) windows.push(`credits ${credits}`);
  const name = snapshot.limit_name ?? snapshot.limit_id ?? "codex";
  return `rate limit ${name}: ${windows.join(", ") || "no values"}`;
}

/** Describes the token counts of `--usage` in one line. */
export function describeUsage(usage: TokenUsage | null): string {
  if (usage === null) return "usage: the server reported no token counts";
  const cached = usage.cached_input_tokens === 0 ? "" : ` (${usage.cached_input_tokens} cached)`;
  const reasoning = usage.reasoning_output_tokens === 0
    ? ""
    : ` (${usage.reasoning_output_tokens} reasoning)`;
  return `usage: ${usage.input_tokens} input${cached} + ${usage.output_tokens} output${reasoning} = ` +
    `${usage.total_tokens} tokens`;
}

function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
