/**
 * `culvert help events`. The two tables are typed by the unions of events, so that one that is added or taken
 * away there does not compile here.
 *
 * @module
 */
import type { ApiEvent, CulvertEvent } from "../../../responses/events/events.ts";
import type { Topic } from "../topic.ts";

/** The program's own events. */
export const OWN_EVENTS: Readonly<Record<CulvertEvent["type"], string>> = {
  "culvert.connected": "the head of the response is in: transport, url, route, request_id, reused",
  "culvert.retry": "something failed and is tried again: level, attempt, max, delay_ms, code, message",
  "culvert.warning": "to know, stops nothing: code, message",
  "culvert.auth": "a 401, and what recovery did: mode, phase, outcome, request_id",
  "culvert.rate_limits": "one family of limits, from headers or stream: snapshot",
  "culvert.server_model": "the model the server says it used: model",
  "culvert.reroute": "another model answers than was asked for: from_model, to_model, reason; once a turn",
  "culvert.models_etag": "ETag of the model list: etag",
  "culvert.reasoning_included": "the server counts past reasoning itself",
  "culvert.model_verifications": "the account is asked to verify itself: verifications; once a turn",
  "culvert.moderation": "moderation facts of the turn: metadata",
  "culvert.safety_buffering": "output is held back for a check: model, use_cases, reasons, faster_model",
  "culvert.fallback": "the websocket was given up for SSE: from, to, reason",
  "culvert.prewarm": "a warm-up request was made on a new websocket: response_id",
  "culvert.server_timings": "the server's own timings of the response, where it was asked for them",
  "culvert.result":
    "the last line, exactly one: status, exit_code, response_id, request_id, model_requested, " +
    "model_served, transport, usage, rate_limits, timings_ms, error",
};

/** Events of the API with a meaning here; all others are passed on as they come. */
export const API_EVENTS: Readonly<Record<ApiEvent["type"], string>> = {
  "response.created": "the response was opened",
  "response.output_item.added": "an item begins",
  "response.output_item.done": "an item is complete",
  "response.output_text.delta": "a piece of the answer; without --json its text goes to stdout",
  "response.custom_tool_call_input.delta": "a piece of a custom tool's input",
  "response.reasoning_summary_text.delta": "a piece of a reasoning summary",
  "response.reasoning_summary_text.done": "a reasoning summary, whole",
  "response.reasoning_summary_part.added": "a new part of a reasoning summary begins",
  "response.reasoning_text.delta": "a piece of raw reasoning",
  "response.completed": "the response is complete",
  "response.failed": "the response failed",
  "response.incomplete": "the response was cut short",
  error: "the server reports an error outside a response",
  "response.metadata": "side facts: verification, moderation, safety buffering",
  "codex.rate_limits": "rate limits pushed in the stream",
};

/** The topic. */
export const events: Topic = [
  {
    heading: "Lines of respond --json",
    text:
      "One JSON object a line: the events of the API unchanged (only a credential that a failure repeats is masked), and between them the program's own, whose type begins with culvert. The last line is always one culvert.result, whatever happened. A retry or a warning is never an error.",
  },
  { heading: "The program's own", rows: Object.entries(OWN_EVENTS) },
  { heading: "Of the API, with a meaning here", rows: Object.entries(API_EVENTS) },
  {
    heading: "For example",
    text: [
      "  the answer      jq -rj 'select(.type == \"response.output_text.delta\").delta'",
      "  why it failed   tail -1 | jq -r '.error.code'",
      "  who answered    tail -1 | jq -r '.model_served'",
      "  tokens          tail -1 | jq '.usage.total_tokens'",
    ].join("\n"),
  },
];
