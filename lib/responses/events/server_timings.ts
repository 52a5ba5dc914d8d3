/**
 * The server's own timings of a response. It sends them over a websocket whose upgrade asked for them.
 *
 * @module
 */
import type { JsonObject, ServerTimingsEvent } from "./events.ts";
import { isObject } from "../../text/json.ts";

/** Asks for them; a header of the upgrade. */
export const TIMINGS_HEADERS = { "x-responsesapi-include-timing-metrics": "true" } as const;

/** The event that holds them. */
export const TIMINGS_EVENT = "responsesapi.websocket_timing";

/**
 * Reads the event, by the names that the codex client (0.171.0) reads.
 *
 * @returns `undefined` if it holds none of them
 */
export function serverTimings({ timing_metrics: metrics }: JsonObject): ServerTimingsEvent | undefined {
  if (!isObject(metrics)) return undefined;
  const ms = (name: string): number | null => {
    const value = metrics[name];
    return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : null;
  };
  const timings = {
    overhead_ms: ms("responses_duration_excl_engine_and_client_tool_time_ms"),
    inference_ms: ms("engine_service_total_ms"),
    api_first_token_ms: ms("engine_iapi_ttft_total_ms"),
    engine_first_token_ms: ms("engine_service_ttft_total_ms"),
    api_token_gap_ms: ms("engine_iapi_tbt_across_engine_calls_ms"),
    engine_token_gap_ms: ms("engine_service_tbt_across_engine_calls_ms"),
  };
  if (Object.values(timings).every((value) => value === null)) return undefined;
  return { type: "culvert.server_timings", ...timings };
}
