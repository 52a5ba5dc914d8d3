/**
 * Converts requests and recoveries to facts that may be sent to support: fixed names, statuses, times and ids
 * of the server.
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import type { Observation } from "../../net/observer.ts";

/** Returns the facts of a request or a recovery; `undefined` for every other observation. */
export function observationFacts(seen: Observation): Readonly<Record<string, DetailValue>> | undefined {
  if (seen.kind !== "request" && seen.kind !== "recovery") return undefined;
  const { endpoint, transport, evidence } = seen;
  const ids = {
    request_id: evidence.requestId ?? null,
    cf_ray: evidence.cfRay ?? null,
    ...(seen.agentId === undefined ? {} : { agent_id: seen.agentId, task_id: seen.taskId ?? null }),
  };
  if (seen.kind === "recovery") {
    const { mode, phase, outcome, reason } = seen;
    return { kind: "recovery", endpoint, transport, mode, phase, outcome, reason: reason ?? null, ...ids };
  }
  return {
    kind: "request",
    endpoint,
    transport,
    duration_ms: Math.round(seen.durationMs),
    status: seen.status ?? null,
    error: seen.error ?? null,
    auth_header_attached: seen.authHeaderAttached,
    ...(seen.denial === undefined ? {} : { denial: seen.denial }),
    ...ids,
  };
}
