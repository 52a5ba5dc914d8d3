/** Inference traces of turns, written by a client in this process and read by the program's reader. */
import { type Client, createClient } from "../../../../lib/mod.ts";
import { type MockApi, startMockApi } from "../../../../lib/mock/api/api.ts";
import type { Scenario } from "../../../../lib/mock/api/scenario.ts";
import {
  assert,
  assertEquals,
  assertExcludes,
  assertIncludes,
  assertMatch,
} from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { folder, type ReadTrace, readTrace, wholeText } from "./kit.ts";

/** Has the form of no known key, so that only its value can show that it is secret. */
const KEY = "planted-0123456789abcdef";
const CALL_ID = "x-codex-inference-call-id";
const DROPPED = "response stream dropped before provider terminal event";

type Transport = "sse" | "websocket";

interface Traced {
  readonly api: MockApi;
  readonly trace: ReadTrace;
  readonly root: string;
}

/** Runs turns against a simulated API, and reads the trace after the client is disposed of. */
async function traced(
  transport: Transport,
  scenarios: readonly Scenario[],
  use: (client: Client, api: MockApi) => Promise<unknown>,
  check: (traced: Traced) => Promise<void>,
): Promise<void> {
  await using api = await startMockApi({ plain: true });
  await using root = await folder();
  api.enqueue(...scenarios);
  const warnings: string[] = [];
  {
    await using client = await createClient({
      baseUrl: api.baseUrl,
      apiKey: KEY,
      transport,
      inferenceTraces: root.path,
      onWarning: ({ code, message }) => void warnings.push(`${code}: ${message}`),
    }, { env: () => undefined });
    await use(client, api);
  }
  assertEquals(warnings.filter((warning) => warning.includes("trace")), []);
  await check({ api, trace: await readTrace(root.path), root: root.path });
}

const text = (client: Client, input = "hello") => client.turn({ input }).text();

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a turn over ${transport} writes a bundle with the events of a thread, a turn and a call`, async () => {
    await traced(
      transport,
      [{ text: "Here it is" }],
      (client) => text(client),
      async ({ api, trace, root }) => {
        assertEquals(trace.types, [
          "rollout_started",
          "thread_started",
          "codex_turn_started",
          "inference_started",
          "inference_completed",
          "history_item_accepted",
          "codex_turn_ended",
          "thread_ended",
          "rollout_ended",
          "recording_completed",
        ]);
        assertEquals(trace.lines.map(({ seq }) => seq), trace.lines.map((_, index) => index + 1));
        assertEquals(trace.bundle.manifest.schema_version, 3);
        const started = trace.one("inference_started");
        const completed = trace.one("inference_completed");
        assertEquals(completed.inference_call_id, started.inference_call_id);
        const [request] = api.log.turns;
        assertEquals(
          transport === "sse" ? request?.headers[CALL_ID] : metadataOf(request?.json)[CALL_ID],
          started.inference_call_id,
        );
        assertEquals(await trace.payload(started.request_payload), request?.json);
        const prompt = await trace.payload(started.prepared_prompt_payload);
        assertEquals(prompt["input"], request?.json?.["input"]);
        const response = await trace.payload(completed.response_payload);
        assertEquals(response["response_id"], completed.response_id);
        assertMatch(String(completed.response_id), /^resp_/);
        assertIncludes(JSON.stringify(response["output_items"]), "Here it is");
        assertEquals(Object.keys(Object(response["token_usage"])), [
          "input_tokens",
          "cached_input_tokens",
          "cache_write_input_tokens",
          "output_tokens",
          "reasoning_output_tokens",
          "total_tokens",
        ]);
        if (transport === "sse") assertMatch(String(completed.upstream_request_id), /^req_/);
        else assertEquals(completed.upstream_request_id, null);
        assertEquals(response["upstream_request_id"], completed.upstream_request_id);
        assertEquals(completed.culvert?.transport, transport);
        assertEquals(trace.one("codex_turn_ended").status, "completed");
        await assertModes(root);
      },
    );
  });

  Deno.test(`a turn over ${transport} whose reader leaves is recorded as cancelled, with complete items and partial output`, async () => {
    const scenario: Scenario = {
      reasoning: "A thought",
      text: ["one ", "two ", "three"],
      ending: { kind: "stall", afterDeltas: 2 },
    };
    await traced(transport, [scenario], async (client) => {
      let answer = "";
      for await (const event of client.turn({ input: "hello" })) {
        if (event.type === "response.output_text.delta") answer += event.delta;
        if (answer.includes("two")) break;
      }
    }, async ({ trace }) => {
      const cancelled = trace.one("inference_cancelled");
      assertEquals(cancelled.reason, DROPPED);
      const partial = await trace.payload(cancelled.partial_response_payload);
      assertEquals(typesOf(partial["output_items"]), ["reasoning"]);
      assertEquals(partial["partial_text"], "one two ");
      assertEquals(trace.one("codex_turn_ended").status, "cancelled");
      assertEquals(trace.types.at(-1), "recording_completed");
    });
  });

  Deno.test(`an abort over ${transport} during a pause of the reader is immediately recorded as cancelled`, async () => {
    const scenario: Scenario = {
      reasoning: "A thought",
      manyDeltas: 2_000,
      ending: { kind: "stall", afterDeltas: 2_000 },
    };
    const stop = new AbortController();
    await traced(transport, [scenario], async (client) => {
      const events = client.turn({ input: "hello" }, { signal: stop.signal })[Symbol.asyncIterator]();
      for (let next = await events.next(); !next.done; next = await events.next()) {
        if (next.value.type === "response.output_text.delta") break;
      }
      // The consumer neither continues to read nor leaves: only the signal reports the end.
      stop.abort(new Error("replaced"));
    }, async ({ trace }) => {
      const cancelled = trace.one("inference_cancelled");
      const partial = await trace.payload(cancelled.partial_response_payload);
      assertEquals(typesOf(partial["output_items"]), ["reasoning"]);
      assert(String(partial["partial_text"]).length > 0);
      assertEquals(trace.one("codex_turn_ended").status, "cancelled");
    });
  });

  Deno.test(`a turn over ${transport} that is not read to its end is cancelled when the client is disposed of`, async () => {
    const scenario: Scenario = {
      reasoning: "A thought",
      text: ["one ", "two "],
      ending: { kind: "stall", afterDeltas: 2 },
    };
    await traced(transport, [scenario], async (client) => {
      const events = client.turn({ input: "hello" })[Symbol.asyncIterator]();
      for (let next = await events.next(); !next.done; next = await events.next()) {
        if (next.value.type === "response.output_text.delta") break;
      }
    }, async ({ trace }) => {
      const partial = await trace.payload(trace.one("inference_cancelled").partial_response_payload);
      assertEquals(typesOf(partial["output_items"]), ["reasoning"]);
      assertEquals(trace.types.at(-1), "recording_completed");
    });
  });

  Deno.test(`a stream over ${transport} that is cut is a failed call, and its retry a second one`, async () => {
    await traced(
      transport,
      [
        { reasoning: "A thought", text: ["one ", "two"], ending: { kind: "cut", afterDeltas: 1 } },
        { text: "whole" },
      ],
      (client) => text(client),
      async ({ api, trace }) => {
        const [first, second] = trace.all("inference_started");
        const failed = trace.one("inference_failed");
        const completed = trace.one("inference_completed");
        assertEquals(failed.inference_call_id, first?.inference_call_id);
        assertEquals(completed.inference_call_id, second?.inference_call_id);
        assertEquals([failed.culvert?.cause, completed.culvert?.cause], [undefined, "retry"]);
        assert(failed.error !== "");
        assertEquals(typesOf((await trace.payload(failed.partial_response_payload))["output_items"]), [
          "reasoning",
        ]);
        assertEquals(api.log.turns.length, 2);
        assertEquals(trace.one("codex_turn_ended").status, "completed");
      },
    );
  });
}

Deno.test("a refused request is a failed call of a failed turn, with its status and the id of the server", async () => {
  await traced(
    "sse",
    [{ refusal: { status: 400, headers: { "x-request-id": "req_refused" }, body: {} } }],
    async (client) => {
      await text(client).catch(() => {});
    },
    async ({ trace }) => {
      const failed = trace.one("inference_failed");
      assertEquals(failed.upstream_request_id, "req_refused");
      assertEquals(failed.culvert?.http_status, 400);
      assertEquals(trace.one("codex_turn_ended").status, "failed");
      const event = trace.one("protocol_event_observed");
      assertEquals(event.event_type, "error");
      assertEquals((await trace.payload(event.event_payload))["type"], "error");
    },
  );
});

Deno.test("the second request over a websocket is recorded as it was sent, on the reused connection", async () => {
  await traced("websocket", [{ text: "First" }, { text: "Second" }], async (client) => {
    using session = client.session();
    const first = session.turn({ input: "hello" });
    await first.text();
    const hello = {
      type: "message",
      role: "user",
      content: [{ type: "input_text", text: "hello" }],
    } as const;
    const more = { ...hello, content: [{ type: "input_text", text: "more" }] } as const;
    await session.turn({ input: [hello, ...first.items, more] }).text();
  }, async ({ api, trace }) => {
    const [, second] = trace.all("inference_started");
    const [first, completed] = trace.all("inference_completed");
    const request = await trace.payload(second?.request_payload);
    assertEquals(request["previous_response_id"], first?.response_id);
    assertEquals(request, api.log.turns[1]?.json);
    assertEquals(second?.warmup_context_payload, undefined);
    assertEquals(first?.culvert?.connection_reused, false);
    assertEquals(completed?.culvert?.connection_reused, true);
    assertEquals(trace.all("codex_turn_ended").map(({ status }) => status), ["completed", "completed"]);
  });
});

Deno.test("a request after a prewarm request is recorded together with the complete input", async () => {
  await traced("websocket", [{ text: "Warm" }, { text: "Answer" }], async (client) => {
    using session = client.session();
    await session.prewarm();
    await session.turn({ input: "hello" }).text();
  }, async ({ api, trace }) => {
    const started = trace.one("inference_started");
    const request = await trace.payload(started.request_payload);
    assertMatch(String(request["previous_response_id"]), /^resp_/);
    const context = await trace.payload(started.warmup_context_payload);
    assertIncludes(JSON.stringify(context["input"]), "hello");
    // The prewarm request itself is not an inference call, and is not recorded as one.
    assertEquals(metadataOf(api.log.turns[0]?.json)[CALL_ID], undefined);
  });
});

Deno.test("a turn that runs tools is one turn, with the calls of the tools between two requests", async () => {
  const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "now", arguments: "{}" };
  const bad = { ...call, id: "fc_2", call_id: "call_2", name: "broken" };
  await traced("sse", [{ items: [call, bad], text: "calling" }, { text: "done" }], async (client) => {
    const tool = (name: string) => ({
      type: "function",
      name,
      parameters: { type: "object", properties: {} },
    });
    await client.turn({ input: "what time is it?", tools: [tool("now"), tool("broken")] }, {
      toolFunctions: {
        now: () => "noon",
        broken: () => {
          throw new Error("out of order");
        },
      },
    }).text();
  }, async ({ trace }) => {
    assertEquals(trace.all("codex_turn_started").length, 1);
    assertEquals(trace.all("codex_turn_ended").map(({ status }) => status), ["completed"]);
    // They run at the same time.
    const [first, second] = trace.all("tool_call_ended").toSorted((one, other) =>
      one.tool_call_id < other.tool_call_id ? -1 : 1
    );
    assertEquals([first?.tool_call_id, first?.status], ["call_1", "completed"]);
    assertEquals([second?.tool_call_id, second?.status], ["call_2", "failed"]);
    assertIncludes(JSON.stringify(await trace.payload(first?.result_payload)), "noon");
    assertIncludes(JSON.stringify(await trace.payload(second?.result_payload)), "out of order");
    assertEquals(trace.types.filter((type) => /^inference_started|tool_call_started/.test(type)), [
      "inference_started",
      "tool_call_started",
      "tool_call_started",
      "inference_started",
    ]);
  });
});

Deno.test("a turn with unanswered calls is ended by the next turn, with the time at which it ended", async () => {
  const call = { type: "function_call", id: "fc_1", call_id: "call_1", name: "now", arguments: "{}" };
  await traced("sse", [{ items: [call], text: "calling" }, { text: "Second" }], async (client) => {
    await text(client);
    await text(client, "never mind");
  }, ({ trace }) => {
    const turns = trace.types.filter((type) => type.startsWith("codex_turn"));
    assertEquals(turns, ["codex_turn_started", "codex_turn_ended", "codex_turn_started", "codex_turn_ended"]);
    return Promise.resolve();
  });
});

Deno.test("items of a conversation are stored once, however often they are sent", async () => {
  const long = "The same long text. ".repeat(50);
  await traced("sse", [{ text: "First" }, { text: "Second" }], async (client) => {
    using session = client.session();
    const first = session.turn({ input: long });
    await first.text();
    const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: long }] } as const];
    await session.turn({ input: [...input, ...first.items, ...input] }).text();
  }, async ({ root, trace }) => {
    const written = await wholeText(trace.bundle.path);
    assertEquals(written.split(long).length - 1, 1);
    assert(root !== "");
    const [, second] = trace.all("inference_started");
    const request = await trace.payload(second?.request_payload);
    assertEquals(JSON.stringify(request).split(long).length - 1, 2);
  });
});

Deno.test("the credential is in no file of a trace, even if the prompt and the server repeat it", async () => {
  await traced("sse", [
    { refusal: { status: 400, body: { error: { message: `Bad key ${KEY}`, code: "bad" } } } },
    { text: `Your key is ${KEY}` },
  ], async (client) => {
    await text(client, `My key is ${KEY}`).catch(() => {});
    await text(client, "again");
  }, async ({ trace }) => {
    const written = await wholeText(trace.bundle.path);
    assertExcludes(written, KEY);
    assertExcludes(written.toLowerCase(), "bearer");
    assertIncludes(written, "My key is ");
    assertIncludes(written, "Your key is ");
  });
});

Deno.test("without the option a client writes no trace and sends no id, even if the variable is set", async () => {
  await using api = await startMockApi({ plain: true });
  await using root = await folder();
  const traces = join(root.path, "traces");
  const env = (name: string) => name === "CODEX_ROLLOUT_TRACE_ROOT" ? traces : undefined;
  {
    await using client = await createClient({ baseUrl: api.baseUrl, apiKey: KEY }, { env });
    await text(client);
  }
  assertEquals(api.log.turns[0]?.headers[CALL_ID], undefined);
  assertEquals(await Array.fromAsync(Deno.readDir(root.path)), []);
  {
    await using client = await createClient({ baseUrl: api.baseUrl, apiKey: KEY, inferenceTraces: true }, {
      env,
    });
    await text(client);
  }
  assertEquals((await readTrace(traces)).types.at(-1), "recording_completed");
});

function metadataOf(request: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const metadata = request?.["client_metadata"];
  assert(typeof metadata === "object" && metadata !== null);
  return { ...metadata };
}

function typesOf(items: unknown): readonly unknown[] {
  assert(Array.isArray(items));
  return items.map((item) => item.type);
}

/** Folders are 0700 and files 0600. */
async function assertModes(root: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  for await (const { name, isDirectory } of Deno.readDir(root)) {
    const path = join(root, name);
    assertEquals((await Deno.stat(path)).mode! & 0o777, isDirectory ? 0o700 : 0o600, path);
    if (isDirectory) await assertModes(path);
  }
}
