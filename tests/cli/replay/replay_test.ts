import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, startCulvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { answerOf, recordSession, requestOf } from "../../capture/record/sample_capture.ts";

async function finished(options: Parameters<typeof recordSession>[0] = {}) {
  const recording = await recordSession(options);
  await recording.recorder.close();
  return recording;
}

/** Waits for a file that the program writes. */
async function fileText(path: string): Promise<string> {
  for (let attempt = 0; attempt < 300; attempt++) {
    const text = await Deno.readTextFile(path).catch(() => "");
    if (text !== "") return text;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${path} was not written within 15 s`);
}

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "replay writes its port, serves until SIGTERM, and reports used, unused and unmatched requests",
  ),
  fn: async () => {
    await using recording = await finished({ turns: 2, gapMs: 1 });
    const info = join(recording.directory, "sub", "info.json");
    const child = startCulvert([
      "replay",
      recording.directory,
      "--speed",
      "none",
      "--server-info",
      info,
      "--json",
      "--strict",
      "--match",
      "shape",
    ]);
    const { port, pid } = JSON.parse(await fileText(info));
    assert(Number.isInteger(pid));
    const ask = async (body: string) =>
      await (await fetch(`http://127.0.0.1:${port}/v1/responses`, { method: "POST", body })).text();
    assertIncludes(await ask(requestOf(0)), "token_expired");
    assertEquals(await ask(requestOf(0)), answerOf(0).join(""));
    assertIncludes(await ask(JSON.stringify({ model: "another", input: [] })), "culvert_replay_miss");
    child.kill("SIGTERM");
    const { code, stdout, stderr } = await child.output();
    assertEquals(code, 8);
    const [first = ""] = new TextDecoder().decode(stdout).split("\n");
    const report = JSON.parse(first);
    assertEquals(report.used.length, 2);
    assertEquals(report.unmatched.length, 1);
    assertEquals(report.unmatched[0].difference.pointer, "/model");
    assert(report.unused.length > 0);
    assertIncludes(new TextDecoder().decode(stderr), "1 request was not in");
    assertEquals(await Deno.stat(info).then(() => true, () => false), false);
    await child.stdin.close();
  },
});

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "replay runs a program after -- with its address set, and exits with its exit code",
  ),
  fn: async () => {
    await using recording = await finished({ turns: 1, socket: false, gapMs: 1 });
    const run = await culvert([
      "replay",
      recording.directory,
      "--speed",
      "none",
      "--",
      "sh",
      "-c",
      'curl -s "$OPENAI_BASE_URL/models?client_version=0.171.0"; exit 7',
    ]);
    assertEquals(run.code, 7);
    assertIncludes(run.stdout, '{"models":[{"slug":"gpt-5"}]}');
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "culvert respond streams its answer from a replayed capture of a culvert session"),
  fn: async () => {
    await using recording = await finished({ turns: 1, socket: false, gapMs: 1 });
    const program =
      'culvert_main respond --base-url "$OPENAI_BASE_URL" --transport sse --model gpt-5 "Hello"';
    const main = join(import.meta.dirname ?? "", "..", "..", "..", "main.ts");
    const run = await culvert([
      "replay",
      recording.directory,
      "--speed",
      "none",
      "--match",
      "order",
      "--",
      "sh",
      "-c",
      `${program.replace("culvert_main", `${Deno.execPath()} run -A --no-check --quiet ${main}`)} || ${
        program.replace("culvert_main", `${Deno.execPath()} run -A --no-check --quiet ${main}`)
      }`,
    ], {
      env: { CULVERT_API_KEY: "sk-test-0123456789" },
    });
    // The first recorded call was refused with 401.
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, "Because the test fails.");
  },
});

Deno.test("replay reports an invalid fault, speed, port or capture", async () => {
  await using recording = await finished({ turns: 0, socket: false });
  for (
    const [args, part] of [
      [["--fault", "explode"], "--fault explode"],
      [["--speed", "fast"], "--speed"],
      [["--port", "70000"], "--port"],
    ] as const
  ) {
    const run = await culvert(["replay", recording.directory, ...args]);
    assertEquals(run.code, 2, run.stderr);
    assertIncludes(run.stderr, part);
  }
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const busy = await culvert(["replay", recording.directory, "--port", String(taken.addr.port)]);
  assertEquals(busy.code, 2);
  assertIncludes(busy.stderr, "Cannot listen");
  assertEquals((await culvert(["replay", "/does/not/exist"])).code, 2);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "replay gives its program a dummy key, and codex the address as a flag"),
  fn: async () => {
    await using recording = await finished({ turns: 1 });
    const show = 'printf "%s\\n" "$OPENAI_API_KEY" "$CODEX_API_KEY" "$OPENAI_BASE_URL" "$@"';
    const codex = join(recording.directory, "codex");
    await Deno.writeTextFile(codex, `#!/bin/sh\n${show}\n`, { mode: 0o755 });
    const run = await culvert(["replay", recording.directory, "--", codex, "exec", "hello"], {
      env: { OPENAI_API_KEY: "the-key-of-the-user" },
    });
    const [key, codexKey, url, flag, setting, ...words] = run.stdout.trimEnd().split("\n");
    assertEquals([key, codexKey], ["culvert-replay", "culvert-replay"]);
    assertEquals([flag, setting, ...words], ["-c", `openai_base_url="${url}"`, "exec", "hello"]);
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "replay prints the address and a dummy key as commands for the shell"),
  fn: async () => {
    await using recording = await finished({ turns: 1 });
    const info = join(recording.directory, "info.json");
    const child = startCulvert(["replay", recording.directory, "--server-info", info], {
      env: { SHELL: "/bin/sh" },
    });
    const { base_url: url } = JSON.parse(await fileText(info));
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (text.split("\n").length < 4) {
      const { value, done } = await reader.read();
      assert(!done, "the program ended without its commands");
      text += value;
    }
    const shell = await new Deno.Command("sh", {
      args: ["-c", `${text}printf "%s %s %s" "$OPENAI_BASE_URL" "$OPENAI_API_KEY" "$CODEX_API_KEY"`],
    }).output();
    assertEquals(new TextDecoder().decode(shell.stdout), `${url} culvert-replay culvert-replay`);
    child.kill("SIGTERM");
    await reader.cancel();
    const stderr = await new Response(child.stderr).text();
    assertIncludes(stderr.replace(/\s+/g, " "), `codex exec -c 'openai_base_url="${url}"'`);
    await child.status;
    await child.stdin.close();
  },
});

Deno.test("a flow file of mitmproxy is named as such, with the way to convert it", async () => {
  await using recording = await finished({ turns: 1 });
  const flows = join(recording.directory, "x.flows");
  await culvert(["export", recording.directory, "--format", "mitmproxy", "-o", flows]);
  const run = await culvert(["replay", flows, "--", "true"]);
  assertEquals(run.code, 2);
  const text = run.stderr.replace(/\s+/g, " ");
  assertIncludes(text, "it is a flow file of mitmproxy");
  assertIncludes(text, "mitmdump -n -r FILE --set hardump=FILE.har");
});

Deno.test("a fault of 426 makes the client use HTTP, and a fault that hits no model call is reported", async () => {
  await using recording = await finished({ turns: 1, gapMs: 1 });
  const args = [
    "--speed",
    "none",
    "--match",
    "order",
    "--fault",
    "426",
    "--fault",
    "429#9",
    "--fault",
    "stall@999",
  ];
  const script =
    `curl -s -o /dev/null -w '%{http_code}\n' -d '{}' "$OPENAI_BASE_URL/responses"; curl -s -o /dev/null -w '%{http_code}\n' --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' "$OPENAI_BASE_URL/responses"`;
  const run = await culvert(["replay", recording.directory, ...args, "--", "sh", "-c", script]);
  assertEquals(run.code, 0, run.stderr);
  const [http, websocket] = run.stdout.split("\n");
  assert(http !== "426", run.stdout);
  assertEquals(websocket, "426");
  assertIncludes(run.stderr, "--fault 429#9 had no effect");
  assertIncludes(run.stderr, "--fault stall@999 had no effect");
  assertEquals(run.stderr.match(/had no effect/g)?.length, 2, run.stderr);
});
