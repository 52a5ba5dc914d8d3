import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { join } from "../../support/paths.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";
import { testWith } from "../../support/programs.ts";
import { onTerminal } from "../../support/terminal.ts";
import { pass, record } from "../../capture/record/recording_kit.ts";
import { recordSession, requestOf } from "../../capture/record/sample_capture.ts";

/** A finished capture on disk. */
async function finished(options: Parameters<typeof recordSession>[0] = {}) {
  const recording = await recordSession(options);
  await recording.recorder.close();
  return recording;
}

Deno.test("export prints HAR 1.2 without a warning", async () => {
  await using recording = await finished();
  const run = await culvert(["export", recording.directory]);
  assertEquals([run.code, run.stderr], [0, ""]);
  const { log } = JSON.parse(run.stdout);
  assertEquals(log.version, "1.2");
  assertEquals(log.entries.length, 8);
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "export -o writes a file with mode 0600"),
  fn: async () => {
    await using recording = await finished();
    const file = join(recording.directory, "out.har");
    const run = await culvert(["export", recording.directory, "-o", file]);
    assertEquals(run.code, 0);
    assertIncludes(run.stderr, "8 exchanges written");
    assertEquals(((await Deno.stat(file)).mode ?? 0) & 0o777, 0o600);
  },
});

Deno.test("export --format jsonl contains every text completely, with one record per line", async () => {
  await using recording = await finished();
  const run = await culvert(["export", recording.directory, "--format", "jsonl"]);
  const records = jsonLines(run.stdout);
  assert(records.every(({ v, kind }) => v === 1 && kind !== "piece"));
  const bodies = records.filter(({ kind }) => kind === "http.request").map(({ body }) => body);
  const texts = bodies.map((body) =>
    typeof body === "object" && body !== null && "text" in body ? body.text : undefined
  );
  assert(texts.includes(requestOf(2)));
  assert(records.filter(({ kind }) => kind === "sse.event").every(({ data }) => typeof data === "string"));
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "the curl command of an exchange runs in a shell and sends the recorded body"),
  fn: async () => {
    await using recording = await record();
    let received = "";
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        received = `${request.headers.get("authorization")} ${await request.text()}`;
        return new Response("ok");
      },
    );
    const body = JSON.stringify({ text: 'it\'s $HOME `quoted` \\ "here"\nand below' });
    pass(recording, {
      url: `http://127.0.0.1:${server.addr.port}/v1/responses`,
      requestHeaders: [
        "Authorization",
        "Bearer sk-proj-0123456789abcdefghij",
        "Content-Type",
        "application/json",
      ],
      requestBody: body,
    });
    await recording.recorder.close();
    const run = await culvert(["export", recording.directory, "--format", "curl"]);
    assertEquals(run.code, 0);
    assertIncludes(run.stdout, "# Set TOKEN: its value was redacted.");
    const shell = await new Deno.Command("sh", {
      args: ["-c", run.stdout],
      env: { TOKEN: "my-own" },
      stdout: "piped",
      stderr: "null",
    }).output();
    assertEquals(shell.code, 0);
    assertEquals(received, `Bearer my-own ${body}`);
  },
});

Deno.test({
  ...skippedIf(ON_WINDOWS, "the curl command of a hostile exchange reads no file and runs no other command"),
  fn: async () => {
    const received: string[] = [];
    await using server = Deno.serve(
      { port: 0, hostname: "127.0.0.1", onListen: () => {} },
      async (request) => {
        received.push(`${request.method} ${new URL(request.url).search} ${request.headers.has("x-empty")}`);
        received.push(await request.text());
        return new Response("ok");
      },
    );
    const folder = await Deno.makeTempDir({ prefix: "culvert-curl-" });
    const file = join(folder, "hostile.har");
    const marker = join(folder, "marker");
    const url = `http://127.0.0.1:${server.addr.port}/?q={a,b}[1-2]`;
    const entry = (method: string, address: string) => ({
      startedDateTime: "2026-01-01T00:00:00.000Z",
      time: 1,
      request: {
        ...{ method, url: address, httpVersion: "HTTP/1.1", cookies: [], queryString: [] },
        headers: [{ name: "X-Empty", value: "" }],
        ...{ headersSize: -1, bodySize: -1, postData: { mimeType: "text/plain", text: `@${file}` } },
      },
      response: {
        ...{
          status: 200,
          statusText: "",
          httpVersion: "HTTP/1.1",
          cookies: [],
          headers: [],
          redirectURL: "",
        },
        ...{ headersSize: -1, bodySize: -1, content: { size: 0, mimeType: "text/plain" } },
      },
      cache: {},
      timings: { send: 0, wait: 0, receive: 0 },
    });
    const entries = [
      entry("PATCH", url),
      entry(`GET; touch '${marker}'`, url),
      entry(`GET\ntouch '${marker}'\n`, `${url}\ntouch '${marker}'\n`),
    ];
    const log = { version: "1.2", creator: { name: "other", version: "1" }, entries };
    await Deno.writeTextFile(file, JSON.stringify({ log }));
    try {
      for (const id of ["x1", "x2", "x3"]) {
        const run = await culvert(["export", file, "--format", "curl", "--exchange", id]);
        assertEquals(run.code, 0);
        await new Deno.Command("sh", { args: ["-c", run.stdout], stdout: "null", stderr: "null" }).output();
        assertEquals(await Deno.stat(marker).then(() => true, () => false), false, run.stdout);
      }
      assertEquals(received.slice(0, 2), ["PATCH ?q={a,b}[1-2] true", `@${file}`]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("the curl command of a websocket turn sends its prompt by HTTP", async () => {
  await using recording = await recordSession({ turns: 1, gapMs: 1 });
  await recording.recorder.close();
  using capture = await loadDirectory(recording.directory);
  const socket = capture.exchanges.find(({ open }) => open !== undefined);
  const args = ["export", recording.directory, "--format", "curl", "--exchange", socket?.id ?? ""];
  const run = await culvert(args);
  assertEquals(run.code, 0, run.stderr);
  assertIncludes(run.stdout, "as the HTTP request with the same content");
  assertIncludes(run.stdout, "-X POST");
  const [, body = ""] = /--data-raw '(.*)'/.exec(run.stdout) ?? [];
  assertIncludes(body, '"input":');
  assertIncludes(body, '"stream":true');
  assertExcludes(run.stdout, "sec-websocket");
  assertExcludes(run.stdout, "response.create");
});

Deno.test("export --verify refuses to write a secret that the recording contains, and exits 8", async () => {
  await using recording = await record({ redaction: "none" });
  pass(recording, { requestHeaders: ["x-api-key", "sk-proj-0123456789abcdefghij"] });
  await recording.recorder.close();
  const file = join(recording.directory, "out.har");
  const run = await culvert(["export", recording.directory, "--redact", "none", "--verify", "-o", file]);
  assertEquals(run.code, 8);
  assertIncludes(run.stderr, "secret");
  assertExcludes(run.stderr, "sk-proj-0123456789abcdefghij");
  assertEquals(await Deno.stat(file).then(() => true, () => false), false);
  const safe = await culvert(["export", recording.directory, "--verify", "-o", file]);
  assertEquals(safe.code, 0);
  assertExcludes(await Deno.readTextFile(file), "0123456789abcdefghij");
});

Deno.test("export --format html writes one file without prompt texts, and with --redact safe with them", async () => {
  await using recording = await finished();
  const shared = await culvert(["export", recording.directory, "--format", "html", "--verify"]);
  assertEquals(shared.code, 0, shared.stderr);
  assertExcludes(shared.stdout, "why is the build red");
  assertIncludes(shared.stdout, "[TEXT:");
  assertEquals(/(?:src|href)="(?!data:|#)/.test(shared.stdout), false);
  assertEquals(/@import|url\(/.test(shared.stdout), false);
  const full = await culvert([
    "export",
    recording.directory,
    "--format",
    "html",
    "--redact",
    "safe",
    "--verify",
  ]);
  assertIncludes(full.stdout, "why is the build red");
});

Deno.test("export reports the problem: no directory, no capture, no HAR, an unknown exchange, a truncated file", async () => {
  const missing = await culvert(["export", "/does/not/exist"]);
  assertEquals(missing.code, 2);
  assertIncludes(missing.stderr, "/does/not/exist");
  const nothing = await culvert(["export"]);
  assertEquals(nothing.code, 2);
  await using recording = await finished();
  const har = join(recording.directory, "x.har");
  await Deno.writeTextFile(har, '{"log":{"entries":[{}]}}');
  const bad = await culvert(["export", har]);
  assertEquals(bad.code, 2);
  assertIncludes(bad.stderr, "not HAR 1.2");
  const unknown = await culvert(["export", recording.directory, "--exchange", "x99"]);
  assertEquals(unknown.code, 2);
  assertIncludes(unknown.stderr, "x99");
  const unused = await culvert(["export", recording.directory, "http://127.0.0.1:8123/"]);
  assertEquals([unused.code, unused.stdout], [2, ""]);
  assertIncludes(unused.stderr, "only used with --to");
  const directory = await culvert(["export", recording.directory, "-o", recording.directory]);
  assertEquals(directory.code, 2);
  assertIncludes(directory.stderr, "it is a directory");
  assertIncludes(directory.stderr, "Name a file");
  await Deno.writeTextFile(join(recording.directory, "capture.jsonl"), '{"v":1,"se', { append: true });
  const torn = await culvert(["export", recording.directory]);
  assertEquals(torn.code, 0);
  assertIncludes(torn.stderr, "incomplete");
});

Deno.test("export --format mitmproxy writes binary bodies, and refuses a file whose secrets --verify finds", async () => {
  await using recording = await record({ redaction: "none" });
  pass(recording, {
    requestHeaders: ["Content-Type", "application/octet-stream", "x-api-key", "sk-proj-0123456789abcdefghij"],
    requestBody: "x\u0000y",
  });
  await recording.recorder.close();
  const flags = [recording.directory, "--format", "mitmproxy", "--redact", "none"];
  const run = await culvert(["export", ...flags]);
  assertEquals([run.code, run.stdout.startsWith(`${run.stdout.length - run.stdout.indexOf(":") - 2}:`)], [
    0,
    true,
  ]);
  assertIncludes(run.stdout, "7:content;3:x\u0000y,");
  assertIncludes(run.stdout, "28:sk-proj-0123456789abcdefghij,");
  const verified = await culvert(["export", ...flags, "--verify"]);
  assertEquals([verified.code, verified.stdout], [8, ""]);
});

await testWith(
  ["script"],
  "export --format mitmproxy writes nothing to a terminal and recommends a file",
  async () => {
    await using recording = await finished();
    const { code, bytes } = await onTerminal(["export", recording.directory, "--format", "mitmproxy"]).end();
    assertEquals(code, 2);
    assertIncludes(bytes, "--format mitmproxy -o FILE");
    assertExcludes(bytes, "client_conn");
  },
);
