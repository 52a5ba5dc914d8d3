import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { heldBackWarning } from "../../../lib/responses/turn/reading/stream_timing.ts";
import {
  COMPLETED,
  CREATED,
  delta,
  frames,
  type Handler,
  HELLO,
  ONCE,
  provider,
  refusal,
  runScript,
  scriptedServer,
  session,
  stream,
} from "../kit.ts";

/** Sends texts one by one, `gapMs` apart, then ends or stays open. */
function dripped(texts: readonly string[], gapMs: number, last: "close" | "break" | "hold"): Handler {
  return () => {
    let stopped = false;
    const body = new ReadableStream<Uint8Array>({
      async start(controller) {
        for (const text of texts) {
          if (stopped) return;
          controller.enqueue(new TextEncoder().encode(text));
          await new Promise((resolve) => setTimeout(resolve, gapMs));
        }
        if (stopped || last === "hold") return;
        if (last === "break") controller.error(new Error("cut"));
        else controller.close();
      },
      cancel: () => {
        stopped = true;
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

for (
  const [name, text] of [
    ["data that is no event", "data: ping\n\n"],
    ["events of a keep-alive type", 'data: {"type":"keepalive"}\n\n'],
    ["comments", ": alive\n\n"],
  ] as const
) {
  Deno.test(`${name} alone keep a stream open for four idle limits and no longer`, async () => {
    const reading = await runScript([dripped(Array.from({ length: 400 }, () => text), 25, "hold")], {
      provider: { ...ONCE, streamIdleTimeoutMs: 200 },
    });
    assertEquals(reading.result.error?.code, "idle_timeout");
    assertIncludes(reading.result.error?.message ?? "", "only keep-alives");
  });
}

Deno.test("keep-alives between events do not end a stream", async () => {
  const texts = [
    frames([CREATED]),
    ...Array.from({ length: 12 }, (_, index) => index % 4 === 3 ? frames([delta("x")]) : "data: ping\n\n"),
    frames([COMPLETED]),
  ];
  const { result } = await runScript([dripped(texts, 60, "close")], {
    provider: { ...ONCE, streamIdleTimeoutMs: 250 },
  });
  assertEquals(result.status, "completed");
});

Deno.test("a reader that pauses for longer than the idle limit after an event does not make the stream idle", async () => {
  const texts = [frames([CREATED]), frames([delta("a")]), frames([delta("b"), COMPLETED])];
  await using server = scriptedServer(dripped(texts, 60, "close"));
  const one = session(server.url, { provider: provider(server.url, { ...ONCE, streamIdleTimeoutMs: 300 }) });
  let status: string | undefined;
  for await (const event of one.turn(HELLO)) {
    if (event.type === "response.created" || event.type === "response.output_text.delta") {
      await new Promise((resolve) => setTimeout(resolve, 700));
    }
    if (event.type === "culvert.result") status = event.status;
  }
  assertEquals(status, "completed");
});

Deno.test("the error of a cut or silent stream reports the number of events before it", async () => {
  const cut = await runScript([dripped([frames([CREATED]), frames([delta("a")])], 20, "break")], {
    provider: ONCE,
  });
  assertIncludes(cut.result.error?.message ?? "", "after 2 events");
  assertEquals(cut.result.error?.details["events"], 2);
  const silent = await runScript([dripped([frames([CREATED])], 20, "hold")], {
    provider: { ...ONCE, streamIdleTimeoutMs: 200 },
  });
  assertEquals(silent.result.error?.code, "idle_timeout");
  assertIncludes(silent.result.error?.message ?? "", "after 1 event");
});

Deno.test("events that arrive together after a long silence are reported as buffered, other events are not", () => {
  const arrivals = { sentAt: 0, firstEventAt: 8_000, lastEventAt: 8_050, events: 60 };
  assertIncludes(
    heldBackWarning(arrivals)?.message ?? "",
    "after 8.0 s of silence: a proxy or gateway buffers",
  );
  assertEquals(heldBackWarning({ ...arrivals, lastEventAt: 12_000 }), undefined);
  assertEquals(heldBackWarning({ ...arrivals, firstEventAt: 500, lastEventAt: 510 }), undefined);
  assertEquals(heldBackWarning({ ...arrivals, events: 3 }), undefined);
});

Deno.test("a 429 with Retry-After is sent again after that time, a 429 without it or with a long one is final", async () => {
  const limited = (headers: Record<string, string>) => refusal(429, { error: { message: "slow" } }, headers);
  const waited = await runScript([limited({ "retry-after": "2" }), stream([COMPLETED])]);
  assertEquals([waited.result.status, waited.of("culvert.retry").map(({ delay_ms }) => delay_ms)], [
    "completed",
    [2_000],
  ]);
  const bare = await runScript([limited({}), stream([COMPLETED])]);
  assertEquals([bare.result.exit_code, bare.seen.length], [6, 1]);
  const long = await runScript([limited({ "retry-after": "7200" }), stream([COMPLETED])]);
  assertEquals([long.result.exit_code, long.seen.length], [6, 1]);
  assertIncludes(long.result.error?.hint ?? "", "2 h 0 min");
  const allowed = await runScript([limited({ "retry-after": "90" }), stream([COMPLETED])], {
    session: { maxRetryAfterMs: 100_000 },
  });
  assertEquals(allowed.result.status, "completed");
});

Deno.test("a usage limit with an impossible reset time prints no invalid date", async () => {
  const body = { error: { type: "usage_limit_reached", resets_at: 1e300 } };
  const { result } = await runScript([refusal(429, body)]);
  assertEquals(result.error?.hint, "Try again later.");
});

Deno.test("endless output items are refused with an error that names the limit", async () => {
  const item = { type: "message", role: "assistant", content: [], filler: "x".repeat(8 * 1024 * 1024) };
  const events = Array.from({ length: 20 }, () => ({ type: "response.output_item.done", item }));
  const { result } = await runScript([stream(events)], { provider: ONCE });
  assertEquals([result.error?.code, result.exit_code], ["message_too_large", 8]);
  assertIncludes(result.error?.message ?? "", "have more than");
});

Deno.test("the request carries max_output_tokens, temperature, store and extra headers", async () => {
  const { seen } = await runScript([stream([COMPLETED])], {
    request: { maxOutputTokens: 50, temperature: 0.2, store: true, headers: { "x-extra": "1" } },
  });
  const body = seen[0]?.json ?? {};
  assertEquals([body.max_output_tokens, body.temperature, body.store], [50, 0.2, true]);
  assertEquals(seen[0]?.headers.get("x-extra"), "1");
});
