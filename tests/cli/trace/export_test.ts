import { decodeAll, startCollector } from "../../observe/otlp/collector.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { culvert } from "../../support/culvert.ts";
import { traceBench } from "../respond/trace_kit.ts";

Deno.test("trace export sends a span for the turn and each attempt and a log for each item, with the same ids when repeated", async () => {
  await using scene = await traceBench();
  scene.api.enqueue(
    { text: "one two three", ending: { kind: "cut", afterDeltas: 0 } },
    { text: "The answer to find" },
  );
  const run = await scene.respond(["--transport", "sse", "--trace", scene.traces, "the prompt to find"]);
  assertEquals(run.code, 0, run.stderr);
  await using collector = startCollector();
  const address = `http://127.0.0.1:${collector.port}/`;
  const args = ["trace", "export", "latest", address, "--root", scene.traces];
  const sent = await culvert(args);
  assertEquals(sent.code, 0, sent.stderr);
  const { logs, resources, spans } = decodeAll(collector.requests);
  assertIncludes(sent.stderr, `${spans.length} spans and ${logs.length} log records sent to 127.0.0.1`);
  assertEquals(resources["traces"]?.["service.name"], "culvert trace");
  const [turn, ...attempts] = spans;
  assertEquals(turn?.name, "session_task.turn");
  assertEquals(attempts.map(({ parentSpanId }) => parentSpanId), [turn?.spanId, turn?.spanId]);
  assertEquals(attempts.map(({ attributes }) => attributes["culvert.outcome"]), ["failed", "completed"]);
  assertEquals(attempts.map(({ attributes }) => attributes["culvert.cause"]), [undefined, "retry"]);
  assertEquals(attempts[0]?.attributes["gen_ai.usage.input_tokens"], undefined);
  const bodies = JSON.stringify(logs);
  assertIncludes(bodies, "the prompt to find");
  assertIncludes(bodies, "The answer to find");
  const first = spans.map(({ spanId }) => spanId);
  await culvert(args);
  assertEquals(decodeAll(collector.requests).spans.slice(first.length).map(({ spanId }) => spanId), first);
});

Deno.test("trace export --share sends no contents", async () => {
  await using scene = await traceBench({ scenario: { text: "The answer to find" } });
  await scene.respond(["--transport", "sse", "--trace", scene.traces, "the prompt to find"]);
  await using collector = startCollector();
  const address = `http://127.0.0.1:${collector.port}/`;
  const sent = await culvert(["trace", "export", "latest", address, "--root", scene.traces, "--share"]);
  assertEquals(sent.code, 0, sent.stderr);
  const received = JSON.stringify(decodeAll(collector.requests));
  assertExcludes(received, "to find");
  assertIncludes(received, "[TEXT:18]");
});

Deno.test("trace export refuses an invalid address, and names a collector that cannot be reached", async () => {
  await using scene = await traceBench({ scenario: { text: "Hello" } });
  await scene.respond(["--transport", "sse", "--trace", scene.traces, "hi"]);
  const args = ["trace", "export", "latest"];
  const wrong = await culvert([...args, "nowhere", "--root", scene.traces]);
  assertEquals(wrong.code, 2);
  assertIncludes(wrong.stderr, '"nowhere" is not the address of a collector');
  const port = closedPort();
  const refused = await culvert([...args, `http://127.0.0.1:${port}/`, "--root", scene.traces], {
    limitMs: 60_000,
  });
  assertEquals(refused.code, 5);
  assertIncludes(refused.stderr, `127.0.0.1:${port}`);
});
