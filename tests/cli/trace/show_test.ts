/** `culvert trace show`, by the real program. */
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { testWith } from "../../support/programs.ts";
import { onTerminal } from "../../support/terminal.ts";
import {
  CALLS,
  CONTENTS,
  HandwrittenBundle,
  sampleTurn,
  temporaryFolder,
  THREAD,
  TRACE_ID,
  TURN,
  writeSample,
} from "../../observe/trace/bundle_kit.ts";

Deno.test("trace show prints attempts with reuse, first event, stall and recovery, and tools, in 80 columns", async () => {
  await using folder = await temporaryFolder();
  await writeSample(folder.path, 3);
  const run = await culvert(["trace", "show", "latest"], { env: { CODEX_ROLLOUT_TRACE_ROOT: folder.path } });
  assertEquals(run.code, 0, run.stderr);
  const parts = [
    `Trace ${TRACE_ID}`,
    "2026-01-02 03:04:05 UTC, completed; schema 3",
    "open for 3.42 s; its turn took",
    "exec in /home/somebody",
    "Turn 1: completed after 3.40 s, first token after 240 ms",
    "+10 ms    attempt 1: gpt-sample (OpenAI), failed after 50 ms",
    "sends 1 item, 1 new\n            sse; new connection\n",
    "attempt 2 (after 401): gpt-sample (OpenAI), completed after 300 ms,",
    "recovered from 401",
    "sse; reused connection; first event 80 ms; first output 110 ms",
    "assistant: GOING-TO-LIST",
    "tokens: 100 in (0 cached), 12 out (2 reasoning)",
    "tool exec_command: completed after 240 ms, exit 3",
    "> FILE-ONE",
    "stalled for 1.90 s, 400 ms after the request",
    "websocket; reused connection; first event 90 ms; first output 130 ms",
    "total     240 in (96 cached), 20 out (4 reasoning)",
  ];
  for (const part of parts) assertIncludes(run.stdout, part);
  for (const line of run.stdout.split("\n")) assert(line.length <= 80, line);
});

Deno.test("trace show accepts the path of a trace and the beginning of its id, and --json prints the reduced trace", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 2);
  const byPath = await culvert(["trace", "show", path, "--json"]);
  const byId = await culvert(["trace", "show", TRACE_ID.slice(0, 6), "--json", "--root", folder.path]);
  assertEquals([byPath.code, byId.code], [0, 0], byId.stderr);
  assertEquals(byPath.stdout, byId.stdout);
  const trace = JSON.parse(byPath.stdout);
  assertEquals(Object.keys(trace.inference_calls), [...CALLS]);
  assertEquals([trace.schema_version, trace.contents_removed], [2, false]);
  const payload = trace.inference_calls[CALLS[1]].raw_response_payload_id;
  const raw = await culvert(["trace", "show", path, "--payload", payload]);
  assertEquals(JSON.parse(raw.stdout).response_id, "resp_b", raw.stderr);
});

Deno.test("trace show --share omits contents in text, JSON, page and payload, and reports this", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 3);
  const file = join(folder.path, "page.html");
  const runs = [
    await culvert(["trace", "show", path, "--share"]),
    await culvert(["trace", "show", path, "--share", "--json"]),
    await culvert(["trace", "show", path, "--share", "--payload", "raw_payload:4"]),
    await culvert(["trace", "show", path, "--share", "--html", "-o", file]),
  ];
  const outputs = [...runs.map(({ stdout }) => stdout), await Deno.readTextFile(file)];
  for (const { code, stderr } of runs) {
    assertEquals(code, 0, stderr);
    assertIncludes(stderr, "--share: contents and directories are omitted");
  }
  for (const secret of [...CONTENTS, "somebody@example.com"]) {
    for (const output of outputs) assertExcludes(output, secret);
  }
  assertIncludes(outputs[0]!, "assistant: [TEXT:13]");
  assertIncludes(outputs[0]!, "http 401 Unauthorized [TEXT:");
  assertEquals(JSON.parse(outputs[1]!).contents_removed, true);
  assertIncludes(outputs[4]!, "Contents and directories are left out");
  if (Deno.build.os !== "windows") assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
});

Deno.test("trace show --html writes one page without scripts and outside resources, with a table for each picture", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 3);
  const { code, stdout: page, stderr } = await culvert(["trace", "show", path, "--html"]);
  assertEquals(code, 0, stderr);
  assertMatch(
    page,
    /http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-[^']+'/,
  );
  assertExcludes(page, "<script");
  assertEquals([...page.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, url]) => url), []);
  assertIncludes(page, 'aria-label="Turn 1: 3 attempts in 3.40 s, 1 repeated, 1 long gap, 1 tool call"');
  assertIncludes(page, '<th scope="row">attempt 2</th>');
  assertIncludes(page, "no data for 1.90 s");
  assertIncludes(page, "after 401");
});

/** Control characters, and those that change the direction of a text. */
const CONTROLS = /[\p{Cc}\p{Cf}]/u;

Deno.test("control characters of a trace do not reach a terminal, a file or a page", async () => {
  await using folder = await temporaryFolder();
  const bundle = new HandwrittenBundle(folder.path, 2);
  const evil = "\u001b]0;owned\u0007\u202e\u009b31m<script>";
  bundle.event(0, { type: "codex_turn_started", codex_turn_id: TURN, thread_id: THREAD });
  bundle.event(1, {
    type: "inference_started",
    inference_call_id: evil,
    thread_id: THREAD,
    codex_turn_id: TURN,
    model: evil,
    provider_name: evil,
    request_payload: bundle.payload("inference_request", { input: evil }),
  });
  bundle.event(2, { type: "inference_failed", inference_call_id: evil, error: evil });
  bundle.event(3, { type: "\u001b[2Junknown" });
  await bundle.write({ trace_id: `\u001b[31m${TRACE_ID}` });
  for (const args of [[], ["--html"], ["--share"]]) {
    const run = await culvert(["trace", "show", bundle.path, ...args]);
    assertEquals(run.code, 0, run.stderr);
    assertEquals(run.stdout.replaceAll("\n", "").match(CONTROLS), null, run.stdout);
    if (args.includes("--html")) assertExcludes(run.stdout, "<script>");
  }
  const ls = await culvert(["trace", "ls", "--root", folder.path]);
  assertEquals(ls.stdout.replaceAll("\n", "").match(CONTROLS), null);
});

await testWith(
  ["script"],
  "control characters of a trace do not control a terminal, in text and in JSON",
  async () => {
    await using folder = await temporaryFolder();
    const bundle = new HandwrittenBundle(folder.path, 2);
    bundle.event(0, { type: "codex_turn_started", codex_turn_id: TURN, thread_id: THREAD });
    bundle.event(1, {
      type: "inference_started",
      inference_call_id: "c",
      thread_id: THREAD,
      codex_turn_id: TURN,
      model: "\u001b]0;owned\u0007\u009b2J",
      provider_name: "p",
      request_payload: bundle.payload("inference_request", { input: "\u009b2Jowned" }),
    });
    await bundle.write();
    for (const args of [[], ["--json"], ["--payload", "raw_payload:1"]]) {
      const session = onTerminal(["trace", "show", bundle.path, ...args]);
      const { code, bytes } = await session.end();
      assertEquals(code, 0, bytes);
      assertIncludes(bytes, "owned");
      for (const sequence of ["\u001b]", "\u0007", "\u009b", "\u001b[2J"]) assertExcludes(bytes, sequence);
    }
  },
);

Deno.test("trace show names the exchange that carried an attempt", async () => {
  const { record, pass } = await import("../../capture/record/recording_kit.ts");
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 3);
  await using recording = await record();
  await pass(recording, { requestHeaders: ["x-codex-inference-call-id", CALLS[1]] });
  using _capture = await recording.load();
  const run = await culvert(["trace", "show", path, "--capture", recording.directory]);
  assertEquals(run.code, 0, run.stderr);
  assertMatch(run.stdout, /request req_b\n +exchange x1\n/);
});

/** Folders that are not a trace, or a trace that cannot be read. */
const UNREADABLE: readonly (readonly [string, (root: string) => Promise<string>, string])[] = [
  [
    "a folder that does not exist",
    (root) => Promise.resolve(join(root, "missing")),
    "no such file or directory",
  ],
  ["a file", async (root) => {
    await Deno.writeTextFile(join(root, "file"), "text");
    return join(root, "file");
  }, "it is not a directory"],
  ["an empty folder", (root) => Promise.resolve(root), "it is not a trace: it contains no manifest.json"],
  ["a folder of traces", async (root) => {
    await writeSample(root, 2);
    return root;
  }, "it contains 1 trace but is not a trace"],
  ["a trace of schema 4", async (root) => {
    const bundle = sampleTurn(new HandwrittenBundle(root, 3), 3);
    await bundle.write({ schema_version: 4 });
    return bundle.path;
  }, "its schema has version 4"],
  ["a trace without its event log", async (root) => {
    const path = await writeSample(root, 1);
    await Deno.remove(join(path, "trace.jsonl"));
    return path;
  }, "trace.jsonl: no such file or directory"],
  ["a manifest that is no JSON", async (root) => {
    await Deno.writeTextFile(join(root, "manifest.json"), "{");
    return root;
  }, "manifest.json is not JSON"],
];

for (const [what, make, message] of UNREADABLE) {
  Deno.test(`trace show of ${what} exits 2 with the reason`, async () => {
    await using folder = await temporaryFolder();
    const run = await culvert(["trace", "show", await make(folder.path)]);
    assertEquals(run.code, 2, run.stdout + run.stderr);
    assertIncludes(run.stderr, "culvert: Cannot read the inference trace");
    assertIncludes(run.stderr.replace(/\s+/g, " "), message);
  });
}

Deno.test("an unknown payload, an ambiguous id and a folder without traces are errors of the caller", async () => {
  await using folder = await temporaryFolder();
  const path = await writeSample(folder.path, 2);
  await new HandwrittenBundle(folder.path, 2, "trace-other").write({
    trace_id: TRACE_ID.replace("5555", "6666"),
  });
  const runs = [
    await culvert(["trace", "show", path, "--payload", "raw_payload:99"]),
    await culvert(["trace", "show", "1111", "--root", folder.path]),
    await culvert(["trace", "show", "latest", "--root", join(path, "payloads")]),
  ];
  const both = await culvert(["trace", "show", path, "--json", "--html"]);
  assertEquals(both.code, 2);
  assertIncludes(both.stderr, "Only one of --json and --html can be used");
  assertEquals(runs.map(({ code }) => code), [2, 2, 2]);
  const [payload, ambiguous, empty] = runs.map(({ stderr }) => stderr.replace(/\s+/g, " "));
  assertIncludes(payload!, "There is no payload raw_payload:99");
  assertIncludes(ambiguous!, "1111 is the beginning of 2 traces");
  assertIncludes(empty!, "there is no trace in this folder");
});
