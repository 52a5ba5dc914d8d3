/** `culvert respond` with an inference trace: what the bundle holds, and what it must not hold. */
import { startMockApi } from "../../../lib/mock/api/api.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { turnsOf } from "../../../lib/capture/record/read/turns.ts";
import { createBundle } from "../../../lib/observe/trace/write/bundle/bundle_files.ts";
import { bundlesIn, folder, readBundle, readTrace, wholeText } from "../../observe/trace/write/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { PLANTED_KEY } from "./kit.ts";
import { CALL_ID, traceBench } from "./trace_kit.ts";

for (const transport of ["sse", "ws"] as const) {
  Deno.test(`respond over ${transport} with CODEX_ROLLOUT_TRACE_ROOT writes a bundle, without a message`, async () => {
    await using scene = await traceBench({ scenario: { text: "Here it is" } });
    const run = await scene.respond(["--transport", transport, "hello"], {
      env: { CODEX_ROLLOUT_TRACE_ROOT: scene.traces },
    });
    assertEquals([run.code, run.stderr, run.stdout.trim()], [0, "", "Here it is"]);
    const trace = await readTrace(scene.traces);
    assertEquals(trace.types.at(-1), "recording_completed");
    const started = trace.one("inference_started");
    assertEquals(await trace.payload(started.request_payload), scene.api.log.turns[0]?.json);
    const response = await trace.payload(trace.one("inference_completed").response_payload);
    assertIncludes(JSON.stringify(response["output_items"]), "Here it is");
    if (Deno.build.os !== "windows") {
      assertEquals((await Deno.stat(trace.bundle.path)).mode! & 0o777, 0o700);
      assertEquals((await Deno.stat(join(trace.bundle.path, "trace.jsonl"))).mode! & 0o777, 0o600);
    }
  });

  const joined = `the call of a trace is joined over ${transport} with the request of a capture by its id`;
  Deno.test(unlessLacking(joined), async () => {
    await using scene = await traceBench();
    const capture = join(scene.directory, "capture");
    const run = await scene.respond(
      ["--transport", transport, "--trace", scene.traces, "--capture", capture, "hello"],
    );
    assertEquals(run.code, 0, run.stderr);
    const trace = await readTrace(scene.traces);
    const { inference_call_id: id } = trace.one("inference_started");
    using captured = await loadDirectory(capture);
    const [turn] = turnsOf(captured);
    const headers = new Map(turn?.exchange.request?.headers);
    const found = transport === "sse"
      ? headers.get(CALL_ID)
      : JSON.parse(captured.text(turn?.request) ?? "{}").client_metadata[CALL_ID];
    assertEquals(found, id);
  });
}

Deno.test(unlessLacking("respond with the provider demo writes a trace of the answer"), async () => {
  await using root = await folder();
  const run = await culvert(["respond", "--provider", "demo", "--trace", root.path, "hello"]);
  assertEquals(run.code, 0, run.stderr);
  const trace = await readTrace(root.path);
  assertEquals(trace.one("codex_turn_ended").status, "completed");
});

for (const transport of ["sse", "ws"] as const) {
  Deno.test(
    skippedIf(
      ON_WINDOWS,
      `no token and no attestation of a login is in a trace of respond over ${transport}`,
    ),
    async () => {
      await using api = await startMockApi();
      await using home = await folder();
      const attestation = "attestation-0123456789abcdef";
      const script = join(home.path, "attest.sh");
      await Deno.writeTextFile(script, `#!/bin/sh\necho ${attestation}\n`, { mode: 0o755 });
      await Deno.writeTextFile(join(home.path, "ca.pem"), api.authority.certificate);
      await Deno.writeTextFile(join(home.path, "config.toml"), `openai_base_url = "${api.baseUrl}"\n`);
      await Deno.writeTextFile(join(home.path, "culvert.toml"), `[attestation]\ncommand = "${script}"\n`);
      const tokens = await writeLogin(home.path, api.oauth);
      api.enqueue({ text: `You sent ${tokens.access_token} and ${attestation}` });
      const traces = join(home.path, "traces");
      const run = await culvert(["respond", "--transport", transport, "--trace", traces, "hello"], {
        env: { CODEX_HOME: home.path, CODEX_CA_CERTIFICATE: join(home.path, "ca.pem") },
      });
      assertEquals(run.code, 0, run.stderr);
      assertEquals(api.log.turns[0]?.headers["x-oai-attestation"], attestation);
      const text = await wholeText((await readTrace(traces)).bundle.path);
      const { access_token, id_token, refresh_token } = tokens;
      for (const secret of [access_token, id_token, refresh_token, attestation]) assertExcludes(text, secret);
      assertIncludes(text, "You sent ");
    },
  );
}

Deno.test("a request that is refused with 401 and sent again with a new token is recorded as two calls, without a token", async () => {
  await using api = await startMockApi();
  await using home = await folder();
  await Deno.writeTextFile(join(home.path, "ca.pem"), api.authority.certificate);
  await Deno.writeTextFile(join(home.path, "config.toml"), `openai_base_url = "${api.baseUrl}"\n`);
  const before = await writeLogin(home.path, api.oauth, "rejected");
  const traces = join(home.path, "traces");
  const run = await culvert(["respond", "--transport", "sse", "--trace", traces, "hello"], {
    env: {
      CODEX_HOME: home.path,
      CODEX_CA_CERTIFICATE: join(home.path, "ca.pem"),
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${api.origin}/oauth/token`,
    },
  });
  assertEquals(run.code, 0, run.stderr);
  const trace = await readTrace(traces);
  const failed = trace.one("inference_failed");
  const completed = trace.one("inference_completed");
  assertEquals([failed.culvert?.http_status, completed.culvert?.cause], [401, "unauthorized"]);
  const ids = trace.all("inference_started").map((event) => event.inference_call_id);
  assertEquals(ids, [failed.inference_call_id, completed.inference_call_id]);
  assertEquals(api.log.turns.map(({ headers }) => headers[CALL_ID]), ids);
  const after = JSON.parse(await Deno.readTextFile(join(home.path, "auth.json"))).tokens;
  const text = await wholeText(trace.bundle.path);
  for (const { access_token, refresh_token, id_token } of [before, after]) {
    for (const token of [access_token, refresh_token, id_token]) assertExcludes(text, String(token));
  }
});

Deno.test("no key, header or parameter of a provider is in a trace, although the prompt repeats them", async () => {
  await using scene = await traceBench({ scenario: { text: ["Your key is ", PLANTED_KEY] } });
  const canaries = {
    key: PLANTED_KEY,
    header: "c4nary-of-a-provider-header",
    query: "c4nary-of-a-query-value",
    flag: "c4nary-of-a-flag-header",
  };
  const home = join(scene.directory, "home");
  await Deno.mkdir(home);
  await Deno.writeTextFile(
    join(home, "config.toml"),
    `model_provider = "corp"
[model_providers.corp]
name = "Corp"
base_url = "${scene.api.baseUrl}"
env_key = "CORP_KEY"
http_headers = { "X-Corp-Secret" = "${canaries.header}" }
query_params = { code = "${canaries.query}" }
`,
  );
  const prompt = `keys: ${Object.values(canaries).join(" ")}`;
  const run = await culvert(
    ["respond", "--trace", scene.traces, "-H", `X-Api-Key: ${canaries.flag}`, prompt],
    {
      env: { CODEX_HOME: home, CODEX_CA_CERTIFICATE: scene.bundle, CORP_KEY: PLANTED_KEY },
    },
  );
  assertEquals(run.code, 0, run.stderr);
  const [request] = scene.api.log.turns;
  // They were sent where they belong.
  assertEquals(request?.headers["authorization"], `Bearer ${PLANTED_KEY}`);
  assertEquals(request?.headers["x-corp-secret"], canaries.header);
  assertEquals(request?.headers["x-api-key"], canaries.flag);
  const trace = await readTrace(scene.traces);
  const text = await wholeText(trace.bundle.path);
  for (const [name, canary] of Object.entries(canaries)) assert(!text.includes(canary), name);
  assertIncludes(text, "keys: ");
});

Deno.test("a folder of --trace that cannot be written is an error before anything is sent; one of the environment causes one warning", async () => {
  await using scene = await traceBench({ scenario: { text: "Here it is" } });
  const file = join(scene.directory, "file");
  await Deno.writeTextFile(file, "");
  const unusable = [[file, ""], [join(file, "traces"), "a part of the path is not a directory"]] as const;
  for (const [folder, problem] of unusable) {
    const refused = await scene.respond(["--trace", folder, "hello"]);
    assertEquals([refused.code, refused.stdout], [2, ""]);
    assertIncludes(refused.stderr, `Cannot write --trace ${folder}: ${problem}`);
  }
  assertEquals(scene.api.log.turns.length, 0);
  const run = await scene.respond(["hello"], { env: { CODEX_ROLLOUT_TRACE_ROOT: join(file, "traces") } });
  assertEquals([run.code, run.stdout.trim()], [0, "Here it is"]);
  assertEquals(run.stderr.match(/inference trace/g)?.length, 1, run.stderr);
  assertMatch(
    run.stderr,
    /warning: The inference trace in .*\/file\/traces is missing or incomplete \(the answer is not affected\): a part of the path is not a directory$/m,
  );
  scene.api.enqueue({ text: "Here it is" });
  const taken = await scene.respond(["hello"], { env: { CODEX_ROLLOUT_TRACE_ROOT: file } });
  assertEquals([taken.code, taken.stdout.trim()], [0, "Here it is"]);
  assertIncludes(taken.stderr, "another file has that name");
});

Deno.test("the limits of the configuration truncate long texts and limit the whole trace", async () => {
  await using scene = await traceBench({ scenario: { text: "Here it is" } });
  const long = "A long prompt. ".repeat(100);
  const args = ["--trace", scene.traces, "-C", "rollout_trace.max_payload_bytes=300", long];
  const run = await scene.respond(args);
  assertEquals([run.code, run.stderr], [0, ""]);
  const trace = await readTrace(scene.traces);
  const [item] = trace.one("inference_started").request_payload.parts ?? [];
  assertEquals(item?.parts?.[0]?.capture, {
    status: "truncated",
    original_bytes: long.length + 2,
    retained_bytes: 300,
  });
  const small = await scene.respond(["--trace", scene.traces, "-C", "rollout_trace.max_bytes=2500", "hello"]);
  assertEquals([small.code, small.stdout.trim()], [0, "Here it is"]);
  assertMatch(small.stderr, /The inference trace has reached 2500 bytes \(rollout_trace.max_bytes\)/);
});

Deno.test("old traces of culvert in the folder are removed, and those of the codex client are kept", async () => {
  await using scene = await traceBench();
  const old = new Date(Date.now() - 40 * 86_400_000);
  for (const [threadId, writer] of [["own", "culvert 0.1.0"], ["foreign", ""]] as const) {
    const traceId = crypto.randomUUID();
    (await createBundle(scene.traces, { traceId, threadId, startedAt: 0 }, writer)).close();
    await Deno.utime(join(scene.traces, `trace-${traceId}-${threadId}`, "trace.jsonl"), old, old);
  }
  const keeping = await scene.respond(["--trace", scene.traces, "-C", "rollout_trace.keep_days=0", "hello"]);
  assertEquals([keeping.code, (await bundlesIn(scene.traces)).length], [0, 3]);
  const run = await scene.respond(["--trace", scene.traces, "hello"]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const left = await bundlesIn(scene.traces);
  assertEquals(left.filter((path) => path.endsWith("-own")), []);
  assertEquals(left.filter((path) => path.endsWith("-foreign")).length, 1);
  assertEquals(left.length, 3);
});

Deno.test("several prompts of one command are turns of one trace", async () => {
  await using scene = await traceBench();
  const prompts = join(scene.directory, "prompts");
  await Deno.writeTextFile(prompts, "one\ntwo\n");
  const run = await scene.respond(["--trace", scene.traces, "--repeat-from", prompts]);
  assertEquals(run.code, 0, run.stderr);
  const trace = await readTrace(scene.traces);
  assertEquals(trace.all("codex_turn_ended").map(({ status }) => status), ["completed", "completed"]);
});

Deno.test("with a trace and without one, the requests of respond differ only in the id of the call", async () => {
  await using scene = await traceBench();
  assertEquals((await scene.respond(["hello"])).code, 0);
  assertEquals((await scene.respond(["--trace", scene.traces, "hello"])).code, 0);
  const [without, withTrace] = scene.api.log.turns.map(({ headers }) => Object.keys(headers).sort());
  assertEquals(withTrace?.filter((name) => name !== CALL_ID), without);
  assert(withTrace?.includes(CALL_ID));
  assertEquals((await bundlesIn(scene.traces)).length, 1);
  await readBundle((await bundlesIn(scene.traces))[0] ?? "");
});

Deno.test("trace ls shows that the only turn of a trace failed", async () => {
  await using scene = await traceBench({ scenario: { refusal: { status: 400, body: {} } } });
  const failed = await scene.respond(["--trace", scene.traces, "--transport", "sse", "hello"]);
  assert(failed.code !== 0);
  const list = await culvert(["trace", "ls", "--root", scene.traces]);
  assertMatch(list.stdout, /completed +1 \(1 failed\) +1 \(1 failed\)/);
  const [line] = (await culvert(["trace", "ls", "--json", "--root", scene.traces])).stdout.split("\n");
  assertEquals([JSON.parse(line!).failed_turns, JSON.parse(line!).cancelled_turns], [1, 0]);
});
