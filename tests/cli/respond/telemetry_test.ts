import { startNetwork } from "../../../lib/testing.ts";
import { startCompany } from "../../observe/otlp/company.ts";
import { type Collector, decodeAll, rejectOneSpan, startCollector } from "../../observe/otlp/collector.ts";
import { assert, assertEquals, assertExcludes, assertIncludes, assertMatch } from "../../support/assert.ts";
import { blackHole } from "../../support/black_hole.ts";
import { unlessLacking } from "../../support/runtime_abilities.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { bench } from "./kit.ts";

/** Writes a `config.toml` into a new directory, and returns the directory. */
async function homeWith(directory: string, toml: string): Promise<string> {
  const home = join(directory, "otel-home");
  await Deno.mkdir(home, { recursive: true });
  await Deno.writeTextFile(join(home, "config.toml"), toml);
  return home;
}

/** The variables that send all signals to a collector. */
const allTo = ({ port }: Pick<Collector, "port">) => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
});

Deno.test("one turn over http/json is exported as a turn, a model call and an attempt, decoded by the official definitions", async () => {
  await using collector = startCollector();
  await using b = await bench({ scenario: { text: "Hello." } });
  const run = await b.respond(["-m", "llama3:8b", "hi"], {
    env: {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${collector.port}/v1/traces`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
    },
  });
  assertEquals([run.code, run.stdout, run.stderr], [0, "Hello.\n", ""]);
  assertEquals(collector.requests.map(({ path }) => path), ["/v1/traces"]);
  const { resources, spans } = decodeAll(collector.requests);
  assertEquals(spans.map(({ name }) => name).sort(), [
    "chat llama3:8b",
    "model_client.stream_responses_api",
    "session_task.turn",
  ]);
  const named = (name: string) => spans.find((span) => span.name.startsWith(name));
  const [turn, call, attempt] = ["session_task", "chat", "model_client"].map(named);
  assertEquals([turn?.parentSpanId, call?.parentSpanId, attempt?.parentSpanId], [
    "",
    turn?.spanId,
    call?.spanId,
  ]);
  assertEquals(new Set(spans.map(({ traceId }) => traceId)).size, 1);
  // The server's span is a child of the attempt's.
  assertEquals(
    b.api.log.all[0]?.headers["traceparent"],
    `00-${attempt?.traceId}-${attempt?.spanId}-01`,
  );
  assertEquals(call?.attributes["gen_ai.request.model"], "llama3:8b");
  assert(Number(call?.attributes["gen_ai.usage.input_tokens"]) > 0);
  assertEquals(spans.filter(({ attributes }) => "gen_ai.usage.input_tokens" in attributes).length, 1);
  assert(spans.every(({ attributes }) => typeof attributes["gen_ai.conversation.id"] === "string"));
  assertEquals(resources["traces"]?.["service.name"], "culvert");
  assertEquals(resources["traces"]?.["host.name"], undefined);
});

for (const protocol of ["http/protobuf", "http/json"] as const) {
  Deno.test(`spans, metrics and logs reach a collector by ${protocol} and gzip, through an intercepting proxy with a private CA`, async () => {
    await using company = await startCompany();
    const { collector } = company;
    const run = await culvert(["respond", "--transport", "sse", "hi"], {
      env: {
        ...company.env,
        OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.culvert.test/base/",
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
        OTEL_EXPORTER_OTLP_HEADERS: "x-tenant=team%20a",
        OTEL_SERVICE_NAME: "shell",
        OTEL_RESOURCE_ATTRIBUTES: "service.name=loses,team=search",
      },
    });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(collector.requests.map(({ path }) => path).sort(), [
      "/base/v1/logs",
      "/base/v1/metrics",
      "/base/v1/traces",
    ]);
    for (const { headers } of collector.requests) {
      assertEquals([headers.get("content-encoding"), headers.get("x-tenant")], ["gzip", "team a"]);
      assertEquals(
        headers.get("content-type"),
        protocol === "http/json" ? "application/json" : "application/x-protobuf",
      );
    }
    assert(
      company.intercepted.includes("collector.culvert.test"),
      "the proxy saw no connection to the collector",
    );
    const { logs, metrics, resources, spans } = decodeAll(collector.requests);
    assertEquals(spans.length, 3);
    const events = new Set(logs.map(({ name }) => name));
    for (
      const name of [
        "codex.conversation_starts",
        "codex.user_prompt",
        "codex.api_request",
        "codex.sse_event",
        "codex.turn_ttft",
      ]
    ) assert(events.has(name), `${name} is missing`);
    const prompt = logs.find(({ name }) => name === "codex.user_prompt");
    assertEquals([prompt?.attributes["prompt"], prompt?.attributes["prompt_length"]], ["[REDACTED]", "2"]);
    const metric = (name: string) => metrics.find((each) => each.name === name);
    assertEquals(metric("codex.api_request")?.points[0]?.tags["status"], "200");
    assertEquals(metric("codex.api_request")?.temporality, 1);
    assertEquals(metric("codex.process.start")?.points[0]?.value, 1);
    assert((metric("codex.sse_event")?.points.length ?? 0) > 3);
    assert((metric("gen_ai.client.inference.usage.output_tokens")?.points[0]?.value ?? 0) > 0);
    assertEquals(metric("codex.turn.e2e_duration_ms")?.unit, "ms");
    assertEquals([resources["logs"]?.["service.name"], resources["logs"]?.["team"]], ["shell", "search"]);
    assertEquals(typeof resources["logs"]?.["host.name"], "string");
    assertEquals(resources["metrics"]?.["os"], Deno.build.os);
    assertEquals(resources["traces"]?.["os"], undefined);
  });
}

Deno.test("every attribute of events and every tag of metrics is a string", async () => {
  await using collector = startCollector();
  await using b = await bench();
  await b.respond(["hi"], { env: allTo(collector) });
  const { logs, metrics, spans } = decodeAll(collector.requests);
  const texts = [
    ...logs.map(({ attributes }) => attributes),
    ...spans.flatMap(({ events }) => events.map(({ attributes }) => attributes)),
    ...metrics.flatMap(({ points }) => points.map(({ tags }) => tags)),
  ];
  assert(texts.length > 20);
  for (const values of texts) {
    for (const [name, value] of Object.entries(values)) assertEquals(typeof value, "string", name);
  }
});

Deno.test(
  unlessLacking("the provider demo sends telemetry over the network of the user, not over the simulated one"),
  async () => {
    await using company = await startCompany();
    const run = await culvert(["respond", "--provider", "demo", "hi"], {
      env: { ...company.env, OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.culvert.test/base/" },
    });
    assertEquals([run.code, run.stderr], [0, ""]);
    assertEquals(new Set(company.intercepted), new Set(["collector.culvert.test"]));
    assertEquals(decodeAll(company.collector.requests).spans.length, 3);
  },
);

Deno.test("a collector that refuses the connection changes neither the answer nor the exit code, and -v reports the loss once", async () => {
  await using b = await bench({ scenario: { text: "Hello." } });
  const port = closedPort();
  const env = { ...allTo({ port }), CODEX_HOME: await homeWith(b.directory, "") };
  const silent = await b.respond(["hi"], { env });
  assertEquals([silent.code, silent.stdout, silent.stderr], [0, "Hello.\n", ""]);
  const verbose = await b.respond(["-v", "hi"], { env });
  const lost = verbose.stderr.split("\n").filter((line) => line.includes("not delivered"));
  assertEquals(lost.length, 3);
  assertMatch(
    lost[0] ?? "",
    /telemetry: \d+ records? of traces (was|were) not delivered to http:\/\/127\.0\.0\.1/,
  );
  const { mode } = await Deno.stat(join(b.directory, "otel-home", "culvert", "telemetry.json"));
  assertEquals((mode ?? 0) & 0o777, 0o600);
});

for (const protocol of ["http/protobuf", "http/json"]) {
  Deno.test(`a span that the collector rejects over ${protocol} is counted, and -v gives the reason`, async () => {
    const answer = () =>
      rejectOneSpan(protocol === "http/json", "quota\u0007 of key collector-key-4711 is used up");
    await using collector = startCollector({ answer });
    await using b = await bench({ scenario: { text: "Hello." } });
    const run = await b.respond(["-v", "hi"], {
      env: {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://127.0.0.1:${collector.port}/v1/traces`,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
        OTEL_EXPORTER_OTLP_HEADERS: "x-key=collector-key-4711",
        CODEX_HOME: await homeWith(b.directory, ""),
      },
    });
    assertEquals([run.code, run.stdout], [0, "Hello.\n"]);
    assertMatch(
      run.stderr,
      /telemetry: 1 record of traces was not delivered to .*: the collector rejected them: quota/,
    );
    assertExcludes(run.stderr, "collector-key-4711");
    assertExcludes(run.stderr, "\u0007");
    const state = JSON.parse(
      await Deno.readTextFile(join(b.directory, "otel-home", "culvert", "telemetry.json")),
    );
    assertEquals([state.signals.traces.sent, state.signals.traces.dropped], [2, 1]);
    assertExcludes(JSON.stringify(state), "collector-key-4711");
  });
}

Deno.test("a collector that never answers delays the end of the program by at most the deadline", async () => {
  using hole = await blackHole();
  await using b = await bench({ scenario: { text: "Hello." } });
  const env = { ...allTo(hole), CODEX_HOME: await homeWith(b.directory, "") };
  const child = b.start(["--json", "hi"], { env });
  const output = await child.output();
  await child.stdin.close().catch(() => {});
  assertEquals(output.code, 0);
  assertIncludes(new TextDecoder().decode(output.stdout), "culvert.result");
  const state = await Deno.readTextFile(join(b.directory, "otel-home", "culvert", "telemetry.json"));
  assertMatch(state, /"dropped": [1-9]/);
});

Deno.test("the table [otel] takes precedence over the variables, and a signal without an exporter in it follows them", async () => {
  await using one = startCollector();
  await using other = startCollector();
  await using b = await bench();
  const home = await homeWith(
    b.directory,
    `[otel]\nenvironment = "staging"\nexporter = { otlp-http = { endpoint = "http://127.0.0.1:${one.port}/custom/logs", protocol = "json", headers = { "x-key" = "k1" } } }\nmetrics_exporter = "none"\n`,
  );
  const run = await b.respond(["hi"], { env: { ...allTo(other), CODEX_HOME: home } });
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals(one.requests.map(({ path }) => path), ["/custom/logs"]);
  assertEquals(one.requests[0]?.headers.get("x-key"), "k1");
  assertEquals(other.requests.map(({ path }) => path), ["/v1/traces"]);
  assertEquals(decodeAll(one.requests).resources["logs"]?.["env"], "staging");
});

Deno.test("a table [otel] in the working directory is ignored", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const table =
    `[otel]\ntrace_exporter = { otlp-http = { endpoint = "http://127.0.0.1:${collector.port}/" } }\n`;
  await Deno.mkdir(join(b.directory, ".codex"));
  await Deno.writeTextFile(join(b.directory, ".codex", "config.toml"), table);
  await Deno.writeTextFile(join(b.directory, "config.toml"), table);
  const run = await b.respond(["hi"], { cwd: b.directory });
  assertEquals(run.code, 0);
  assertEquals(collector.requests.length, 0);
});

Deno.test("invalid span attributes and tracestate fields are omitted one by one, with a warning that names the key", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const home = await homeWith(
    b.directory,
    `[otel]\nspan_attributes = { "" = "x", team = "search" }\n` +
      `[otel.tracestate]\nvendor = { good = "1", "b:ad" = "2" }\nBAD = { a = "1" }\n`,
  );
  const run = await b.respond(["hi"], { env: { ...allTo(collector), CODEX_HOME: home } });
  assertEquals(run.code, 0);
  for (const key of [`otel.span_attributes.""`, "otel.tracestate.vendor.b:ad", "otel.tracestate.BAD"]) {
    assertIncludes(run.stderr, `${key} is ignored`);
  }
  const { spans } = decodeAll(collector.requests);
  assert(spans.length === 3 && spans.every(({ attributes }) => attributes["team"] === "search"));
  assertEquals(b.api.log.all[0]?.headers["tracestate"], "vendor=good:1");
});

Deno.test("TRACEPARENT is the parent of the turn, and its tracestate is forwarded", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const env = {
    ...allTo(collector),
    TRACEPARENT: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    TRACESTATE: "rojo=00f067aa0ba902b7",
  };
  await b.respond(["hi"], { env });
  const turn = decodeAll(collector.requests).spans.find(({ name }) => name === "session_task.turn");
  assertEquals([turn?.traceId, turn?.parentSpanId], [
    "0af7651916cd43dd8448eb211c80319c",
    "b7ad6b7169203331",
  ]);
  assertMatch(String(b.api.log.all[0]?.headers["traceparent"]), /^00-0af7651916cd43dd8448eb211c80319c-/);
  assertEquals(b.api.log.all[0]?.headers["tracestate"], "rojo=00f067aa0ba902b7");
});

Deno.test("without an exporter TRACEPARENT is sent unchanged, and an invalid one is ignored with a warning", async () => {
  await using b = await bench();
  const valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
  const run = await b.respond(["hi"], { env: { TRACEPARENT: valid } });
  assertEquals([run.code, run.stderr], [0, ""]);
  assertEquals(b.api.log.all[0]?.headers["traceparent"], valid);
  const wrong = await b.respond(["hi"], { env: { TRACEPARENT: "00-xyz", TRACESTATE: "a=b" } });
  assertIncludes(wrong.stderr, "TRACEPARENT is not valid");
  assertEquals(b.api.log.all[1]?.headers["traceparent"], undefined);
  assertEquals(b.api.log.all[1]?.headers["tracestate"], undefined);
});

Deno.test("over a websocket the trace context of each request is in its client_metadata", async () => {
  await using network = await startNetwork();
  await using collector = startCollector();
  const run = await culvert(["respond", "--transport", "ws", "hi"], {
    env: { ...network.env, ...allTo(collector), NO_PROXY: "127.0.0.1" },
  });
  assertEquals([run.code, run.stderr], [0, ""]);
  const { metrics, spans } = decodeAll(collector.requests);
  const attempt = spans.find(({ name }) => name === "model_client.stream_responses_websocket");
  const metadata = Object(network.api.log.all.at(-1)?.json?.["client_metadata"]);
  assertEquals(metadata["ws_request_header_traceparent"], `00-${attempt?.traceId}-${attempt?.spanId}-01`);
  const names = new Set(metrics.map(({ name }) => name));
  for (const name of ["codex.websocket.connect", "codex.websocket.request", "codex.websocket.event"]) {
    assert(names.has(name), `${name} is missing`);
  }
});

Deno.test("the prompt is in the logs only if log_user_prompt is set, and never in the traces", async () => {
  await using collector = startCollector();
  await using b = await bench();
  const home = await homeWith(b.directory, "[otel]\nlog_user_prompt = true\n");
  await b.respond(["a prompt to find"], { env: { ...allTo(collector), CODEX_HOME: home } });
  const { logs, metrics, spans } = decodeAll(collector.requests);
  const prompt = logs.find(({ name }) => name === "codex.user_prompt");
  assertEquals(prompt?.attributes["prompt"], "a prompt to find");
  assertExcludes(JSON.stringify([spans, metrics]), "a prompt to find");
});

Deno.test("OTEL_SDK_DISABLED and an exporter of none send nothing", async () => {
  await using collector = startCollector();
  await using b = await bench();
  await b.respond(["hi"], { env: { ...allTo(collector), OTEL_SDK_DISABLED: "true" } });
  const none = { OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none", OTEL_LOGS_EXPORTER: "none" };
  await b.respond(["hi"], { env: { ...allTo(collector), ...none } });
  assertEquals(collector.requests.length, 0);
});

Deno.test("a header of the collector that contains a key is masked in every message", async () => {
  await using b = await bench();
  const env = {
    ...allTo({ port: closedPort() }),
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=planted-collector-key",
  };
  const run = await b.respond(["-vv", "hi"], { env });
  assertIncludes(run.stderr, "not delivered");
  assertExcludes(run.stderr, "planted-collector-key");
});
