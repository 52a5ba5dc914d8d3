import fc from "fast-check";
import type { StreamItem } from "../../../lib/responses/events/events.ts";
import { RateLimitBook } from "../../../lib/responses/events/rate_limits.ts";
import { ResponseReader } from "../../../lib/responses/turn/reading/response_reader.ts";
import { TurnFacts } from "../../../lib/responses/turn/turn_facts.ts";
import { TurnState } from "../../../lib/responses/request/turn_state.ts";
import { assert, assertEquals, assertExcludes } from "../../support/assert.ts";
import {
  COMPLETED,
  frames,
  type Handler,
  ONCE,
  readTurn,
  runScript,
  scriptedServer,
  session,
  stream,
} from "../kit.ts";

const TYPES = [
  "response.created",
  "response.completed",
  "response.failed",
  "response.incomplete",
  "response.metadata",
  "response.output_item.done",
  "response.output_text.delta",
  "codex.rate_limits",
  "error",
  "culvert.result",
  "other",
];
const FIELDS = [
  "response",
  "item",
  "delta",
  "headers",
  "metadata",
  "safety_buffering",
  "error",
  "status",
  "message",
  "code",
  "rate_limits",
  "credits",
];
/** Events of known names with any JSON in the fields that are read. */
const hostileEvent = fc.tuple(
  fc.constantFrom(...TYPES),
  fc.dictionary(fc.constantFrom(...FIELDS), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
).map(([type, fields]) => JSON.stringify({ ...fields, type }));

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`no event of a server makes the reader throw, over ${transport}`, () => {
    fc.assert(
      fc.property(fc.array(hostileEvent, { maxLength: 8 }), (texts) => {
        const facts = new TurnFacts("gpt-test", new RateLimitBook());
        const head = { transport, url: "", route: "", headers: new Headers(), reused: false };
        const reader = new ResponseReader(facts, head, { now: 0, secrets: [] });
        reader.begin();
        const items: StreamItem[] = [];
        reader.read(texts, items);
        assert(items.every(({ event }) => event.type !== "culvert.result"));
        reader.ended();
      }),
      { numRuns: 1_000 },
    );
  });
}

Deno.test("a turn ends with exactly one result as its last event, for any bytes that a server streams", async () => {
  let body = "";
  const handler: Handler = () => new Response(body, { headers: { "content-type": "text/event-stream" } });
  await using server = scriptedServer(handler);
  const one = session(server.url);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(hostileEvent, fc.string()), { maxLength: 6 }), async (texts) => {
      body = frames(texts);
      const { of } = await readTurn(one.turn({ model: "gpt-test", input: [] }, { restartAfterText: false }));
      assertEquals(of("culvert.result").length, 1);
    }),
    { numRuns: 40 },
  );
});

Deno.test("a sticky state that is not a valid header value is ignored", () => {
  const state = new TurnState();
  for (const bad of ["", "a\r\nb: c", "é", " lead", "x".repeat(9_000), null, undefined]) state.offer(bad);
  assertEquals(state.value, undefined);
  state.offer("good one");
  state.offer("other");
  assertEquals(state.value, "good one");
});

Deno.test("names in a server's JSON send no control characters to a terminal", async () => {
  const evil = "gpt\u001b[2J\u0007";
  const { events } = await runScript([
    stream([
      { type: "response.created", response: { id: "r", model: evil, headers: { "openai-model": evil } } },
      {
        type: "codex.rate_limits",
        metered_limit_name: evil,
        credits: { has_credits: true, unlimited: false, balance: evil },
        rate_limits: { primary: { used_percent: 1 } },
      },
      { type: "codex.rate_limits", metered_limit_name: evil, rate_limits: { primary: { used_percent: 1 } } },
      COMPLETED,
    ]),
  ], { provider: ONCE });
  const own = events.filter(({ type }) => type.startsWith("culvert."));
  assertExcludes(JSON.stringify(own), "\\u001b");
  assert(own.some(({ type }) => type === "culvert.rate_limits"));
});
