/** Inference traces that the real codex client wrote, read by the real program and compared with its own reducer. */
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import type { Scenario } from "../../lib/mock/api/scenario.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { culvert, jsonLines } from "../support/culvert.ts";
import { join } from "../support/paths.ts";
import { testWith } from "../support/programs.ts";
import { scrubbedEnv } from "../support/scrubbed_env.ts";
import { vendorNetwork } from "./capture_kit.ts";
import { runCodex } from "./codex.ts";

/** A home of the client with a folder of traces, and a simulated API. */
interface TraceRig extends AsyncDisposable {
  readonly api: MockApi;
  readonly home: string;
  readonly root: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the client with one prompt. */
  readonly ask: () => Promise<{ readonly code: number; readonly text: string }>;
  /** Returns the reduced trace, as culvert prints it. */
  readonly shown: () => Promise<Shown>;
}

interface Shown {
  readonly status: string;
  readonly recording_status: string;
  readonly problems: readonly string[];
  readonly codex_turns: Readonly<Record<string, { readonly execution: { readonly status: string } }>>;
  readonly inference_calls: Readonly<Record<string, Record<string, unknown>>>;
  readonly tool_calls: Readonly<Record<string, Record<string, unknown>>>;
  readonly conversation_items: Readonly<Record<string, Record<string, unknown>>>;
}

/** @param more lines of config.toml @param sse whether the provider has no websockets */
async function traceRig(
  scenarios: readonly Scenario[],
  { sse = true, more = "" }: { readonly sse?: boolean; readonly more?: string } = {},
): Promise<TraceRig> {
  const api = await startMockApi({ plain: true });
  api.enqueue(...scenarios);
  const home = await Deno.makeTempDir({ prefix: "culvert-codex-trace-" });
  const root = join(home, "traces");
  await Deno.mkdir(root);
  const url = `http://127.0.0.1:${api.port}/v1`;
  const provider = sse
    ? `model_provider = "mock"\n[model_providers.mock]\nname = "mock"\nbase_url = "${url}"\nenv_key = "CODEX_API_KEY"\n`
    : `openai_base_url = "${url}"\n`;
  const quiet =
    `[features]\nplugins = false\n[analytics]\nenabled = false\n[otel]\nmetrics_exporter = "none"\n`;
  await Deno.writeTextFile(join(home, "config.toml"), provider + quiet + more);
  const env = {
    CODEX_HOME: home,
    CODEX_API_KEY: "sk-planted-0123456789abcdef",
    CODEX_ROLLOUT_TRACE_ROOT: root,
  };
  return {
    api,
    home,
    root,
    env,
    ask: () => runCodex(ASK, { home, env }),
    shown: async () => {
      const run = await culvert(["trace", "show", "latest", "--root", root, "--json"]);
      assertEquals(run.code, 0, run.stderr);
      return JSON.parse(run.stdout);
    },
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

const ASK = [
  "exec",
  "--skip-git-repo-check",
  "--color",
  "never",
  "--dangerously-bypass-approvals-and-sandbox",
  "say hello",
];

/** Returns the trace as the reducer of the client reduces it. */
async function reducedByCodex({ home, root, env }: TraceRig): Promise<Shown> {
  const [bundle] = await Array.fromAsync(Deno.readDir(root));
  const file = join(home, "state.json");
  const run = await runCodex(["debug", "trace-reduce", join(root, bundle!.name), "-o", file], { home, env });
  assertEquals(run.code, 0, run.text);
  return JSON.parse(await Deno.readTextFile(file));
}

const CALL_MEMBERS = [
  ...["execution", "model", "provider_name", "response_id", "upstream_request_id", "request_item_ids"],
  ...["response_item_ids", "tool_call_ids_started_by_response", "raw_request_payload_id"],
  ...["prepared_prompt_payload_id", "raw_response_payload_id"],
];
const TOOL_MEMBERS = [
  ...["execution", "model_visible_call_id", "model_visible_call_item_ids", "model_visible_output_item_ids"],
  ...["raw_invocation_payload_id", "raw_result_payload_id", "raw_runtime_payload_ids"],
];
const ITEM_MEMBERS = [
  "responses_item_id",
  "accepted_at_unix_ms",
  "accepted_seq",
  "kind",
  "call_id",
  "thread_id",
];

/** Asserts that both reducers have equal values in the fields that both have. */
function assertAgree(own: Shown, other: Shown): void {
  assertEquals([own.status, own.recording_status], [other.status, other.recording_status]);
  const facts = (all: Readonly<Record<string, Record<string, unknown>>>, members: readonly string[]) =>
    Object.keys(all).toSorted().map((id) => [id, ...members.map((name) => all[id]?.[name])]);
  assertEquals(facts(own.inference_calls, CALL_MEMBERS), facts(other.inference_calls, CALL_MEMBERS));
  assertEquals(facts(own.tool_calls, TOOL_MEMBERS), facts(other.tool_calls, TOOL_MEMBERS));
  assertEquals(facts(own.conversation_items, ITEM_MEMBERS), facts(other.conversation_items, ITEM_MEMBERS));
}

const statuses = ({ inference_calls: calls }: Shown) =>
  Object.values(calls).map(({ execution }) =>
    typeof execution === "object" && execution !== null && "status" in execution
      ? execution.status
      : undefined
  );

/** Returns the item of an answer that calls the command tool of codex. */
const commandCall = (cmd: string) => ({
  type: "function_call",
  id: "fc_1",
  call_id: "call_1",
  name: "exec_command",
  status: "completed",
  arguments: JSON.stringify({ cmd }),
});

await testWith(
  ["codex"],
  "a trace of codex with a tool call is reduced as codex reduces it, and its payloads can be read",
  async () => {
    await using rig = await traceRig([
      { items: [commandCall("echo traced-output")], text: "Running." },
      { text: "Done." },
    ]);
    const asked = await rig.ask();
    assertEquals(asked.code, 0, asked.text);
    const trace = await rig.shown();
    assertEquals(trace.problems, []);
    assertAgree(trace, await reducedByCodex(rig));
    assertEquals(statuses(trace), ["completed", "completed"]);
    assertEquals([trace.tool_calls["call_1"]?.["exit_code"], trace.tool_calls["call_1"]?.["output"]], [
      0,
      "traced-output\n",
    ]);
    const [first] = Object.values(trace.inference_calls);
    assertIncludes(JSON.stringify(first?.["usage"]), '"input_tokens":42');
    const id = String(first?.["raw_request_payload_id"]);
    const payload = await culvert(["trace", "show", "latest", "--root", rig.root, "--payload", id]);
    assertEquals(JSON.parse(payload.stdout).stream, true, payload.stderr);
    const text = await culvert(["trace", "show", "latest", "--root", rig.root]);
    for (
      const part of [
        "tool exec_command: completed",
        "> traced-output",
        "assistant: Done.",
        "Turn 1: completed",
      ]
    ) {
      assertIncludes(text.stdout, part);
    }
    for (const line of text.stdout.split("\n")) assert(line.length <= 80, line);
    const ls = await culvert(["trace", "ls", "--json"], { env: rig.env });
    assertEquals(
      jsonLines(ls.stdout).map(({ turns, attempts, tool_calls }) => [turns, attempts, tool_calls]),
      [[1, 2, 1]],
    );
    const share = await culvert(["trace", "show", "latest", "--root", rig.root, "--share", "--json"]);
    for (const secret of ["traced-output", "say hello", rig.home]) {
      assert(
        !share.stdout.includes(secret),
        secret,
      );
    }
  },
);

await testWith(
  ["codex"],
  "a trace of codex over a websocket with its warm-up is reduced as codex reduces it",
  async () => {
    await using rig = await traceRig([{}, { text: "Hello." }], { sse: false });
    assertEquals((await rig.ask()).code, 0);
    const trace = await rig.shown();
    assertEquals(trace.problems, []);
    assertAgree(trace, await reducedByCodex(rig));
  },
);

await testWith(
  ["codex"],
  "a cut stream of codex is a separate attempt, and so is each refusal with 401",
  async () => {
    await using rig = await traceRig([
      { text: "some words to cut", ending: { kind: "cut", afterDeltas: 2 } },
      { refusal: { status: 401, body: { error: { message: "Incorrect key", code: "invalid_api_key" } } } },
      { text: "Third time." },
    ]);
    assertEquals((await rig.ask()).code, 0);
    const trace = await rig.shown();
    assertAgree(trace, await reducedByCodex(rig));
    assertEquals(statuses(trace), ["failed", "failed", "completed"]);
    const text = (await culvert(["trace", "show", "latest", "--root", rig.root])).stdout.replace(/\s+/g, " ");
    for (
      const part of [
        "attempt 2 (retry)",
        "attempt 3 (after 401)",
        "recovered from 401",
        "http 401 Unauthorized",
      ]
    ) {
      assertIncludes(text, part);
    }
  },
);

await testWith(["codex"], "a failed turn of codex is shown with its error", async () => {
  await using rig = await traceRig([
    { refusal: { status: 400, body: { error: { message: "bad thing", code: "invalid_request_error" } } } },
  ]);
  assertEquals((await rig.ask()).code, 1);
  const trace = await rig.shown();
  assertAgree(trace, await reducedByCodex(rig));
  assertEquals(Object.values(trace.codex_turns).map(({ execution }) => execution.status), ["failed"]);
  assertIncludes((await culvert(["trace", "show", "latest", "--root", rig.root])).stdout, "bad thing");
});

await testWith(["codex"], "an interrupted turn of codex keeps the item that was complete", async () => {
  const content = [{ type: "output_text", text: "a whole item", annotations: [] }];
  await using rig = await traceRig([{
    items: [{ type: "message", id: "msg_9", role: "assistant", status: "completed", content }],
    text: "words that stall",
    ending: { kind: "stall", afterDeltas: 2 },
  }]);
  const child = new Deno.Command("codex", {
    args: ASK,
    clearEnv: true,
    env: scrubbedEnv({ ...rig.env, HOME: rig.home }),
    cwd: rig.home,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const limit = setTimeout(() => child.kill("SIGTERM"), 60_000);
  // The complete item is in the trace before the client is interrupted.
  for (let tries = 0; tries < 300 && !(await traceLog(rig.root)).includes('"item_id":"msg_9"'); tries++) {
    await new Promise((done) => setTimeout(done, 100));
  }
  child.kill("SIGINT");
  await child.output();
  clearTimeout(limit);
  const trace = await rig.shown();
  assertAgree(trace, await reducedByCodex(rig));
  assertEquals(statuses(trace), ["cancelled"]);
  assertMatch(
    (await culvert(["trace", "show", "latest", "--root", rig.root])).stdout,
    /assistant: a whole item/,
  );
});

await testWith(
  ["codex"],
  "payloads that a limit of codex has truncated or omitted are marked, and the rest is shown",
  async () => {
    for (const limit of ["max_payload_bytes = 3000", "max_bytes = 70000"]) {
      await using rig = await traceRig([
        { items: [commandCall("seq 1 3000")], text: "Running." },
        { text: "Done." },
      ], { more: `[rollout_trace]\n${limit}\n` });
      assertEquals((await rig.ask()).code, 0);
      const trace = await rig.shown();
      assertEquals([trace.recording_status, trace.problems], ["closed_with_partial_payloads", []]);
      const codex = await reducedByCodex(rig);
      assertEquals(
        Object.keys(trace.conversation_items),
        Object.keys(codex.conversation_items).toSorted(byNumber),
      );
      assertEquals(statuses(trace), ["completed", "completed"]);
    }
  },
);

function byNumber(one: string, other: string): number {
  return Number(one.split(":")[1]) - Number(other.split(":")[1]);
}

/** Returns the event log of the only trace; empty before the trace exists. */
async function traceLog(root: string): Promise<string> {
  const [bundle] = await Array.fromAsync(Deno.readDir(root));
  if (bundle === undefined) return "";
  try {
    return await Deno.readTextFile(join(root, bundle.name, "trace.jsonl"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

await testWith(
  ["codex"],
  "a trace and a capture of one turn of codex are joined by the id of the call",
  async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: "Joined." } });
    const traces = join(vendor.home, "traces");
    await Deno.mkdir(traces);
    const run = await culvert(
      ["capture", "-o", vendor.captureDir, "--mode", "reverse", "--no-websocket", "--", "codex", ...ASK],
      { env: { ...vendor.env, CODEX_ROLLOUT_TRACE_ROOT: traces }, cwd: vendor.home, limitMs: 90_000 },
    );
    assertEquals(run.code, 0, run.stderr);
    const shown = await culvert([
      "trace",
      "show",
      "latest",
      "--root",
      traces,
      "--capture",
      vendor.captureDir,
    ]);
    assertEquals(shown.code, 0, shown.stderr);
    assertMatch(shown.stdout, /assistant: Joined\.[\s\S]* exchange x\d+\n/);
  },
);
