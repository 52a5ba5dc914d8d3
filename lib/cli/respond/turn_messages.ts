/**
 * What is said on stderr while a turn runs: everything that stood in the way and what was done about it.
 *
 * @module
 */
import type { RateLimitSnapshot, ResponseEvent } from "../../responses/events/events.ts";
import type { Reporter } from "../output/reporter.ts";

/** Says one event, as much of it as the reporter lets through. Events of the API are not spoken of. */
export function narrate(event: ResponseEvent, reporter: Reporter): void {
  switch (event.type) {
    case "culvert.connected": {
      const how = event.reused ? "again" : "";
      const id = event.request_id === null ? "" : `, request ${event.request_id}`;
      return reporter.note(`connected ${how}to ${event.url} over ${event.transport}, ${event.route}${id}`);
    }
    case "culvert.retry":
      return reporter.progress(
        `retry ${event.attempt}/${event.max} in ${seconds(event.delay_ms)}: ${event.message}`,
      );
    case "culvert.fallback":
      // A server that asks for the change by its own protocol (426) is obeyed without a word.
      return (event.quiet ? reporter.note : reporter.progress)(
        `no websocket here, going on over SSE: ${event.reason}`,
      );
    case "culvert.warning":
      return reporter.warn(event);
    case "culvert.auth":
      // Where nothing could be tried, the error that follows tells why, and better.
      if (event.outcome === "recovery_not_run") return reporter.note("401: there is nothing to recover with");
      return reporter.progress(`401: ${words(event.phase)}: ${words(event.outcome)}`);
    case "culvert.reroute":
      return reporter.note(`rerouted from ${event.from_model} to ${event.to_model}`);
    case "culvert.server_model":
      return reporter.note(`the server says it uses ${event.model}`);
    case "culvert.safety_buffering":
      return reporter.progress(
        `the server holds output back for a safety check (${event.reasons.join(", ")})`,
      );
    case "culvert.rate_limits":
      return reporter.note(describeLimits(event.snapshot));
    default:
      return;
  }
}

/** One family of limits in one line. */
export function describeLimits(snapshot: RateLimitSnapshot): string {
  const windows = [snapshot.primary, snapshot.secondary].flatMap((window) => {
    if (window === null) return [];
    const span = window.window_minutes === null ? "" : ` of ${window.window_minutes} min`;
    return [`${window.used_percent}%${span} used`];
  });
  const credits = snapshot.credits?.balance ?? null;
  if (credits !== null) windows.push(`credits ${credits}`);
  return `limits ${snapshot.limit_name ?? snapshot.limit_id ?? "codex"}: ${
    windows.join(", ") || "nothing said"
  }`;
}

function words(name: string): string {
  return name.replaceAll("_", " ");
}

function seconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}
