import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import type { Scenario } from "../../../lib/mock/api/scenario.ts";
import { bench, PLANTED_KEY } from "./kit.ts";

interface Row {
  readonly name: string;
  readonly scenario: Scenario;
  readonly exit: number;
  readonly code: string;
  readonly status?: string;
  /** In the message or the hint. */
  readonly says: string;
  /** Requests that the API sees. Default 1. */
  readonly requests?: number;
}

/** Retries once at most, so that the table is quick; the rules of retrying have their own tests. */
const CONFIG = `
model_provider = "mock"
[model_providers.mock]
name = "Mock"
env_key = "CULVERT_API_KEY"
request_max_retries = 1
stream_max_retries = 1
stream_idle_timeout_ms = 700
`;

const refusal = (
  status: number,
  error: Record<string, unknown>,
  headers: Record<string, string> = {},
): Scenario => ({
  refusal: { status, headers, body: { error } },
});

const ROWS: readonly Row[] = [
  {
    name: "a refused key",
    scenario: refusal(401, { message: "Incorrect API key" }, { "x-request-id": "req_77", "cf-ray": "ray-9" }),
    exit: 4,
    code: "auth_rejected",
    says: "req_77",
  },
  {
    name: "a missing permission",
    scenario: refusal(403, { message: "No access to this model" }),
    exit: 4,
    code: "auth_forbidden",
    says: "No access to this model",
  },
  {
    name: "a rate limit",
    scenario: refusal(429, { message: "Slow down", type: "requests" }),
    exit: 6,
    code: "rate_limited",
    says: "429",
  },
  {
    name: "an exhausted plan",
    scenario: refusal(429, { type: "usage_limit_reached", plan_type: "plus", resets_at: 2_000_000_000 }),
    exit: 6,
    code: "usage_limit",
    says: "limit",
  },
  {
    name: "a server that fails twice",
    scenario: refusal(500, { message: "boom" }),
    exit: 7,
    code: "server",
    says: "boom",
    requests: 2,
  },
  {
    name: "an overloaded server",
    scenario: refusal(503, { code: "server_is_overloaded", message: "busy" }),
    exit: 7,
    code: "overloaded",
    says: "busy",
  },
  {
    name: "a model that does not exist",
    scenario: refusal(404, { message: "No such model" }),
    exit: 8,
    code: "not_found",
    says: "No such model",
  },
  {
    name: "a bad request",
    scenario: refusal(400, { message: "Bad tools" }),
    exit: 8,
    code: "invalid_request",
    says: "Bad tools",
  },
  {
    name: "a response that failed",
    scenario: { ending: { kind: "failed", code: "context_length_exceeded", message: "too long" } },
    exit: 8,
    code: "context_window",
    says: "context",
  },
  {
    name: "an incomplete response",
    scenario: { ending: { kind: "incomplete", reason: "max_output_tokens" } },
    exit: 8,
    code: "incomplete",
    status: "incomplete",
    says: "max_output_tokens",
  },
  {
    name: "a model that refuses",
    scenario: {
      text: "",
      items: [{
        id: "msg_r",
        type: "message",
        role: "assistant",
        content: [{ type: "refusal", refusal: "I cannot help with that." }],
      }],
    },
    exit: 8,
    code: "refused",
    says: "I cannot help with that.",
  },
  {
    name: "a stream that ends early before any text, twice",
    scenario: { ending: { kind: "eof", afterDeltas: 0 } },
    exit: 5,
    code: "stream_closed",
    says: "ended before",
    requests: 2,
  },
  {
    name: "a stream that is cut in the middle of an event, before any text, twice",
    scenario: { ending: { kind: "cut", afterDeltas: 0, midEvent: true } },
    exit: 5,
    code: "reset",
    says: "cut",
    requests: 2,
  },
  {
    name: "a stream that goes silent, twice",
    scenario: { ending: { kind: "stall", afterDeltas: 0 } },
    exit: 5,
    code: "idle_timeout",
    says: "0.7 s",
    requests: 2,
  },
];

for (const row of ROWS) {
  Deno.test(`${row.name} ends with exit ${row.exit}, the same in text and in JSON`, async () => {
    await using b = await bench({ scenario: row.scenario });
    const home = join(b.directory, "home");
    await Deno.mkdir(home);
    await Deno.writeTextFile(join(home, "config.toml"), CONFIG);
    const args = ["--provider", "mock"];
    const text = await b.respond([...args, "hi"], { env: { CODEX_HOME: home } });
    assertEquals(text.code, row.exit, text.stderr);
    assertIncludes(text.stderr, row.says);
    assertEquals(b.api.log.all.length, row.requests ?? 1);
    const json = await b.respond([...args, "--json", "hi"], { env: { CODEX_HOME: home } });
    assertEquals(json.code, row.exit);
    const results = jsonLines(json.stdout).filter(({ type }) => type === "culvert.result");
    assertEquals(results.length, 1);
    const result = jsonLines(json.stdout).at(-1);
    assertEquals(result?.["type"], "culvert.result");
    assertEquals(result?.["exit_code"], row.exit);
    assertEquals(result?.["status"], row.status ?? "failed");
    const error = JSON.parse(JSON.stringify(result?.["error"]));
    assertEquals(error.code, row.code);
    assertIncludes(`${error.message}\n${error.hint}`, row.says);
    for (const run of [text, json]) assertExcludes(run.stdout + run.stderr, PLANTED_KEY);
  });
}

Deno.test("a truncated answer that is already in the pipe is not retried, and the hint explains this", async () => {
  await using b = await bench({
    scenario: { text: "one two three four", ending: { kind: "cut", afterDeltas: 2 } },
  });
  const run = await b.respond(["hi"]);
  assertEquals(run.code, 5);
  assert("one two three four".startsWith(run.stdout.trimEnd()) && run.stdout !== "");
  assertIncludes(run.stderr, "the request was not sent again");
  assertEquals(b.api.log.all.length, 1);
});

Deno.test("with --json a truncated answer is retried, and the retry reports that the previous output is void", async () => {
  await using b = await bench({ scenario: { text: "one two" } });
  b.api.enqueue({ text: "one two", ending: { kind: "cut", afterDeltas: 1 } });
  const run = await b.respond(["--json", "hi"]);
  assertEquals(run.code, 0);
  const retry = jsonLines(run.stdout).find(({ type }) => type === "culvert.retry");
  assertEquals(retry?.["level"], "stream");
  assertEquals(retry?.["discards_output"], true);
  assertIncludes(run.stderr, "retry 1/");
});

Deno.test("without any credential the exit code is 4, and the message names every way to give one", async () => {
  await using b = await bench();
  const run = await b.respond(["--provider", "openai", "hi"], { env: { CULVERT_API_KEY: "" } });
  assertEquals(run.code, 4);
  for (const way of ["auth login", "--api-key-file", "OPENAI_API_KEY"]) assertIncludes(run.stderr, way);
});

Deno.test("with --json an unknown command line also ends in a result line", async () => {
  await using b = await bench();
  const run = await b.respond(["--json", "--modle", "x", "hi"]);
  assertEquals(run.code, 2);
  const [result] = jsonLines(run.stdout);
  assertEquals([result?.["type"], result?.["exit_code"]], ["culvert.result", 2]);
  assertIncludes(JSON.stringify(result?.["error"]), "--model");
  assertEquals(jsonLines((await b.respond(["--modle", "x", "--", "--json"])).stdout), []);
});

Deno.test("a reader that closes the pipe ends the turn without a message, and the server sees it", async () => {
  await using b = await bench({
    scenario: { text: Array.from({ length: 400 }, (_, n) => `line ${n}\n`), gapMs: 10 },
  });
  const child = b.start(["hi"]);
  const reader = child.stdout.getReader();
  await reader.read();
  const [request] = b.api.log.all;
  assert(request !== undefined);
  const gone = new Promise<number>((resolve) =>
    request.clientGone.addEventListener("abort", () => resolve(performance.now()), { once: true })
  );
  const left = performance.now();
  await reader.cancel();
  const [status, stderr] = await Promise.all([child.status, new Response(child.stderr).text()]);
  assertEquals([status.code, stderr], [141, ""]);
  assert((await gone) - left < 1_000, "the server was not told in time");
  await child.stdin.close().catch(() => {});
});

for (
  const [signal, exit, code] of [["SIGINT", 130, "interrupted"], ["SIGTERM", 143, "terminated"]] as const
) {
  Deno.test(`${signal} keeps the received text, ends with a result line and exit code ${exit}, and aborts the upstream request`, async () => {
    await using b = await bench({
      scenario: { text: ["one ", "two ", "three"], ending: { kind: "stall", afterDeltas: 2 } },
    });
    const child = b.start(["--json", "hi"]);
    const stdout = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    while (!text.includes(`"two "`)) {
      const { value, done } = await stdout.read();
      if (done) break;
      text += value;
    }
    child.kill(signal);
    for (let piece = await stdout.read(); !piece.done; piece = await stdout.read()) text += piece.value;
    const status = await child.status;
    assertEquals(status.code, exit);
    const result = jsonLines(text).at(-1);
    assertEquals([result?.["type"], result?.["status"], result?.["exit_code"]], [
      "culvert.result",
      "interrupted",
      exit,
    ]);
    assertEquals(JSON.parse(JSON.stringify(result?.["error"])).code, code);
    assertEquals(b.api.log.all[0]?.clientGone.aborted, true);
    await Promise.all([child.stdin.close().catch(() => {}), child.stderr.cancel()]);
  });
}
