/** Bundles of inference traces, written by hand in each version of the schema. */
import { zstdCompressSync } from "node:zlib";
import { encodeRecord } from "../../../lib/observe/trace/format/payload_record.ts";
import { join } from "../../support/paths.ts";

/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>;

/** Writes a bundle, event by event. Times begin at {@link STARTED}. */
export class HandwrittenBundle {
  readonly path: string;
  readonly #version: number;
  readonly #lines: string[] = [];
  readonly #records: { readonly id: string; readonly json: string }[] = [];
  #payloads = 0;

  constructor(root: string, version: number, name = `trace-${TRACE_ID}-${THREAD}`) {
    this.path = join(root, name);
    this.#version = version;
  }

  /** Adds a payload and returns the reference to it. */
  payload(kind: string, value: unknown): Json {
    const id = `raw_payload:${++this.#payloads}`;
    this.#records.push({ id, json: JSON.stringify(value) });
    const place = this.#version === 3 ? { shard: 1 } : { path: `payloads/${this.#payloads}.json` };
    return { raw_payload_id: id, kind: { type: kind }, ...place };
  }

  /** Adds an event. @param ms since the start of the trace */
  event(ms: number, payload: Json, turn: string | null = TURN): void {
    this.#lines.push(JSON.stringify({
      schema_version: this.#version,
      seq: this.#lines.length + 1,
      wall_time_unix_ms: STARTED + ms,
      rollout_id: THREAD,
      thread_id: turn === null ? null : THREAD,
      codex_turn_id: turn,
      payload,
    }));
  }

  /** Writes the files. @param changes to the manifest */
  async write(changes: Json = {}, tail = "\n"): Promise<void> {
    await Deno.mkdir(join(this.path, "payloads"), { recursive: true });
    const manifest = {
      schema_version: this.#version,
      trace_id: TRACE_ID,
      rollout_id: THREAD,
      root_thread_id: THREAD,
      started_at_unix_ms: STARTED,
      raw_event_log: "trace.jsonl",
      payloads_dir: "payloads",
      ...changes,
    };
    await Deno.writeTextFile(join(this.path, "manifest.json"), JSON.stringify(manifest, null, 2));
    await Deno.writeTextFile(join(this.path, "trace.jsonl"), this.#lines.join("\n") + tail);
    if (this.#version === 3) {
      const bytes = new Uint8Array(await new Blob(this.#records.map(encodeRecord)).arrayBuffer());
      await Deno.writeFile(join(this.path, "payloads", "000001.zst"), zstdCompressSync(bytes));
      return;
    }
    for (const { id, json } of this.#records) {
      const name = `${id.slice("raw_payload:".length)}.json`;
      await Deno.writeTextFile(join(this.path, "payloads", name), JSON.stringify(JSON.parse(json), null, 2));
    }
  }
}

/** Ids of the sample. */
export const TRACE_ID = "11111111-2222-4333-8444-555555555555";
export const THREAD = "01999999-aaaa-7bbb-8ccc-dddddddddddd";
export const TURN = "01999999-aaaa-7bbb-8ccc-eeeeeeeeeeee";
export const CALLS = ["call-a", "call-b", "call-c"] as const;
/** Start of the sample, ms since 1970. */
export const STARTED = Date.UTC(2026, 0, 2, 3, 4, 5);
/** Texts of the sample that `--share` must omit. */
export const CONTENTS = [
  "PLEASE-LIST",
  "GOING-TO-LIST",
  "ls /srv/secret-place",
  "FILE-ONE",
  "/home/somebody",
] as const;

const prompt = (text: string) => ({ type: "message", role: "user", content: [{ type: "input_text", text }] });
const usage = (input: number, cached: number, output: number) => ({
  input_tokens: input,
  cached_input_tokens: cached,
  cache_write_input_tokens: 0,
  output_tokens: output,
  reasoning_output_tokens: 2,
  total_tokens: input + output,
});

/**
 * Fills a bundle with one turn: refused with 401, sent again and accepted with a call of a tool, then answered after a
 * stall. In schema 3 with the facts that culvert adds.
 */
export function sampleTurn(bundle: HandwrittenBundle, version: number): HandwrittenBundle {
  const facts = (value: Json) => version === 3 ? { culvert: value } : {};
  const call = (id: string, input: readonly unknown[], more: Json = {}) => ({
    type: "inference_started",
    inference_call_id: id,
    thread_id: THREAD,
    codex_turn_id: TURN,
    model: "gpt-sample",
    provider_name: "OpenAI",
    request_payload: bundle.payload("inference_request", { model: "gpt-sample", input, ...more }),
  });
  const user = prompt(CONTENTS[0]);
  const text = { type: "output_text", text: CONTENTS[1] };
  const said = { type: "message", role: "assistant", id: "msg_1", content: [text] };
  const ls = {
    type: "function_call",
    id: "fc_1",
    call_id: "call_1",
    name: "shell",
    arguments: JSON.stringify({ cmd: CONTENTS[2] }),
  };
  const output = { type: "function_call_output", call_id: "call_1", output: CONTENTS[3] };
  bundle.event(0, { type: "rollout_started", trace_id: TRACE_ID, root_thread_id: THREAD }, null);
  bundle.event(1, {
    type: "thread_started",
    thread_id: THREAD,
    agent_path: "/root",
    metadata_payload: bundle.payload("session_metadata", {
      model: "gpt-sample",
      session_source: "exec",
      cwd: CONTENTS[4],
    }),
  }, null);
  bundle.event(10, { type: "codex_turn_started", codex_turn_id: TURN, thread_id: THREAD });
  bundle.event(20, call(CALLS[0], [user]));
  bundle.event(70, {
    type: "inference_failed",
    inference_call_id: CALLS[0],
    upstream_request_id: "req_a",
    error: 'http 401 Unauthorized: Some("token expired for somebody@example.com")',
    ...facts({ transport: "sse", connection_reused: false, http_status: 401, headers_ms: 45 }),
  });
  bundle.event(150, call(CALLS[1], [user]));
  bundle.event(450, {
    type: "inference_completed",
    inference_call_id: CALLS[1],
    response_id: "resp_b",
    upstream_request_id: "req_b",
    response_payload: bundle.payload("inference_response", {
      response_id: "resp_b",
      upstream_request_id: "req_b",
      token_usage: usage(100, 0, 12),
      output_items: [said, ls],
    }),
    ...facts({
      transport: "sse",
      connection_reused: true,
      http_status: 200,
      cause: "unauthorized",
      headers_ms: 60,
      first_event_ms: 80,
      first_output_ms: 110,
      events: 21,
      items: [{ item_id: "msg_1", first_ms: 110, last_ms: 200 }, {
        item_id: "fc_1",
        first_ms: 210,
        last_ms: 290,
      }],
    }),
  });
  if (version > 1) bundle.event(451, { type: "history_item_accepted", item_id: "fc_1" });
  bundle.event(460, {
    type: "tool_call_started",
    tool_call_id: "call_1",
    model_visible_call_id: "call_1",
    code_mode_runtime_tool_id: null,
    requester: { type: "model" },
    kind: { type: "exec_command" },
    summary: { type: "generic", label: "shell", input_preview: ls.arguments, output_preview: null },
    invocation_payload: bundle.payload("tool_invocation", { tool_name: "shell", payload: ls }),
  });
  bundle.event(470, {
    type: "tool_call_runtime_started",
    tool_call_id: "call_1",
    runtime_payload: bundle.payload("tool_runtime_event", { command: ["ls"], cwd: CONTENTS[4] }),
  });
  bundle.event(690, {
    type: "tool_call_runtime_ended",
    tool_call_id: "call_1",
    status: "completed",
    runtime_payload: bundle.payload("tool_runtime_event", { exit_code: 3, aggregated_output: CONTENTS[3] }),
  });
  bundle.event(700, {
    type: "tool_call_ended",
    tool_call_id: "call_1",
    status: "completed",
    result_payload: bundle.payload("tool_result", { type: "direct_response", response_item: output }),
  });
  bundle.event(720, call(CALLS[2], [output], { previous_response_id: "resp_b" }));
  bundle.event(3_400, {
    type: "inference_completed",
    inference_call_id: CALLS[2],
    response_id: "resp_c",
    upstream_request_id: null,
    response_payload: bundle.payload("inference_response", {
      response_id: "resp_c",
      upstream_request_id: null,
      token_usage: usage(140, 96, 8),
      output_items: [{ type: "message", role: "assistant", id: "msg_2", content: "Done." }],
    }),
    ...facts({
      transport: "websocket",
      connection_reused: true,
      first_event_ms: 90,
      first_output_ms: 130,
      gaps: [{ after_ms: 400, ms: 1_900 }],
    }),
  });
  bundle.event(3_410, { type: "codex_turn_ended", codex_turn_id: TURN, status: "completed" });
  bundle.event(3_411, {
    type: "protocol_event_observed",
    event_type: "turn_complete",
    event_payload: bundle.payload("protocol_event", {
      type: "task_complete",
      turn_id: TURN,
      time_to_first_token_ms: 240,
    }),
  }, null);
  bundle.event(3_420, { type: "thread_ended", thread_id: THREAD, status: "completed" }, null);
  bundle.event(3_421, { type: "rollout_ended", status: "completed" }, null);
  if (version > 1) bundle.event(3_422, { type: "recording_completed" }, null);
  return bundle;
}

/** Writes the sample and returns the path of its folder. */
export async function writeSample(root: string, version: number): Promise<string> {
  const bundle = sampleTurn(new HandwrittenBundle(root, version), version);
  await bundle.write();
  return bundle.path;
}

/** A folder that is removed at the end. */
export async function temporaryFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir({ prefix: "culvert-trace-" });
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}
