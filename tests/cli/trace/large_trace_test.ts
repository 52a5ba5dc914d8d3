/** A trace of 100,000 events, reduced by the real program with little memory. */
import { assert, assertEquals } from "../../support/assert.ts";
import { programUnderTest } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";
import { skippedIf } from "../../support/skipped.ts";
import { HandwrittenBundle, STARTED, temporaryFolder, THREAD } from "../../observe/trace/bundle_kit.ts";

const EVENTS = 100_000;
/** Turns of two events for a call each; the other events are items that enter the history. */
const TURNS = 2_000;
/** Bytes of the log of events, which must not be in memory at once. */
const PADDING = "x".repeat(1_500);

/** Writes the log, and returns its size in bytes. */
async function writeLarge(root: string): Promise<{ readonly path: string; readonly bytes: number }> {
  const bundle = new HandwrittenBundle(root, 2);
  await bundle.write();
  const file = join(bundle.path, "trace.jsonl");
  const encoder = new TextEncoder();
  using log = await Deno.open(file, { write: true, truncate: true });
  const writer = log.writable.getWriter();
  let seq = 0;
  let bytes = 0;
  const line = (payload: Readonly<Record<string, unknown>>, turn: string) => {
    const event = {
      schema_version: 2,
      seq: ++seq,
      wall_time_unix_ms: STARTED + seq,
      rollout_id: THREAD,
      thread_id: THREAD,
      codex_turn_id: turn,
      payload,
    };
    return `${JSON.stringify(event)}\n`;
  };
  const request = {
    raw_payload_id: "raw_payload:1",
    kind: { type: "inference_request" },
    path: "payloads/1.json",
  };
  await Deno.writeTextFile(join(bundle.path, "payloads", "1.json"), '{"input":"hello"}');
  for (let turn = 0; turn < TURNS; turn++) {
    const id = `turn-${turn}`;
    const call = { inference_call_id: `call-${turn}`, thread_id: THREAD, codex_turn_id: id };
    const about = { model: "m", provider_name: "p", request_payload: request };
    const lines = [
      line({ type: "codex_turn_started", codex_turn_id: id, thread_id: THREAD }, id),
      line({ type: "inference_started", ...call, ...about }, id),
    ];
    for (let item = 0; item < EVENTS / TURNS - 4; item++) {
      lines.push(line({ type: "history_item_accepted", item_id: `item-${item}`, unused: PADDING }, id));
    }
    lines.push(
      line({ type: "inference_failed", inference_call_id: `call-${turn}`, error: "http 500" }, id),
      line({ type: "codex_turn_ended", codex_turn_id: id, status: "failed" }, id),
    );
    const chunk = encoder.encode(lines.join(""));
    bytes += chunk.length;
    await writer.write(chunk);
  }
  await writer.close();
  return { path: bundle.path, bytes };
}

const OF_BINARY = (Deno.env.get("CULVERT_UNDER_TEST") ?? "") === ""
  ? undefined
  : "the flags of the binary's engine are fixed";

Deno.test(
  skippedIf(OF_BINARY, "100,000 events are reduced in less memory than their size on disk"),
  async () => {
    await using folder = await temporaryFolder();
    const { path, bytes } = await writeLarge(folder.path);
    assert(bytes > 150e6, String(bytes));
    const [command = "", ...before] = programUnderTest();
    const [run = "", ...rest] = before;
    const child = new Deno.Command(command, {
      // 96 MiB of heap: the program itself needs about half of it.
      args: [run, "--v8-flags=--max-old-space-size=96", ...rest, "trace", "show", path, "--json"],
      clearEnv: true,
      env: scrubbedEnv({ CODEX_HOME: folder.path, HOME: folder.path, DENO_DIR: await moduleCache() }),
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(120_000),
    }).spawn();
    const { code, stdout, stderr } = await child.output();
    assertEquals(code, 0, new TextDecoder().decode(stderr).slice(-2_000));
    const trace = JSON.parse(new TextDecoder().decode(stdout));
    assertEquals(trace.problems, []);
    assertEquals(Object.keys(trace.inference_calls).length, TURNS);
    assertEquals(trace.codex_turns[`turn-${TURNS - 1}`].execution.ended_seq, EVENTS);
  },
);

/** The cache of modules, which a moved home would hide. */
async function moduleCache(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  const { denoDir }: { readonly denoDir: string } = JSON.parse(new TextDecoder().decode(stdout));
  return denoDir;
}
