import { unlessLacking } from "../../support/runtime_abilities.ts";
import { startCollector } from "../../observe/otlp/collector.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert } from "../../support/culvert.ts";
import { bench } from "../respond/kit.ts";

Deno.test("status prints the destinations, and the results of earlier exports", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const env = {
    CODEX_HOME: b.directory,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://user:planted-word@127.0.0.1:${collector.port}/v1/traces`,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `http://127.0.0.1:${closedPort()}/v1/logs`,
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
  };
  const before = await culvert(["telemetry", "status"], { env });
  assertEquals([before.code, before.stderr], [0, ""]);
  assertIncludes(
    before.stdout,
    `traces: http://127.0.0.1:${collector.port}/v1/traces (http/protobuf, gzip; from`,
  );
  assertIncludes(before.stdout, "metrics: not sent");
  assertIncludes(before.stdout, "  last success: never");
  for (let turn = 0; turn < 2; turn++) assertEquals((await b.respond(["hi"], { env })).code, 0);
  assertEquals(
    collector.requests[0]?.headers.get("authorization"),
    `Basic ${btoa("user:planted-word")}`,
  );
  const after = await culvert(["telemetry", "status", "--json"], { env });
  assertExcludes(after.stdout, "planted-word");
  const [traces, logs] = JSON.parse(after.stdout).destinations;
  assertEquals([traces.signal, traces.sent, traces.dropped, traces.last_error], ["traces", 6, 0, null]);
  assertMatch(traces.last_success, /^\d{4}-/);
  assertEquals([logs.signal, logs.sent, logs.last_success], ["logs", 0, null]);
  assert(logs.dropped > 0);
  assertIncludes(logs.last_error.message, "127.0.0.1");
  const elsewhere = { ...env, OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `http://127.0.0.1:${closedPort()}/other` };
  const moved = JSON.parse((await culvert(["telemetry", "status", "--json"], { env: elsewhere })).stdout);
  assertEquals(moved.destinations[1].dropped, 0);
});

Deno.test("records that a collector rejects are counted as dropped", async () => {
  await using collector = startCollector({
    answer: () => Response.json({ partialSuccess: { rejectedSpans: 2, errorMessage: "too old" } }),
  });
  await using b = await bench();
  const env = {
    CODEX_HOME: b.directory,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${collector.port}/v1/traces`,
  };
  assertEquals((await b.respond(["hi"], { env })).code, 0);
  const [traces] =
    JSON.parse((await culvert(["telemetry", "status", "--json"], { env })).stdout).destinations;
  assertEquals([traces.sent, traces.dropped], [1, 2]);
});

Deno.test(
  unlessLacking("preview prints what would be sent, with masked headers, and sends nothing"),
  async () => {
    await using collector = startCollector();
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
      OTEL_EXPORTER_OTLP_HEADERS: "api-key=planted-collector-key",
    };
    const run = await culvert(["telemetry", "preview", "--json", "a prompt to find"], { env });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(collector.requests.length, 0);
    assertExcludes(run.stdout, "planted-collector-key");
    assertExcludes(run.stdout, "a prompt to find");
    const [traces, metrics, logs] = run.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals([traces.signal, metrics.signal, logs.signal], ["traces", "metrics", "logs"]);
    assertEquals(traces.url, `http://127.0.0.1:${collector.port}/v1/traces`);
    assertIncludes(JSON.stringify(traces.body), "session_task.turn");
    assertIncludes(JSON.stringify(metrics.body), "codex.websocket.request");
    assertIncludes(JSON.stringify(logs.body), "[REDACTED]");
    assert("api-key" in traces.headers);
  },
);

Deno.test(unlessLacking("preview without a destination says so and prints all signals"), async () => {
  const run = await culvert(["telemetry", "preview"]);
  assertEquals(run.code, 0);
  assertIncludes(run.stderr, "no destination is configured");
  for (const key of ["resourceSpans", "resourceMetrics", "resourceLogs"]) assertIncludes(run.stdout, key);
});

Deno.test("a collector that is busy at the end of the program receives the records with a second request", async () => {
  const seen = new Set<string>();
  await using collector = startCollector({
    answer: ({ path }) => {
      if (seen.has(path)) return new Response("{}");
      seen.add(path);
      return new Response(null, { status: 503, headers: { "retry-after": "0" } });
    },
  });
  await using b = await bench();
  const run = await b.respond(["-v", "hi"], {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}` },
  });
  assertEquals(run.code, 0);
  assertEquals(collector.requests.length, 6);
  assertExcludes(run.stderr, "not delivered");
});
