import { recordSession } from "../../capture/record/sample_capture.ts";
import { decodeAll, startCollector } from "../../observe/otlp/collector.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert } from "../../support/culvert.ts";

Deno.test("export --to otlp sends a span for each exchange and model call and a log for each record, with the same ids when repeated", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  await using collector = startCollector();
  const to = ["export", recording.directory, "--to", "otlp", `http://127.0.0.1:${collector.port}/`];
  const run = await culvert(to, { env: { OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" } });
  assertEquals(run.code, 0, run.stderr);
  const { logs, resources, spans } = decodeAll(collector.requests);
  assertIncludes(run.stderr, `${spans.length} spans and ${logs.length} log records sent to 127.0.0.1`);
  assertEquals(spans.filter(({ name }) => name.startsWith("exchange ")).length, 8);
  const calls = spans.filter(({ name }) => name.startsWith("chat "));
  assert(calls.length > 0);
  for (const call of calls) {
    assert(spans.some(({ spanId, traceId }) => spanId === call.parentSpanId && traceId === call.traceId));
  }
  const lines = (await Deno.readTextFile(`${recording.directory}/capture.jsonl`)).trim().split("\n");
  const kinds = lines.map((line) => JSON.parse(line).kind).filter((kind) => kind !== "piece");
  assertEquals(logs.length, kinds.length);
  assertEquals(resources["logs"]?.["service.name"], "culvert capture");
  const first = spans.map(({ spanId }) => spanId);
  await culvert(to);
  assertEquals(decodeAll(collector.requests).spans.slice(first.length).map(({ spanId }) => spanId), first);
});

Deno.test("export --to otlp sends no secret to the collector, and with share no text", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  await using collector = startCollector();
  const address = `http://127.0.0.1:${collector.port}/v1/logs`;
  const run = await culvert(["export", recording.directory, "--to", "otlp", address, "--redact", "share"]);
  assertEquals(run.code, 0, run.stderr);
  const sent = JSON.stringify(decodeAll(collector.requests));
  assertExcludes(sent, "Bearer sk-");
  const printed = await culvert(["export", recording.directory, "--format", "jsonl", "--redact", "safe"]);
  const texts = [...printed.stdout.matchAll(/\\"delta\\":\\"([^"\\]{12,})/g)].map(([, text = ""]) => text);
  for (const text of texts) assertExcludes(sent, text);
});

Deno.test("export --to otlp counts the records that a collector refuses, and reports them", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  await using collector = startCollector({
    answer: ({ path }) =>
      path.endsWith("/logs") ? new Response("too large", { status: 413 }) : new Response("{}"),
  });
  const run = await culvert([
    ...["export", recording.directory, "--to", "otlp", `http://127.0.0.1:${collector.port}`],
  ]);
  assertEquals(run.code, 0);
  const { logs } = decodeAll(collector.requests);
  assertIncludes(run.stderr, `${logs.length} records were not delivered`);
  assertIncludes(run.stderr, "413");
});

Deno.test("export --to otlp exits with the code of the network if there is no collector", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  const address = `http://127.0.0.1:${closedPort()}/`;
  const run = await culvert(["export", recording.directory, "--to", "otlp", address], { limitMs: 60_000 });
  assertEquals(run.code, 5);
  const wrong = await culvert(["export", recording.directory, "--to", "otlp", "ftp://x/"]);
  assertEquals(wrong.code, 2);
});

Deno.test("export --to otlp does not take a server that answers everything with a web page for a collector", async () => {
  await using recording = await recordSession();
  await recording.recorder.close();
  await using page = startCollector({
    answer: () =>
      new Response("<html>Log in</html>", { headers: { "content-type": "text/html; charset=utf-8" } }),
  });
  const run = await culvert([
    ...["export", recording.directory, "--to", "otlp", `http://127.0.0.1:${page.port}`],
  ]);
  assertEquals(run.code, 7);
  assertIncludes(
    run.stderr.replace(/\s+/g, " "),
    "answered an export with a web page, so it is not a collector",
  );
  assertExcludes(run.stderr, "sent to");
});
