import type { InferenceCall, ReducedTrace } from "../../../../lib/observe/trace/reduce/model.ts";
import { openTrace } from "../../../../lib/observe/trace/read/open_trace.ts";
import { reduceTrace } from "../../../../lib/observe/trace/reduce/reduce_trace.ts";
import { shareTrace } from "../../../../lib/observe/trace/show/share_trace.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { CALLS, temporaryFolder, THREAD, writeSample } from "../bundle_kit.ts";

async function sample(): Promise<ReducedTrace> {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 3);
  return await reduceTrace(await openTrace(path, folder.path, folder.path));
}

/** Returns the kept part of the error of an attempt. */
function sharedError(trace: ReducedTrace, error: string): string | null | undefined {
  const call: InferenceCall | undefined = trace.inference_calls[CALLS[0]];
  assert(call !== undefined);
  const changed = { ...trace, inference_calls: { [CALLS[0]]: { ...call, error } } };
  return shareTrace(changed).inference_calls[CALLS[0]]?.error;
}

Deno.test("a shared trace keeps from a message only the status and sentences that quote nothing", async () => {
  const trace = await sample();
  const rows = [
    ["project zeus failed", "[TEXT:19]"],
    ["http 401 Unauthorized: for zeus", "http 401 Unauthorized [TEXT:10]"],
    ["http 401 Zeus project", "http 401 [TEXT:13]"],
    ["unexpected status 503 Service Unavailable: zeus", "unexpected status 503 Service Unavailable [TEXT:6]"],
    ["stream closed before response.completed", "stream closed before response.completed"],
    ["stream closed before zeus", "[TEXT:25]"],
  ] as const;
  assertEquals(rows.map(([error]) => sharedError(trace, error)), rows.map(([, shared]) => shared));
});

Deno.test("a shared trace keeps the path of the first agent, and not the paths that a model chose", async () => {
  const trace = await sample();
  const thread = trace.threads[THREAD];
  assert(thread !== undefined);
  const pathOf = (agent_path: string) =>
    shareTrace({ ...trace, threads: { [THREAD]: { ...thread, agent_path } } }).threads[THREAD]?.agent_path;
  assertEquals([pathOf("/root"), pathOf("/root/zeus")], ["/root", "[TEXT:10]"]);
});
