import { type ClientOptions, createClient } from "../../lib/mod.ts";
import { startMockApi } from "../../lib/mock/api/api.ts";
import { decodeAll, startCollector } from "../observe/otlp/collector.ts";
import { sleep } from "../../lib/world/sleep.ts";
import { assertEquals, assertMatch, assertRejects } from "../support/assert.ts";
import { closedPort } from "../support/closed_port.ts";

/** A world whose home and collector are those of the test. */
const worldWith = (home: string, collectorPort: number) => ({
  env: (name: string) =>
    new Map([
      ["CODEX_HOME", home],
      ["OTEL_EXPORTER_OTLP_ENDPOINT", `http://127.0.0.1:${collectorPort}`],
    ]).get(name),
});

/** Makes one turn with a new client, in a home that is removed, and disposes of the client. */
async function oneTurn(collectorPort: number, options: ClientOptions): Promise<void> {
  const api = await startMockApi();
  const home = await Deno.makeTempDir({ prefix: "culvert-client-" });
  try {
    await using client = await createClient({
      baseUrl: api.baseUrl,
      apiKey: "sk-test-0123456789",
      caCertPem: api.authority.certificate,
      ...options,
    }, worldWith(home, collectorPort));
    api.enqueue({ text: "Here" });
    assertEquals(await client.turn({ input: "hello" }).text(), "Here");
  } finally {
    await api.close();
    await Deno.remove(home, { recursive: true });
  }
}

Deno.test("a client with telemetry exports all three signals before its disposal completes", async () => {
  await using collector = startCollector();
  await oneTurn(collector.port, { telemetry: true });
  assertEquals(collector.requests.map(({ path }) => path).sort(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
  const { spans } = decodeAll(collector.requests);
  assertEquals(spans.filter(({ name }) => name === "session_task.turn").length, 1);
});

Deno.test("a client that could not be opened leaves no timer of its telemetry", async () => {
  const waiting = new Set<number>();
  const { promise: leftTimers, resolve } = Promise.withResolvers<void>();
  const world = {
    ...worldWith("/", closedPort()),
    sleep: async (ms: number, signal?: AbortSignal) => {
      waiting.add(ms);
      try {
        await sleep(ms, signal);
      } finally {
        waiting.delete(ms);
        if (waiting.size === 0) resolve();
      }
    },
  };
  await assertRejects(createClient({ telemetry: true, caCertPem: "no certificate" }, world), {
    code: "ca_invalid",
  });
  await Promise.race([leftTimers, sleep(2_000)]);
  assertEquals([...waiting], []);
});

Deno.test("a client without the option exports nothing, regardless of the variables", async () => {
  await using collector = startCollector();
  await oneTurn(collector.port, {});
  assertEquals(collector.requests, []);
});

Deno.test("a client whose collector cannot be reached warns once for each signal", async () => {
  const warnings: string[] = [];
  await oneTurn(closedPort(), {
    telemetry: true,
    onWarning: ({ code, message }) => void warnings.push(`${code}: ${message}`),
  });
  assertEquals(warnings.length, 3);
  for (const warning of warnings) {
    assertMatch(
      warning,
      /^telemetry_undelivered: telemetry: \d+ records? of (traces|metrics|logs) (was|were) not delivered/,
    );
  }
});
