/**
 * Exports every observation with a canary in every text, and searches the canaries in all exported data.
 */
import { EVENTS, SPAN_ATTRIBUTES } from "../../../lib/observe/policy/policy.ts";
import { admittedResource, Gate } from "../../../lib/observe/policy/gate.ts";
import { MetricAggregator } from "../../../lib/observe/records/metric_aggregator.ts";
import type { LogRecord, SpanRecord } from "../../../lib/observe/records/records.ts";
import { Telemetry } from "../../../lib/observe/otlp/telemetry.ts";
import { describeFigures } from "../../../lib/observe/summary/describe.ts";
import { RuntimeSummary } from "../../../lib/observe/summary/runtime_summary.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { CANARIES, everyObservation, PROCESS, TELEMETRY } from "./canaries.ts";

/** All exported data, by sink. */
function walk(): Readonly<Record<"logs" | "traces" | "metrics" | "summary", string>> & {
  readonly logNames: ReadonlySet<string>;
  readonly spans: readonly SpanRecord[];
} {
  const logs: LogRecord[] = [];
  const traces: SpanRecord[] = [];
  const metrics = new MetricAggregator(() => 0);
  const gate = new Gate({ logs: (one) => logs.push(one), traces: (one) => traces.push(one), metrics });
  const telemetry = new Telemetry(gate, TELEMETRY, PROCESS, { now: () => 1_000 });
  const summary = new RuntimeSummary();
  for (const observation of everyObservation()) {
    telemetry.observe(observation);
    summary.observe(observation);
  }
  const resource = (signal: "logs" | "traces" | "metrics") =>
    JSON.stringify(admittedResource(signal, PROCESS.resource));
  return {
    logs: JSON.stringify(logs) + resource("logs"),
    traces: JSON.stringify(traces) + resource("traces"),
    metrics: JSON.stringify(metrics.collect()) + resource("metrics"),
    summary: JSON.stringify(summary.figures()) + describeFigures(summary.figures()).join("\n"),
    logNames: new Set(logs.map(({ name }) => name)),
    spans: traces,
  };
}

Deno.test("each canary is found in exactly the sinks that may contain it", () => {
  const seen = walk();
  for (const [canary, allowed] of Object.entries(CANARIES)) {
    const found = (["logs", "traces", "metrics", "summary"] as const).filter((sink) =>
      seen[sink].includes(canary)
    );
    assertEquals(found, allowed, canary);
  }
});

Deno.test("the test covers every event of the policy", () => {
  const expected = new Set(Object.keys(EVENTS).map((key) => key.split(" ")[0]));
  assertEquals([...walk().logNames].sort(), [...expected].sort());
});

Deno.test("an attribute that the policy does not name is not exported", () => {
  const out: unknown[] = [];
  const gate = new Gate({ logs: (one) => out.push(one), traces: (one) => out.push(one) });
  const event = gate.event({
    key: "codex.api_request",
    atMs: 0,
    attributes: { secret: "secret-text", endpoint: "/x" },
  });
  const { spans: [span] } = walk();
  assert(span !== undefined);
  gate.span({ ...span, attributes: { ...span.attributes, secret: "secret-text" } });
  assert(!JSON.stringify([out, event]).includes("secret-text"));
  assert(JSON.stringify([out, event]).includes("/x"));
});

Deno.test("an e-mail address, an account id and a prompt are exported only to the logs", () => {
  const logs: LogRecord[] = [];
  const gate = new Gate({ logs: (one) => logs.push(one), traces: () => {} });
  const attributes = {
    "user.email": "canary-mail",
    "user.account_id": "canary-account",
    prompt: "canary-prompt",
  };
  const forTraces = gate.event({ key: "codex.user_prompt", atMs: 0, attributes });
  assertEquals(logs[0]?.attributes, attributes);
  assertEquals(forTraces?.attributes, {});
});

Deno.test("no span attribute of the policy names content, identity or a host", () => {
  const forbidden =
    /user\.|email|account|host|prompt$|input\.messages|output\.messages|url|header|arguments|result$/;
  assertEquals(SPAN_ATTRIBUTES.filter((name) => forbidden.test(name)), []);
});
