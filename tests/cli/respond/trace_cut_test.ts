/** Inference traces of answers that are cut short: by the reader, by a signal, by a crash. */
import type { Scenario } from "../../../lib/mock/api/scenario.ts";
import { bundlesIn, type ReadTrace, readTrace } from "../../observe/trace/write/kit.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { PLANTED_KEY } from "./kit.ts";
import { DROPPED, traceBench } from "./trace_kit.ts";

const STALLED: Scenario = {
  reasoning: "A thought",
  text: ["one ", "two ", "three"],
  ending: { kind: "stall", afterDeltas: 2 },
};

async function assertCancelled(trace: ReadTrace): Promise<Record<string, unknown>> {
  const cancelled = trace.one("inference_cancelled");
  assertEquals(cancelled.reason, DROPPED);
  assertEquals(cancelled.inference_call_id, trace.one("inference_started").inference_call_id);
  assertEquals(trace.one("codex_turn_ended").status, "cancelled");
  assertEquals(trace.types.at(-1), "recording_completed");
  const partial = await trace.payload(cancelled.partial_response_payload);
  const items = partial["output_items"];
  assert(Array.isArray(items));
  assertEquals(items.map(({ type }) => type), ["reasoning"]);
  return partial;
}

for (const transport of ["sse", "ws"] as const) {
  for (const [signal, exit] of [["SIGINT", 130], ["SIGTERM", 143]] as const) {
    Deno.test(`${signal} over ${transport} is recorded as cancelled, with the items and the text that arrived`, async () => {
      await using scene = await traceBench({ scenario: STALLED });
      await using run = await scene.started(["--transport", transport, "hello"]);
      await run.seen("stdout", /two/);
      run.kill(signal);
      assertEquals(await run.end(), exit);
      const partial = await assertCancelled(await readTrace(scene.traces));
      assertEquals(partial["partial_text"], "one two ");
    });
  }

  Deno.test(`a reader over ${transport} that takes one line and closes the pipe is recorded as cancelled`, async () => {
    await using scene = await traceBench({
      scenario: {
        reasoning: "A thought",
        text: Array.from({ length: 2_000 }, (_, n) => `line ${n}\n`),
        gapMs: 5,
      },
    });
    const quoted = [
      ...programUnderTest(),
      "respond",
      "--base-url",
      scene.api.baseUrl,
      "--transport",
      transport,
      "--trace",
      scene.traces,
      "hello",
    ].map((word) => `'${word}'`).join(" ");
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", `${quoted} | head -1`],
      clearEnv: true,
      env: scrubbedEnv({
        CODEX_HOME: scene.directory,
        CODEX_CA_CERTIFICATE: scene.bundle,
        CULVERT_API_KEY: PLANTED_KEY,
      }),
      stdin: "null",
    }).output();
    const decoder = new TextDecoder();
    assertEquals([code, decoder.decode(stdout), decoder.decode(stderr)], [0, "line 0\n", ""]);
    const partial = await assertCancelled(await readTrace(scene.traces));
    assertIncludes(String(partial["partial_text"]), "line 0\n");
  });

  Deno.test(`Ctrl-C over ${transport} while nothing reads stdout is recorded as cancelled`, async () => {
    const scenario = { reasoning: "A thought", manyDeltas: 2_000_000 };
    await using scene = await traceBench({ scenario });
    const child = scene.start(["--transport", transport, "--trace", scene.traces, "hello"]);
    try {
      await child.stdin.close();
      // The pipe holds 64 KiB: wait until the trace has its start, then until the program stands still.
      await until(async () => (await bundlesIn(scene.traces)).length === 1);
      await until(() => isIdle(child.pid));
      child.kill("SIGINT");
      const stderr = new Response(child.stderr).text();
      const drained = child.stdout.pipeTo(new WritableStream()).catch(() => {});
      const { code } = await child.status;
      await drained;
      assertEquals(code, 130, await stderr);
      const partial = await assertCancelled(await readTrace(scene.traces));
      assert(String(partial["partial_text"]).length > 1_000);
    } finally {
      try {
        child.kill("SIGKILL");
      } catch {
        // It has ended.
      }
    }
  });

  Deno.test(`a program that is killed over ${transport} leaves a trace that is readable up to that moment`, async () => {
    await using scene = await traceBench({ scenario: STALLED });
    await using run = await scene.started(["--transport", transport, "hello"]);
    await run.seen("stdout", /two/);
    // Written while the answer is read.
    await until(async () => {
      const [path] = await bundlesIn(scene.traces);
      if (path === undefined) return false;
      return (await Deno.readTextFile(join(path, "trace.jsonl"))).includes("inference_started");
    });
    run.kill("SIGKILL");
    await run.end();
    const trace = await readTrace(scene.traces);
    assertEquals(trace.types.at(-1), "inference_started");
    const request = await trace.payload(trace.one("inference_started").request_payload);
    assertIncludes(JSON.stringify(request["input"]), "hello");
    // As the system may leave it: the last line cut short.
    const log = join(trace.bundle.path, "trace.jsonl");
    await Deno.truncate(log, (await Deno.stat(log)).size - 20);
    const torn = await readTrace(scene.traces, [/the last line is incomplete/]);
    assertEquals(torn.types, trace.types.slice(0, -1));
  });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!await condition()) {
    assert(Date.now() < end, "not within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Whether a process has used no processor time for 400 ms, as `/proc` tells. */
async function isIdle(pid: number): Promise<boolean> {
  if (Deno.build.os !== "linux") {
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    return true;
  }
  const used = async () =>
    (await Deno.readTextFile(`/proc/${pid}/stat`)).split(") ")[1]?.split(" ").slice(11, 13);
  const before = await used();
  await new Promise((resolve) => setTimeout(resolve, 400));
  return String(before) === String(await used());
}
