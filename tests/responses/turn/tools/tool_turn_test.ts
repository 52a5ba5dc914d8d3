/** Turns that run functions for the tools which the model calls. */
import { userMessage } from "../../../../lib/responses/events/items.ts";
import type { ToolFunction } from "../../../../lib/responses/turn/tools/tool_call.ts";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import {
  CREATED,
  delta,
  held,
  HELLO,
  readTurn,
  runScript,
  scriptedServer,
  session,
  stream,
} from "../../kit.ts";

const TOOLS = [{ type: "function", name: "add" }, { type: "custom", name: "sql" }, {
  type: "function",
  name: "mine",
}];

function done(item: object) {
  return { type: "response.output_item.done", item };
}

function call(name: string, callId: string, args = "{}") {
  return done({ type: "function_call", id: `fc_${callId}`, name, call_id: callId, arguments: args });
}

function completed(tokens: number) {
  const usage = { input_tokens: tokens, output_tokens: 1, total_tokens: tokens + 1 };
  return { type: "response.completed", response: { id: `resp_${tokens}`, usage } };
}

const message = (text: string) =>
  done({ type: "message", id: "msg_1", role: "assistant", content: [{ type: "output_text", text }] });

const add: ToolFunction = ({ input }) => {
  const { a, b } = JSON.parse(input);
  return String(a + b);
};

function run(
  handlers: Parameters<typeof runScript>[0],
  toolFunctions: Readonly<Record<string, ToolFunction>>,
  over: { readonly maxResponses?: number; readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
  request: Parameters<typeof runScript>[1] = {},
) {
  const options = { toolFunctions, ...over };
  return runScript(handlers, { ...request, request: { tools: TOOLS, ...request.request }, options });
}

Deno.test("functions are run for function calls and custom calls, and the result counts all responses", async () => {
  const sql = done({ type: "custom_tool_call", id: "ctc_1", name: "sql", call_id: "c2", input: "select 1" });
  const reading = await run([
    stream([CREATED, call("add", "c1", '{"a":1,"b":2}'), sql, completed(10)]),
    stream([CREATED, delta("3"), message("3"), completed(20)]),
  ], { add, sql: ({ kind, input }) => [{ type: "input_text", text: `${kind}: ${input}` }] });
  const input = reading.seen[1]?.json?.["input"];
  assert(Array.isArray(input));
  assertEquals(input.map(({ type }) => type), [
    "message",
    "function_call",
    "custom_tool_call",
    "function_call_output",
    "custom_tool_call_output",
  ]);
  assertEquals([input[3].output, input[4].output[0].text], ["3", "custom: select 1"]);
  assertEquals(reading.of("culvert.tool_output").map(({ name, error }) => [name, error]), [["add", null], [
    "sql",
    null,
  ]]);
  const { status, usage, response_id } = reading.result;
  assertEquals([status, usage?.input_tokens, usage?.total_tokens, response_id], [
    "completed",
    30,
    32,
    "resp_20",
  ]);
});

Deno.test("a retry in a later response does not run a tool again or repeat the earlier response", async () => {
  let runs = 0;
  const reading = await run([
    stream([CREATED, call("add", "c1"), completed(1)]),
    stream([CREATED]),
    stream([CREATED, delta("ok"), message("ok"), completed(2)]),
  ], { add: () => `run ${++runs}` });
  assertEquals([runs, reading.result.status, reading.seen.length], [1, "completed", 3]);
  assertEquals(reading.seen[1]?.bytes, reading.seen[2]?.bytes);
});

Deno.test("the text and items of a turn with tools are those of all its responses", async () => {
  await using server = scriptedServer(
    stream([
      CREATED,
      { type: "response.output_item.added", item: { type: "message", id: "msg_0" } },
      delta("Let me see."),
      message("Let me see."),
      call("add", "c1", '{"a":1,"b":1}'),
      completed(1),
    ]),
    stream([CREATED]),
    stream([
      CREATED,
      { type: "response.output_item.added", item: { type: "message", id: "msg_1" } },
      delta("It is 2."),
      message("It is 2."),
      completed(2),
    ]),
  );
  using one = session(server.url);
  const turn = one.turn({ ...HELLO, tools: TOOLS }, { toolFunctions: { add } });
  assertEquals(await turn.text(), "Let me see.\n\nIt is 2.");
  assertEquals(turn.items.map(({ type }) => type), [
    "message",
    "function_call",
    "function_call_output",
    "message",
  ]);
  const next = one.turn({ ...HELLO, input: [userMessage("go on")] }, { continues: turn });
  assertEquals((await readTurn(next)).result.status, "completed");
});

Deno.test("the model receives the error of a function that throws, or of a name that is not declared", async () => {
  const reading = await run([
    stream([CREATED, call("add", "c1"), call("invented", "c2"), completed(1)]),
    stream([CREATED, message("sorry"), completed(2)]),
  ], {
    add: () => {
      throw new Error("no numbers");
    },
  });
  const body = JSON.stringify(reading.seen[1]?.json);
  for (const part of ["error: no numbers", "there is no tool named"]) assertIncludes(body, part);
  assertEquals(reading.result.status, "completed");
});

Deno.test("the model receives an error if a function returns a value that is not an output", async () => {
  // The values of `Reflect.get` have the type `any`, as those of a program in JavaScript.
  const values = { undefined, null: null, number: 5, object: { a: 1 }, bigint: 10n, list: [1] };
  for (const name of Object.keys(values)) {
    const reading = await run([
      stream([CREATED, call("add", "c1"), completed(1)]),
      stream([CREATED, message("sorry"), completed(2)]),
    ], { add: () => Reflect.get(values, name) });
    assertIncludes(JSON.stringify(reading.seen[1]?.json), "error: the function of the tool returned");
    assertEquals(reading.result.status, "completed");
  }
});

Deno.test("the caller answers all calls if one of them has no function", async () => {
  let runs = 0;
  const script = [stream([CREATED, call("add", "c1"), call("mine", "c2"), completed(1)])];
  const reading = await run(script, { add: () => `${++runs}` });
  assertEquals([runs, reading.seen.length, reading.result.status], [0, 1, "completed"]);
});

Deno.test("at most eight functions run concurrently, and one at a time if parallel calls are disabled", async () => {
  for (const parallelToolCalls of [true, false]) {
    let running = 0;
    let most = 0;
    const slow: ToolFunction = async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 20));
      running--;
      return "";
    };
    await run(
      [
        stream([CREATED, call("add", "c1"), call("add", "c2"), completed(1)]),
        stream([CREATED, completed(2)]),
      ],
      { add: slow },
      {},
      { request: { parallelToolCalls } },
    );
    assertEquals(most, parallelToolCalls ? 2 : 1);
  }
});

Deno.test("a model that calls tools endlessly is stopped with the status incomplete", async () => {
  const script = [stream([CREATED, call("add", "c1"), completed(1)])];
  const reading = await run(script, { add: () => "1" }, { maxResponses: 3 });
  assertEquals([reading.seen.length, reading.result.status, reading.result.exit_code], [3, "incomplete", 8]);
});

Deno.test("the time limit covers the functions, and an abort ends them with one result", async () => {
  const stuck: ToolFunction = (_call, signal) =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
  const script = [stream([CREATED, call("add", "c1"), completed(1)])];
  const late = await run(script, { add: stuck }, { timeoutMs: 400 });
  assertEquals([late.result.error?.code, late.result.exit_code], ["timeout", 5]);
  const stop = new AbortController();
  const aborted = await run(script, {
    add: (each, signal) => {
      stop.abort();
      return stuck(each, signal);
    },
  }, { signal: stop.signal });
  assertEquals([aborted.result.status, aborted.result.exit_code], ["interrupted", 130]);
});

Deno.test("leaving the loop while a function runs aborts it, and while a response streams cancels the request", async () => {
  let reason: unknown;
  await using server = scriptedServer(
    stream([CREATED, call("add", "c1"), completed(1)]),
    held([CREATED, delta("x")]),
  );
  using one = session(server.url);
  for await (
    const event of one.turn({ ...HELLO, tools: TOOLS }, {
      toolFunctions: {
        add: (_call, signal) => (signal.addEventListener("abort", () => reason = signal.reason), "1"),
      },
    })
  ) {
    if (event.type === "response.output_text.delta") break;
  }
  await server.seen[1]?.gone;
  assert(reason instanceof Error);
});
