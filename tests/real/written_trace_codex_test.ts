/** The reducer of the real codex client reads the inference traces that this program writes. */
import { startMockApi } from "../../lib/mock/api/api.ts";
import { createClient } from "../../lib/mod.ts";
import { bundlesIn, folder } from "../observe/trace/write/kit.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { runCodex } from "./codex.ts";
import type { Scenario } from "../../lib/mock/api/scenario.ts";
import type { Client } from "../../lib/mod.ts";

const CALL = { type: "function_call", id: "fc_1", call_id: "call_1", name: "now", arguments: "{}" };

interface Case {
  readonly name: string;
  readonly scenarios: readonly Scenario[];
  readonly use: (client: Client) => Promise<unknown>;
  /** States of the calls, in the order in which they began. */
  readonly calls: readonly string[];
  readonly settings?: string;
}

const CASES: readonly Case[] = [
  {
    name: "an answer",
    scenarios: [{ reasoning: "A thought", text: "Here" }],
    use: (client) => client.turn({ input: "hello" }).text(),
    calls: ["completed"],
  },
  {
    name: "an answer that is retried",
    scenarios: [{ text: ["one ", "two"], ending: { kind: "cut", afterDeltas: 1 } }, { text: "Here" }],
    use: (client) => client.turn({ input: "hello" }).text(),
    calls: ["failed", "completed"],
  },
  {
    name: "an answer that is not read to its end",
    scenarios: [{ reasoning: "A thought", text: ["one ", "two"], ending: { kind: "stall", afterDeltas: 1 } }],
    use: async (client) => {
      for await (const event of client.turn({ input: "hello" })) {
        if (event.type === "response.output_text.delta") break;
      }
    },
    calls: ["cancelled"],
  },
  {
    name: "a turn with a tool",
    scenarios: [{ items: [CALL], text: "calling" }, { text: "noon" }],
    use: (client) => {
      const tools = [{ type: "function", name: "now", parameters: { type: "object", properties: {} } }];
      return client.turn({ input: "what time is it?", tools }, { toolFunctions: { now: () => "noon" } })
        .text();
    },
    calls: ["completed", "completed"],
  },
  {
    name: "a prompt that is cut",
    scenarios: [{ text: "Here" }],
    use: (client) => client.turn({ input: "long ".repeat(1_000) }).text(),
    calls: ["completed"],
    settings: "[rollout_trace]\nmax_payload_bytes = 500\n",
  },
];

for (const transport of ["sse", "websocket"] as const) {
  for (const { calls, name, scenarios, settings = "", use } of CASES) {
    await testWith(["codex"], `codex reduces the trace of ${name}, over ${transport}`, async () => {
      await using api = await startMockApi({ plain: true });
      await using home = await folder();
      await Deno.writeTextFile(join(home.path, "config.toml"), settings);
      const traces = join(home.path, "traces");
      api.enqueue(...scenarios);
      {
        await using client = await createClient({
          baseUrl: api.baseUrl,
          apiKey: "sk-any",
          transport,
          inferenceTraces: traces,
        }, { env: (variable) => variable === "CODEX_HOME" ? home.path : undefined });
        await use(client);
      }
      await assertReduced(traces, home.path, calls);
    });
  }
}

await testWith(
  ["codex"],
  "codex reduces the trace of a session that was prewarmed and continued",
  async () => {
    await using api = await startMockApi({ plain: true });
    await using home = await folder();
    const traces = join(home.path, "traces");
    api.enqueue({ text: "Warm" }, { text: "First" }, { text: "Second" });
    {
      await using client = await createClient({
        baseUrl: api.baseUrl,
        apiKey: "sk-any",
        transport: "websocket",
        inferenceTraces: traces,
      }, { env: () => undefined });
      using session = client.session();
      await session.prewarm();
      const first = session.turn({ input: "hello" });
      await first.text();
      const user = (text: string) =>
        ({ type: "message", role: "user", content: [{ type: "input_text", text }] }) as const;
      await session.turn({ input: [user("hello"), ...first.items, user("more")] }).text();
    }
    await assertReduced(traces, home.path, ["completed", "completed"]);
  },
);

async function assertReduced(traces: string, home: string, calls: readonly string[]): Promise<void> {
  const [bundle = ""] = await bundlesIn(traces);
  const run = await runCodex(["debug", "trace-reduce", bundle], {
    home,
    env: { CODEX_HOME: home },
  });
  assertEquals(run.code, 0, run.text);
  assertIncludes(run.text, "state.json");
  const state = JSON.parse(await Deno.readTextFile(join(bundle, "state.json")));
  const found: readonly { execution: { status: string; started_seq: number } }[] = Object.values(
    state.inference_calls,
  );
  const inOrder = found.toSorted((one, other) => one.execution.started_seq - other.execution.started_seq);
  assertEquals(inOrder.map(({ execution }) => execution.status), calls);
  assert(Object.keys(state.conversation_items).length > 0);
  assert(/^(complete|closed_with_partial_payloads)$/.test(state.recording_status), state.recording_status);
}
