import { CulvertError } from "../../../../lib/errors.ts";
import { openBundle } from "../../../../lib/observe/trace/read/bundle.ts";
import { reduceTrace } from "../../../../lib/observe/trace/reduce/reduce_trace.ts";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import {
  CALLS,
  HandwrittenBundle,
  sampleTurn,
  temporaryFolder,
  THREAD,
  TURN,
  writeSample,
} from "../bundle_kit.ts";

for (const version of [1, 2, 3]) {
  Deno.test(`a trace of schema ${version} is reduced to threads, turns, attempts, items and tools`, async () => {
    await using folder = await temporaryFolder();
    const trace = await reduceTrace(await openBundle(await writeSample(folder.path, version)));
    assertEquals(trace.problems, []);
    assertEquals([trace.schema_version, trace.status, trace.recording_status], [
      version,
      "completed",
      "complete",
    ]);
    const thread = trace.threads[THREAD]!;
    assertEquals([thread.default_model, thread.session_source, thread.cwd], [
      "gpt-sample",
      "exec",
      "/home/somebody",
    ]);
    assertEquals(trace.codex_turns[TURN]?.time_to_first_token_ms, 240);
    const [refused, accepted, answered] = CALLS.map((id) => trace.inference_calls[id]!);
    assertEquals(refused!.execution.status, "failed");
    assertIncludes(refused!.error ?? "", "http 401");
    assertEquals(accepted!.request_item_ids, refused!.request_item_ids);
    assertEquals(accepted!.usage?.input_tokens, 100);
    assertEquals(accepted!.tool_call_ids_started_by_response, ["call_1"]);
    // The request names the previous response and adds the output of the tool.
    assertEquals(answered!.request_item_ids.length, 4);
    assertEquals(answered!.request_item_ids.slice(0, 3), [
      ...accepted!.request_item_ids,
      ...accepted!.response_item_ids,
    ]);
    const tool = trace.tool_calls["call_1"]!;
    assertEquals([tool.exit_code, tool.output, tool.runtime?.status], [3, "FILE-ONE", "completed"]);
    assertEquals(tool.model_visible_output_item_ids, answered!.request_item_ids.slice(3));
    assertEquals(answered!.facts?.gaps, version === 3 ? [{ after_ms: 400, ms: 1_900 }] : undefined);
    assertEquals(trace.raw_payloads["raw_payload:1"]?.kind, "session_metadata");
  });
}

Deno.test("a trace is reduced to the same result each time", async () => {
  await using folder = await temporaryFolder();
  const bundle = await openBundle(await writeSample(folder.path, 3));
  assertEquals(JSON.stringify(await reduceTrace(bundle)), JSON.stringify(await reduceTrace(bundle)));
});

Deno.test("a truncated last line is reported as a problem, and the events before it count", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 2);
  const log = join(path, "trace.jsonl");
  const text = await Deno.readTextFile(log);
  await Deno.writeTextFile(log, text.slice(0, text.indexOf('"inference_completed"') + 40));
  const trace = await reduceTrace(await openBundle(path));
  assertEquals(trace.problems, ["trace.jsonl: the last line is incomplete"]);
  assertEquals([trace.status, trace.recording_status], ["running", "unclosed"]);
  assertEquals(trace.inference_calls[CALLS[1]]?.execution.status, "running");
});

Deno.test("missing payload files, a truncated shard and damaged lines are problems, not failures", async () => {
  await using folder = await temporaryFolder();
  const old = await writeSample(folder.path, 1);
  await Deno.remove(join(old, "payloads", "3.json"));
  await Deno.writeTextFile(join(old, "payloads", "4.json"), "{ not json");
  const log = join(old, "trace.jsonl");
  const lines = (await Deno.readTextFile(log)).split("\n");
  lines.splice(3, 1, "not an event");
  await Deno.writeTextFile(log, lines.join("\n"));
  const problems = (await reduceTrace(await openBundle(old))).problems.join("\n");
  for (
    const text of [
      "line 4: not JSON",
      "event 5 follows event 3",
      "call-a has no start",
      "3.json: no such file",
      ":4: not JSON",
    ]
  ) {
    assertIncludes(problems, text);
  }
  await Deno.remove(old, { recursive: true });
  const path = await writeSample(folder.path, 3);
  const shard = join(path, "payloads", "000001.zst");
  const bytes = await Deno.readFile(shard);
  await Deno.writeFile(shard, bytes.subarray(0, bytes.length - 20));
  const cut = await reduceTrace(await openBundle(path));
  assert(cut.problems.length > 0);
  assertEquals(Object.keys(cut.inference_calls).length, 3);
  await Deno.remove(shard);
  assertIncludes((await reduceTrace(await openBundle(path))).problems.join("\n"), "000001.zst: no such file");
});

Deno.test("events of unknown types are counted, payloads that were cut or omitted are marked", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 3);
  bundle.event(0, { type: "from_the_future", thing: 1 });
  bundle.event(1, {
    type: "inference_started",
    inference_call_id: "c",
    thread_id: THREAD,
    codex_turn_id: TURN,
    model: "m",
    provider_name: "p",
    request_payload: {
      raw_payload_id: "raw_payload:90",
      kind: { type: "inference_request" },
      shard: null,
      capture: { status: "omitted", original_bytes: 4_000 },
    },
  });
  bundle.event(2, {
    type: "inference_completed",
    inference_call_id: "c",
    response_payload: {
      ...bundle.payload("inference_response", "cut"),
      capture: { status: "truncated", original_bytes: 99, retained_bytes: 5 },
    },
  });
  bundle.event(3, {
    type: "inference_completed",
    inference_call_id: "c",
    response_payload: bundle.payload("x", 1),
  });
  await bundle.write();
  const trace = await reduceTrace(await openBundle(bundle.path));
  assertEquals(trace.unknown_events, { from_the_future: 1 });
  assertEquals(trace.raw_payloads["raw_payload:90"]?.capture, { status: "omitted", original_bytes: 4_000 });
  assertEquals(trace.problems, ["inference_completed of c: it has already ended"]);
});

Deno.test("a call that runs when its turn ends has the status of the turn, and keeps the data of a late event", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 2);
  const started = { thread_id: THREAD, codex_turn_id: TURN };
  bundle.event(0, { type: "codex_turn_started", ...started });
  bundle.event(1, {
    type: "inference_started",
    inference_call_id: "c",
    ...started,
    model: "m",
    provider_name: "p",
    request_payload: bundle.payload("inference_request", { input: "hello" }),
  });
  bundle.event(5, { type: "codex_turn_ended", codex_turn_id: TURN, status: "aborted" });
  bundle.event(6, {
    type: "inference_cancelled",
    inference_call_id: "c",
    upstream_request_id: "req_1",
    reason: "left",
    partial_response_payload: bundle.payload("inference_response", {
      output_items: [{ type: "message", role: "assistant", content: "half" }],
    }),
  });
  await bundle.write();
  const { inference_calls: calls, problems } = await reduceTrace(await openBundle(bundle.path));
  assertEquals([calls["c"]?.execution.status, calls["c"]?.execution.ended_seq], ["aborted", 3]);
  assertEquals([calls["c"]?.upstream_request_id, calls["c"]?.response_item_ids.length], ["req_1", 1]);
  assertEquals(problems, []);
});

Deno.test("JSON of more levels than are read is a problem, also where the stack would have space for it", async () => {
  await using folder = await temporaryFolder();
  const bundle = sampleTurn(new HandwrittenBundle(folder.path, 2), 2);
  await bundle.write();
  const content = `${"[".repeat(501)}${"]".repeat(501)}`;
  const log = join(bundle.path, "trace.jsonl");
  const lines = (await Deno.readTextFile(log)).trimEnd().split("\n");
  lines[lines.length - 1] = lines.at(-1)!.replace(/\}$/, `,"more":${content}}`);
  await Deno.writeTextFile(log, `${lines.join("\n")}\n`);
  await Deno.writeTextFile(join(bundle.path, "payloads", "2.json"), `{"input":${content}}`);
  const problems = (await reduceTrace(await openBundle(bundle.path))).problems.join("\n");
  assertIncludes(problems, `line ${lines.length}: nested too deeply`);
  assertIncludes(problems, "raw_payload:2: nested too deeply");
});

Deno.test("JSON that is nested too deeply and paths that leave the bundle are problems", async () => {
  await using folder = await temporaryFolder();
  const bundle = sampleTurn(new HandwrittenBundle(folder.path, 2), 2);
  bundle.event(9_000, {
    type: "protocol_event_observed",
    event_type: "error",
    event_payload: {
      raw_payload_id: "raw_payload:77",
      kind: { type: "protocol_event" },
      path: "../../secret.json",
    },
  });
  const parts = `${'{"raw_payload_id":"x","kind":{"type":"x"},"parts":['.repeat(60_000)}${
    "]}".repeat(60_000)
  }`;
  const event = `{"type":"protocol_event_observed","event_type":"error","event_payload":${parts}}`;
  const envelope = `"schema_version":2,"seq":22,"wall_time_unix_ms":1,"rollout_id":"r"`;
  await bundle.write({}, `\n{${envelope},"payload":${event}}\n`);
  const content = `${"[".repeat(60_000)}${"]".repeat(60_000)}`;
  const request = `{"input":[{"type":"message","content":${content}}]}`;
  await Deno.writeTextFile(join(bundle.path, "payloads", "2.json"), request);
  const problems = (await reduceTrace(await openBundle(bundle.path))).problems.join("\n");
  assertIncludes(problems, "which is outside of the bundle");
  assertIncludes(problems, "line 21: nested too deeply");
  assertIncludes(problems, "raw_payload:2: nested too deeply");
});

for (
  const [changes, message] of [
    [{ schema_version: 4 }, "its schema has version 4"],
    [{ raw_event_log: "../trace.jsonl" }, "outside of the bundle"],
    [{ trace_id: 5 }, "manifest.json: trace_id"],
    [{ raw_event_log: "missing.jsonl" }, "missing.jsonl: no such file"],
  ] as const
) {
  Deno.test(`a manifest with ${JSON.stringify(changes)} is refused: ${message}`, async () => {
    await using folder = await temporaryFolder();
    const bundle = sampleTurn(new HandwrittenBundle(folder.path, 3), 3);
    await bundle.write(changes);
    const error = await openBundle(bundle.path).then(reduceTrace).catch((thrown: unknown) => thrown);
    assert(error instanceof CulvertError && error.code === "input_unreadable");
    assertIncludes(error.message, message);
  });
}
