import type { JsonObject } from "../../../lib/responses/events/events.ts";
import { outputText, userMessage } from "../../../lib/responses/events/items.ts";
import { type BodyContext, requestBody, type TurnRequest } from "../../../lib/responses/request/request.ts";
import { assertEquals } from "../../support/assert.ts";
import { REQUEST_ROWS } from "./request_rows.ts";

const CONTEXT: BodyContext = {
  providerName: "OpenAI",
  sessionId: "s-1",
  clientMetadata: { session_id: "s-1" },
};
const PLAIN: TurnRequest = { model: "gpt-test", input: [userMessage("hi")] };

function body(request: Partial<TurnRequest>, context: Partial<BodyContext> = {}): JsonObject {
  return JSON.parse(JSON.stringify(requestBody({ ...PLAIN, ...request }, { ...CONTEXT, ...context })));
}

Deno.test("a plain request has the fields of the codex client, in its order", () => {
  assertEquals(
    JSON.stringify(body({ instructions: "Be brief." })),
    JSON.stringify({
      model: "gpt-test",
      instructions: "Be brief.",
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hi" }] }],
      tools: [],
      tool_choice: "auto",
      parallel_tool_calls: true,
      reasoning: {},
      store: false,
      stream: true,
      include: ["reasoning.encrypted_content"],
      prompt_cache_key: "s-1",
      client_metadata: { session_id: "s-1" },
    }),
  );
});

for (const { name, request, field, value } of REQUEST_ROWS) {
  Deno.test(`request body: ${name}`, () => assertEquals(body(request)[field], value));
}

Deno.test("only item ids that look like the server's own are sent, and the caller's items are not modified", () => {
  const item = (id: string) => ({ ...userMessage("x"), id });
  const input = [
    item("msg_1"),
    item("0b2f6f0e-8a4e-4c3e-9d0a-000000000000"),
    item(""),
    item("_x"),
    item("x_"),
  ];
  const sent = body({ input }).input;
  assertEquals(Array.isArray(sent) && sent.map(({ id }) => id), [
    "msg_1",
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  assertEquals(input[1]?.id, "0b2f6f0e-8a4e-4c3e-9d0a-000000000000");
});

Deno.test("the two private fields are sent only to OpenAI, and ids are sent to every server", () => {
  const call = {
    type: "function_call",
    id: "fc_1",
    name: "f",
    arguments: "{}",
    call_id: "c",
    encrypted_function_args: "secret",
    internal_chat_message_metadata_passthrough: { turn_id: "t" },
  };
  assertEquals(body({ input: [call] }).input, [call]);
  assertEquals(body({ input: [call] }, { providerName: "openai" }).input, [
    { type: "function_call", id: "fc_1", name: "f", arguments: "{}", call_id: "c" },
  ]);
});

Deno.test("reasoning items are sent back in the form that the API accepts", () => {
  const reasoning = (rest: JsonObject) => ({ type: "reasoning", summary: [], ...rest });
  const text = { type: "text", text: "x" };
  const thought = { type: "reasoning_text", text: "x" };
  assertEquals(
    body({ input: [reasoning({}), reasoning({ content: [text] }), reasoning({ content: [text, thought] })] })
      .input,
    [
      { type: "reasoning", summary: [], encrypted_content: null, content: null },
      { type: "reasoning", summary: [], encrypted_content: null },
      { type: "reasoning", summary: [], content: [text, thought], encrypted_content: null },
    ],
  );
});

Deno.test("a lite model gets tools and instructions as items, no image detail and no parallel calls", () => {
  const image = { type: "input_image", image_url: "data:,", detail: "high" };
  const sent = body({
    lite: true,
    instructions: "Be brief.",
    tools: [{ type: "web_search" }],
    input: [{ type: "message", role: "user", content: [image] }],
  });
  assertEquals([sent.instructions, sent.tools, sent.parallel_tool_calls], [undefined, undefined, false]);
  assertEquals(sent.reasoning, { context: "all_turns" });
  assertEquals(sent.input, [
    { type: "additional_tools", role: "developer", tools: [{ type: "web_search" }] },
    { type: "message", role: "developer", content: [{ type: "input_text", text: "Be brief." }] },
    { type: "message", role: "user", content: [{ type: "input_image", image_url: "data:," }] },
  ]);
});

Deno.test("the text of a message is that of its output parts, and other items have no text", () => {
  const content = [{ type: "output_text", text: "a" }, { type: "refusal", refusal: "x" }, {
    type: "output_text",
    text: "b",
  }];
  assertEquals(outputText({ type: "message", role: "assistant", content }), "ab");
  assertEquals(outputText({ type: "reasoning", summary: [] }), "");
});
