import { CulvertError } from "../../../lib/errors.ts";
import type { ResponseEvent } from "../../../lib/responses/events/events.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import {
  COMPLETED,
  CREATED,
  delta,
  held,
  HELLO,
  ONCE,
  provider,
  readTurn,
  refusal,
  runScript,
  scriptedServer,
  session,
  stream,
} from "../kit.ts";

Deno.test("a stream that becomes silent fails as idle after the provider's limit", async () => {
  const reading = await runScript([held([CREATED])], { provider: { ...ONCE, streamIdleTimeoutMs: 150 } });
  assertEquals([reading.result.error?.code, reading.result.exit_code], ["idle_timeout", 5]);
});

/** Sends a comment every 20 ms, and the given text after `ms`. */
function keptAlive(ms: number, last: string) {
  return () => {
    const encoder = new TextEncoder();
    let timer: ReturnType<typeof setInterval> | undefined;
    const begin = performance.now();
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        timer = setInterval(() => {
          if (performance.now() - begin < ms) return controller.enqueue(encoder.encode(": alive\n\n"));
          controller.enqueue(encoder.encode(last));
          controller.close();
          clearInterval(timer);
        }, 20);
      },
      cancel: () => clearInterval(timer),
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  };
}

Deno.test("keep-alive comments keep a stream open beyond the idle limit", async () => {
  const reading = await runScript([keptAlive(450, `data: ${JSON.stringify(COMPLETED)}\n\n`)], {
    provider: { ...ONCE, streamIdleTimeoutMs: 300 },
  });
  assertEquals(reading.result.status, "completed");
});

Deno.test("keep-alive comments alone do not keep a stream open indefinitely", async () => {
  const reading = await runScript([keptAlive(60_000, "")], {
    provider: { ...ONCE, streamIdleTimeoutMs: 100 },
  });
  assertEquals(reading.result.error?.code, "idle_timeout");
  assertIncludes(reading.result.error?.message ?? "", "keep-alive");
});

Deno.test("a slow reader does not make the stream idle", async () => {
  await using server = scriptedServer(held([CREATED, delta("a"), COMPLETED]));
  const one = session(server.url, { provider: provider(server.url, { ...ONCE, streamIdleTimeoutMs: 100 }) });
  let last: ResponseEvent | undefined;
  for await (const event of one.turn(HELLO)) {
    last = event;
    if (event.type === "culvert.connected") await new Promise((resolve) => setTimeout(resolve, 400));
  }
  assertEquals(last?.type === "culvert.result" && last.status, "completed");
});

Deno.test("an abort ends the turn with one last event of status interrupted, and the server sees it", async () => {
  await using server = scriptedServer(held([CREATED, delta("par")]));
  const stop = new AbortController();
  const types: string[] = [];
  let last: ResponseEvent | undefined;
  for await (const event of session(server.url).turn(HELLO, { signal: stop.signal })) {
    types.push(event.type);
    last = event;
    if (event.type === "response.output_text.delta") stop.abort();
  }
  await server.seen[0]?.gone;
  assert(last?.type === "culvert.result");
  assertEquals([last.status, last.exit_code, last.error?.code], ["interrupted", 130, "interrupted"]);
  assertEquals(types.filter((type) => type === "culvert.result").length, 1);
});

Deno.test("the abort reason becomes the error if it is a CulvertError", async () => {
  await using server = scriptedServer(held([CREATED]));
  const stop = new AbortController();
  const turn = session(server.url).turn(HELLO, { signal: stop.signal });
  setTimeout(() => stop.abort(new CulvertError("terminated", "Stopped by SIGTERM")), 50);
  const { result } = await readTurn(turn);
  assertEquals([result.status, result.exit_code], ["interrupted", 143]);
});

Deno.test("an abort before the first read and an abort during a pause both end the turn immediately", async () => {
  const early = await runScript([stream([COMPLETED])], { options: { signal: AbortSignal.abort() } });
  assertEquals([early.result.status, early.seen.length], ["interrupted", 0]);

  await using server = scriptedServer(refusal(503, "busy", { "retry-after": "50" }));
  const stop = new AbortController();
  const types: string[] = [];
  for await (const event of session(server.url).turn(HELLO, { signal: stop.signal })) {
    types.push(event.type);
    if (event.type === "culvert.retry") stop.abort();
  }
  assertEquals(types, ["culvert.retry", "culvert.result"]);
});

Deno.test("leaving the loop cancels the request", async () => {
  await using server = scriptedServer(held([CREATED, delta("a")]));
  for await (const event of session(server.url).turn(HELLO)) {
    if (event.type === "response.created") break;
  }
  await server.seen[0]?.gone;
});

Deno.test("leaving the loop while a network operation is pending cancels the request too", async () => {
  await using server = scriptedServer(held([CREATED]));
  const events = session(server.url).turn(HELLO)[Symbol.asyncIterator]();
  await events.next();
  await events.next();
  const waiting = events.next();
  await events.return?.();
  await server.seen[0]?.gone;
  await waiting;
});

Deno.test("a reader that stops reading stops the socket", async () => {
  let sent = 0;
  const piece = new TextEncoder().encode(`data: ${JSON.stringify(delta("x".repeat(60_000)))}\n\n`);
  await using server = scriptedServer(({ leave }) =>
    new Response(
      new ReadableStream({
        pull: (controller) => {
          sent += piece.length;
          controller.enqueue(piece);
        },
        cancel: leave,
      }),
      { headers: { "content-type": "text/event-stream" } },
    )
  );
  const batches = session(server.url).turn(HELLO).batches();
  for (let count = 0; count < 3; count++) await batches.next();
  // Waits until the server writes no further bytes.
  for (let before = -1; before !== sent;) {
    before = sent;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  assert(sent < 64 * 1024 * 1024, `${sent} bytes were taken though nobody read them`);
  await batches.return?.();
  await server.seen[0]?.gone;
});

Deno.test("an abort together with the completed event does not change the result", async () => {
  await using server = scriptedServer(stream([CREATED, COMPLETED]));
  const stop = new AbortController();
  let last: ResponseEvent | undefined;
  for await (const event of session(server.url).turn(HELLO, { signal: stop.signal })) {
    if (event.type === "response.completed") stop.abort();
    last = event;
  }
  assertEquals(last?.type === "culvert.result" && last.status, "completed");
});

Deno.test("concurrent requests for batches are answered in order, with the result last and once", async () => {
  await using server = scriptedServer(stream([CREATED, delta("a"), delta("b"), COMPLETED]));
  const batches = session(server.url).turn(HELLO).batches();
  const asked = await Promise.all(Array.from({ length: 8 }, () => batches.next()));
  const types = asked.flatMap(({ done, value }) => done === true ? [] : value.map(({ event }) => event.type));
  assertEquals(types, [
    "culvert.connected",
    "response.created",
    "response.output_text.delta",
    "response.output_text.delta",
    "response.completed",
    "culvert.result",
  ]);
});
