import { createClient, RuntimeSummary } from "../../../lib/mod.ts";
import { startNetwork } from "../../../lib/testing.ts";
import { describeFigures } from "../../../lib/observe/summary/describe.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";

Deno.test("the summary of a turn over SSE counts its request, events, tokens and rate limits", async () => {
  await using network = await startNetwork();
  const summary = new RuntimeSummary();
  using client = await createClient({ transport: "sse", onObservation: summary.observe }, network.world);
  let events = 0;
  for await (const event of client.turn({ input: "hi" })) if (!event.type.startsWith("culvert.")) events++;
  const figures = summary.figures();
  assertEquals(figures.turns, 1);
  assertEquals([figures.requests.count, figures.requests.failed, figures.retries], [1, 0, 0]);
  assertEquals(figures.events.count, events);
  assertEquals(figures.websocket.events.count, 0);
  assert(figures.time_to_first_event_ms !== null && figures.time_to_first_output_ms !== null);
  assert(figures.time_to_first_event_ms <= figures.time_to_first_output_ms);
  const { tokens } = figures;
  assert(tokens !== null && tokens.input > 0 && tokens.total === tokens.input + tokens.output);
  assert(figures.rate_limits.length > 0 && figures.rate_limits[0]?.primary !== null);
});

Deno.test("the summary of two turns over one websocket counts one connection, and one response that reused it", async () => {
  await using network = await startNetwork();
  const summary = new RuntimeSummary();
  using client = await createClient(
    { transport: "websocket", onObservation: summary.observe },
    network.world,
  );
  await client.turn({ input: "one" }).text();
  await client.turn({ input: "two" }).text();
  const { connections, requests, turns, websocket } = summary.figures();
  assertEquals(turns, 2);
  assertEquals(requests.count, 0);
  assertEquals([websocket.connects.count, websocket.requests.count], [1, 2]);
  assertEquals(connections, { opened: 1, reused: 1 });
  assert(websocket.events.count > 4);
});

Deno.test("a reset starts the summary from zero, and figures that were read before do not change", async () => {
  await using network = await startNetwork();
  const summary = new RuntimeSummary();
  using client = await createClient({ transport: "sse", onObservation: summary.observe }, network.world);
  await client.turn({ input: "hi" }).text();
  const before = summary.figures();
  summary.reset();
  assertEquals(before.turns, 1);
  assertEquals(summary.figures().turns, 0);
  assertEquals(describeFigures(summary.figures()), []);
});

Deno.test("a 503 before the answer is one failed request and one retry", async () => {
  await using network = await startNetwork();
  network.api.enqueue({ refusal: { status: 503, body: "busy" } }, {});
  const summary = new RuntimeSummary();
  using client = await createClient({ transport: "sse", onObservation: summary.observe }, network.world);
  await client.turn({ input: "hi" }).text();
  const { requests, retries } = summary.figures();
  assertEquals([requests.count, requests.failed, retries], [2, 1, 1]);
  assertIncludes(describeFigures(summary.figures()).join("\n"), "1 failed, 1 retry");
});

Deno.test("a reader that leaves also ends the turn in the summary", async () => {
  await using network = await startNetwork();
  network.api.enqueue({ manyDeltas: 1_000, gapMs: 5 });
  const summary = new RuntimeSummary();
  using client = await createClient({ transport: "sse", onObservation: summary.observe }, network.world);
  for await (const event of client.turn({ input: "hi" })) {
    if (event.type === "response.output_text.delta") break;
  }
  const { events, tokens, turns } = summary.figures();
  assertEquals([turns, tokens], [1, null]);
  assert(events.count > 0);
});
