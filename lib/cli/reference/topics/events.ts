/**
 * The help topic `events`. The two tables are typed by the unions of events, so that an event that is added or removed
 * there must be added or removed here.
 *
 * @module
 */
import type { ApiEvent, CulvertEvent } from "../../../responses/events/events.ts";
import type { Topic } from "../topic.ts";

/** The program's own events. */
export const OWN_EVENTS: Readonly<Record<CulvertEvent["type"], string>> = {
  "culvert.connected": "the response headers have arrived: transport, url, route, request_id, reused",
  "culvert.retry": "an attempt failed and is repeated: level, attempt, max, delay_ms, code, message",
  "culvert.warning": "a warning; the turn continues: code, message",
  "culvert.auth": "a 401, and the result of the recovery: mode, phase, outcome, request_id",
  "culvert.rate_limits": "rate limits from headers or the stream: snapshot",
  "culvert.server_model": "the model that the server used: model",
  "culvert.reroute":
    "a model other than the requested one answers: from_model, to_model, reason; once per turn",
  "culvert.models_etag": "ETag of the model list: etag",
  "culvert.reasoning_included": "the server counts past reasoning itself",
  "culvert.model_verifications": "the account must be verified: verifications; once per turn",
  "culvert.moderation": "moderation data of the turn: metadata",
  "culvert.safety_buffering": "output is delayed by a safety check: model, use_cases, reasons, faster_model",
  "culvert.fallback": "SSE is used instead of the websocket: from, to, reason",
  "culvert.prewarm": "a prewarm request was made on a new websocket: response_id",
  "culvert.server_timings": "the server's own timings of the response, if requested",
  "culvert.tool_output":
    "a tool has run, and its output is sent to the model: name, duration_ms, error, item",
  "culvert.result":
    "the last line, exactly one: status, exit_code, response_id, request_id, model_requested, " +
    "model_served, transport, usage, rate_limits, timings_ms, error, summary (counts and times of requests, events, websockets and tokens)",
};

/** Events of the API that culvert uses; all others are passed on unchanged. */
export const API_EVENTS: Readonly<Record<ApiEvent["type"], string>> = {
  "response.created": "the response has begun",
  "response.output_item.added": "an item begins",
  "response.output_item.done": "an item is complete",
  "response.output_text.delta": "a part of the answer; without --json its text is printed on stdout",
  "response.custom_tool_call_input.delta": "a part of a custom tool's input",
  "response.reasoning_summary_text.delta": "a part of a reasoning summary",
  "response.reasoning_summary_text.done": "a complete reasoning summary",
  "response.reasoning_summary_part.added": "a new part of a reasoning summary begins",
  "response.reasoning_text.delta": "a part of raw reasoning",
  "response.completed": "the response is complete",
  "response.failed": "the response failed",
  "response.incomplete": "the response is incomplete",
  error: "the server reports an error outside a response",
  "response.metadata": "metadata: verification, moderation, safety buffering",
  "codex.rate_limits": "rate limits sent in the stream",
};

/** Lines that other commands print with `--json`. `culvert.result` also ends `transcribe` and `realtime`. */
export const OTHER_LINES: Readonly<Record<string, string>> = {
  "culvert.segment": "transcribe: an utterance: index, item_id, start_ms, end_ms, text; partial, error",
  "culvert.call": "realtime --sdp: a call was created: call_id, sdp",
  "culvert.request":
    "respond --dry-run: the request that would be sent: method, url, route, headers, body or frame",
  "culvert.compaction": "compact: method, input_items, output",
  "culvert.images": "image: created, background, quality, size, images (path, bytes, format)",
  "culvert.memories": "memories: memories",
  "culvert.models": "models: source, fetched_at, etag, models",
  "culvert.search": "search: output, encrypted_output, results",
  "culvert.usage": "usage: plan_type, rate_limits, reset_credits; tasks and cursor with --tasks",
  "culvert.auth_status":
    "auth status: usable, mode, source, provider, base_url, expires_at, problems, hint and more",
  "culvert.login": "auth login: mode, path, source, email, account_tail, plan",
  "culvert.refresh": "auth refresh: path, source, expires_at",
  "culvert.logout": "auth logout: was_signed_in, path, source",
  "culvert.report": "report: the whole report",
  "culvert.error": "a failure of any command except respond, transcribe and realtime: exit_code, error",
};

/** The topic. */
export const events: Topic = [
  {
    heading: "Lines of respond --json",
    text:
      "One JSON object per line: the events of the API unchanged (only a credential that an error message repeats is masked), and between them events of culvert, whose type begins with culvert. The last line is always one culvert.result. A retry or a warning is not an error.",
  },
  { heading: "Events of culvert", rows: Object.entries(OWN_EVENTS) },
  { heading: "Events of the API that culvert uses", rows: Object.entries(API_EVENTS) },
  { heading: "Lines of other commands with --json", rows: Object.entries(OTHER_LINES) },
  {
    heading: "Examples",
    text: [
      "  the answer      jq -rj 'select(.type == \"response.output_text.delta\").delta'",
      "  why it failed   tail -1 | jq -r '.error.code'",
      "  who answered    tail -1 | jq -r '.model_served'",
      "  tokens          tail -1 | jq '.usage.total_tokens'",
    ].join("\n"),
  },
];
