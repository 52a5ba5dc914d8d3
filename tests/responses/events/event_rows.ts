/** Valid and invalid bodies of streams, and the result of a turn for each. */
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { COMPLETED, CREATED, delta, type EventRow, failsWith, type Reading } from "../turn/reading.ts";

const message = (phase?: string) => ({
  type: "response.output_item.done",
  item: { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hi" }], phase },
});

function completes(reading: Reading): void {
  assertEquals([reading.result.status, reading.result.exit_code, reading.result.error], [
    "completed",
    0,
    null,
  ]);
}

/** Events, then the end. */
const around = (...events: readonly object[]) => [...events, COMPLETED];

/** The content of a stream, and the check of its turn. */
export const EVENT_ROWS: readonly EventRow[] = [
  {
    name:
      "items, then a completed event that holds an id only: all pass, the phase is kept, usage stays unknown",
    events: [message("commentary"), message(), COMPLETED],
    check: (reading) => {
      completes(reading);
      const items = reading.of("response.output_item.done").map(({ item }) => item.phase);
      assertEquals(items, ["commentary", undefined]);
      assertEquals(reading.result.usage, null);
    },
  },
  {
    name: "a stream that ends without its terminal event fails",
    events: [message()],
    check: (reading) => {
      assertEquals(reading.of("response.output_item.done").length, 1);
      failsWith("stream_closed", 5)(reading);
    },
  },
  {
    name: "cache writes, cached tokens and reasoning tokens are counted exactly",
    events: [{
      type: "response.completed",
      response: {
        id: "resp_1",
        usage: {
          input_tokens: 100,
          input_tokens_details: { cached_tokens: 40, cache_write_tokens: 60 },
          output_tokens: 7,
          output_tokens_details: { reasoning_tokens: 5 },
          total_tokens: 107,
          codex_rollout_budget_units: 2.5,
        },
      },
    }],
    check: ({ result }) =>
      assertEquals(result.usage, {
        input_tokens: 100,
        cached_input_tokens: 40,
        cache_write_input_tokens: 60,
        output_tokens: 7,
        reasoning_output_tokens: 5,
        total_tokens: 107,
      }),
  },
  {
    name: "usage details that are null count as zero",
    events: [{
      type: "response.completed",
      response: {
        id: "resp_1",
        usage: {
          input_tokens: 1,
          input_tokens_details: null,
          output_tokens: 2,
          output_tokens_details: null,
          total_tokens: 3,
        },
      },
    }],
    check: ({ result }) => {
      assertEquals(result.usage?.cached_input_tokens, 0);
      assertEquals(result.usage?.reasoning_output_tokens, 0);
    },
  },
  {
    name: "unreadable usage causes a warning and keeps the answer",
    events: [{ type: "response.completed", response: { id: "r", usage: { input_tokens: "many" } } }],
    check: (reading) => {
      completes(reading);
      assertEquals(reading.of("culvert.warning").map(({ code }) => code), ["usage_unreadable"]);
    },
  },
  {
    name: "a completed reasoning summary has item id, index and text",
    events: around({
      type: "response.reasoning_summary_text.done",
      item_id: "rs_1",
      summary_index: 0,
      text: "Why",
    }),
    check: (reading) => assertEquals(reading.of("response.reasoning_summary_text.done")[0]?.text, "Why"),
  },
  {
    name: "a tool search call keeps its arguments as an object",
    events: around({
      type: "response.output_item.done",
      item: { type: "tool_search_call", execution: "client", arguments: { query: "x" } },
    }),
    check: (reading) =>
      assertEquals(reading.of("response.output_item.done")[0]?.item.arguments, { query: "x" }),
  },
  {
    name: "a delta of a custom tool's input has both ids",
    events: around({
      type: "response.custom_tool_call_input.delta",
      item_id: "ctc_1",
      call_id: "c1",
      delta: "ls",
    }),
    check: (reading) => {
      const [event] = reading.of("response.custom_tool_call_input.delta");
      assertEquals([event?.item_id, event?.call_id, event?.delta], ["ctc_1", "c1", "ls"]);
    },
  },
  {
    name: "unused deltas and unknown events are passed through without an effect",
    events: around(
      { type: "response.function_call_arguments.delta", delta: "{" },
      { type: "response.new_tool_event", anything: 1 },
      { type: "response.refusal.delta", delta: "no" },
      { type: "response.mcp_call_arguments.delta", delta: "{" },
      { type: "response.reasoning_summary_text.delta", delta: "x", summary_index: 0.5 },
    ),
    check: (reading) => {
      completes(reading);
      assertEquals(reading.of("other").map(({ name }) => name), [
        "response.function_call_arguments.delta",
        "response.new_tool_event",
        "response.refusal.delta",
        "response.mcp_call_arguments.delta",
        "response.reasoning_summary_text.delta",
      ]);
    },
  },
  {
    name: "the request id and model of the head are reported before any event of the body",
    events: [CREATED, COMPLETED],
    headers: { "x-request-id": "req_7", "OpenAI-Model": "gpt-test" },
    check: (reading) => {
      assertEquals(reading.types.slice(0, 3), [
        "culvert.connected",
        "culvert.server_model",
        "response.created",
      ]);
      assertEquals(reading.of("culvert.connected")[0]?.request_id, "req_7");
      assertEquals([reading.result.request_id, reading.result.model_served], ["req_7", "gpt-test"]);
    },
  },
  {
    name: "the events of the head have the order model, rate limits, ETag, reasoning",
    events: [COMPLETED],
    headers: {
      "openai-model": "gpt-test",
      "x-codex-primary-used-percent": "12.5",
      "x-models-etag": '"e"',
      "x-reasoning-included": "",
    },
    check: (reading) =>
      assertEquals(reading.types.slice(1, 5), [
        "culvert.server_model",
        "culvert.rate_limits",
        "culvert.models_etag",
        "culvert.reasoning_included",
      ]),
  },
  {
    name: "a header that recommends verification causes no event",
    events: [COMPLETED],
    headers: { "openai-verification-recommendation": "trusted_access_for_cyber" },
    check: (reading) => assertEquals(reading.of("culvert.model_verifications"), []),
  },
  {
    name: "`response.model` in a body causes no event and no reroute",
    events: around({ type: "response.created", response: { id: "r", model: "gpt-other" } }),
    check: (reading) => {
      assertEquals(reading.of("culvert.server_model"), []);
      assertEquals(reading.of("culvert.reroute"), []);
    },
  },
  {
    name: "the model in the headers of an event's response is reported before that event",
    events: around({ type: "response.created", response: { id: "r", headers: { "OpenAI-Model": "gpt-5" } } }),
    check: (reading) =>
      assertEquals(reading.types.slice(1, 5), [
        "culvert.server_model",
        "culvert.reroute",
        "culvert.warning",
        "response.created",
      ]),
  },
  {
    name: "the model in an event's own headers is read, also from a list",
    events: around({ type: "response.metadata", headers: { "x-openai-model": ["gpt-5", "x"] } }),
    check: (reading) => assertEquals(reading.of("culvert.server_model")[0]?.model, "gpt-5"),
  },
  {
    name: "the headers of the response take precedence over those of the event",
    events: around({
      type: "response.created",
      headers: { "openai-model": "outer" },
      response: { id: "r", headers: { "openai-model": "inner" } },
    }),
    check: (reading) => assertEquals(reading.of("culvert.server_model").map(({ model }) => model), ["inner"]),
  },
  {
    name:
      "data that is not JSON, not an object, or claims to be one of the program's own events is left out and counted",
    events: ["not-json", "[1]", '"text"', "{}", '{"type":"culvert.result"}', COMPLETED, "[DONE]"],
    check: (reading) => {
      completes(reading);
      const [warning] = reading.of("culvert.warning");
      assertEquals(warning?.code, "events_skipped");
      assertIncludes(warning?.message ?? "", "5 of");
      assertEquals(reading.of("culvert.result").length, 1);
    },
  },
  {
    name: "response.done of a completed response ends the turn immediately",
    events: [CREATED, delta("Hi"), {
      type: "response.done",
      response: { id: "resp_9", status: "completed" },
    }],
    isHeld: true,
    check: (reading) => {
      completes(reading);
      assertEquals(reading.result.response_id, "resp_9");
    },
  },
  {
    name: "response.done without a status and without a response counts as completed",
    events: [CREATED, delta("Hi"), { type: "response.done" }],
    isHeld: true,
    check: completes,
  },
  {
    name: "response.done of a failed response is a failure",
    events: [
      CREATED,
      {
        type: "response.done",
        response: { id: "resp_1", status: "failed", error: { code: "invalid_prompt", message: "bad" } },
      },
    ],
    isHeld: true,
    check: failsWith("invalid_request", 8, "bad"),
  },
  {
    name: "response.done of an incomplete response contains the reason",
    events: [
      CREATED,
      {
        type: "response.done",
        response: { id: "r", status: "incomplete", incomplete_details: { reason: "max_output_tokens" } },
      },
    ],
    isHeld: true,
    check: (reading) => {
      failsWith("incomplete", 8, "max_output_tokens")(reading);
      assertExcludes(reading.result.error?.hint ?? "", "again");
    },
  },
  {
    name: "[DONE] after text instead of a terminal event completes the turn with a warning",
    events: [CREATED, delta("Hi"), "[DONE]"],
    isHeld: true,
    check: (reading) => {
      completes(reading);
      const [warning] = reading.of("culvert.warning");
      assertEquals(warning?.code, "no_terminal_event");
      assertIncludes(warning?.message ?? "", "[DONE]");
    },
  },
  {
    name: "[DONE] before any output fails and names the events that the gateway omitted",
    events: [CREATED, "[DONE]"],
    isHeld: true,
    check: failsWith("stream_closed", 5, "no terminal event"),
  },
  {
    name: "a damaged delta is repaired when output_text.done repeats the text",
    events: [
      CREATED,
      delta("one "),
      '{"type":"response.output_text.delta","del',
      delta("three"),
      { type: "response.output_text.done", text: "one two three" },
      COMPLETED,
    ],
    check: (reading) => {
      completes(reading);
      assertEquals(reading.of("culvert.warning").map(({ code }) => code), [
        "event_damaged",
        "events_skipped",
      ]);
    },
  },
  {
    name: "a damaged delta that no later event repeats fails the turn",
    events: [CREATED, delta("one "), '{"type":"response.output_text.delta","del', delta("three"), COMPLETED],
    check: failsWith("response_failed", 8, "Part of the answer is lost"),
  },
  {
    name: "a delta that is not a string counts as damaged",
    events: [{ type: "response.output_text.delta", delta: { not: "text" } }, COMPLETED],
    check: failsWith("response_failed", 8, "Part of the answer is lost"),
  },
  {
    name: "a completed response without an id fails and names the field that could not be read",
    events: [{ type: "response.completed", response: {} }],
    check: failsWith("response_failed", 8, "response.id"),
  },
  {
    name: "an incomplete response causes one error with the reason, and one request",
    events: [{
      type: "response.incomplete",
      response: { incomplete_details: { reason: "content_filter" } },
    }],
    check: (reading) => {
      failsWith("incomplete", 8, "content_filter")(reading);
      assertEquals(reading.result.status, "incomplete");
    },
  },
  {
    name: "rate limits pushed in the stream are reported like those in headers",
    events: around({
      type: "codex.rate_limits",
      plan_type: "plus",
      rate_limits: { primary: { used_percent: 42, window_minutes: 60, reset_at: 1700000000 } },
    }),
    check: (reading) => {
      const primary = { used_percent: 42, window_minutes: 60, resets_at: 1700000000 };
      assertEquals(reading.of("culvert.rate_limits")[0]?.snapshot.primary, primary);
      assertEquals(reading.result.rate_limits[0]?.plan_type, "plus");
      assertEquals(reading.types.slice(1, 3), ["culvert.rate_limits", "codex.rate_limits"]);
    },
  },
  {
    name: "an error event with a status is classified like a reply with that status",
    events: [{ type: "error", status: 400, error: { message: "image unsupported" } }],
    check: failsWith("invalid_request", 8, "image unsupported"),
  },
  {
    name: "a flat error event ends the response with its code and message",
    events: [{ type: "error", code: "context_length_exceeded", message: "too long", param: null }],
    isHeld: true,
    check: failsWith("context_window", 8, "too long"),
  },
  {
    name: "an error event without a status does not end the response",
    events: [{ type: "error", error: { code: "usage_limit_reached", message: "soon" } }, COMPLETED],
    check: completes,
  },
  {
    name: "an error event without a status explains why the stream then closes",
    events: [{ type: "error", error: { code: "server_error", message: "the engine fell over" } }],
    check: failsWith("response_failed", 8, "the engine fell over"),
  },
];
