import type { Exchange } from "../../../../lib/capture/record/read/exchanges.ts";
import { turnsOfExchange } from "../../../../lib/capture/record/read/turns.ts";
import { assertEquals } from "../../../support/assert.ts";

const BASE = { v: 1, id: "x", t_ms: 0, wall_ms: 0, channel: "model" } as const;
const NO_SIZES = { request_wire: 0, request: 0, response_wire: 0, response: 0 };
const NO_TIMES = {
  blocked: -1,
  dns: -1,
  connect: -1,
  ssl: -1,
  send: -1,
  wait: -1,
  first_event: -1,
  first_output: -1,
  receive: -1,
};

/** Returns an exchange with a request, whose response is a stream of events at 10 ms, 20 ms and so on. */
function streamed(path: string, events: readonly { event: string; json_type?: string; data?: string }[]) {
  return {
    id: "x",
    channel: "model",
    interim: [],
    chunks: [],
    messages: [],
    errors: [],
    request: {
      ...BASE,
      seq: 0,
      kind: "http.request",
      connection: 1,
      method: "POST",
      url: `https://api.example.com/v1/${path}`,
      http_version: "HTTP/1.1",
      headers: [],
    },
    events: events.map((event, index) => ({
      ...BASE,
      ...event,
      seq: index + 1,
      t_ms: 10 * (index + 1),
      kind: "sse.event",
      index,
      offset: 0,
      size: 0,
    })),
  } satisfies Exchange;
}

Deno.test("an event whose type is the name of a method of Object does not end a turn", () => {
  const exchange = streamed("responses", [{ event: "constructor", json_type: "constructor" }]);
  const [turn] = turnsOfExchange(exchange, () => undefined);
  assertEquals(turn?.outcome, "open");
});

Deno.test("a streamed Chat Completion has its outcome, model, tokens and first token", () => {
  const chunk = (choices: readonly unknown[], usage?: unknown) =>
    JSON.stringify({
      id: "chatcmpl-1",
      object: "chat.completion.chunk",
      model: "some-model",
      choices,
      usage,
    });
  const end = {
    ...BASE,
    seq: 90,
    t_ms: 90,
    kind: "http.end",
    outcome: "ok",
    sizes: NO_SIZES,
    timings: NO_TIMES,
  } as const;
  const turnOf = (texts: readonly string[]) => {
    const exchange = streamed("chat/completions", texts.map((data) => ({ event: "message", data })));
    return turnsOfExchange({ ...exchange, end }, (holder) => holder?.data)[0];
  };
  const role = chunk([{ index: 0, delta: { role: "assistant", content: "" }, finish_reason: null }]);
  const word = chunk([{ index: 0, delta: { content: "Hi" }, finish_reason: null }]);
  const ended = (reason: string) => chunk([{ index: 0, delta: {}, finish_reason: reason }]);
  const counts = {
    prompt_tokens: 9,
    completion_tokens: 2,
    total_tokens: 11,
    prompt_tokens_details: { cached_tokens: 4 },
  };
  const whole = turnOf([role, word, ended("stop"), chunk([], counts), "[DONE]"]);
  assertEquals(
    [whole?.outcome, whole?.model, whole?.response_id, whole?.first_token_ms],
    ["completed", "some-model", "chatcmpl-1", 20],
  );
  assertEquals([whole?.usage?.input_tokens, whole?.usage?.cached_input_tokens], [9, 4]);
  assertEquals(turnOf([role, word, ended("length"), "[DONE]"])?.outcome, "incomplete");
  assertEquals(turnOf([role, word])?.outcome, "aborted");
});
