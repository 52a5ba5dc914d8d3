/**
 * An SSE server for benchmarks, run as a child process: `POST /COUNT/v1/responses` streams so many deltas
 * of about 200 bytes and completes. Prints its port.
 */
const encoder = new TextEncoder();

/** One delta, as the API sends it. */
export function deltaFrame(index: number): string {
  return `event: response.output_text.delta\ndata: ${
    JSON.stringify({
      type: "response.output_text.delta",
      sequence_number: index,
      item_id: "msg_67c9a81b2c8881909f0a4b1d8e5f3c2a",
      output_index: 0,
      content_index: 0,
      delta: " streaming",
      logprobs: [],
    })
  }\n\n`;
}

const CREATED = `event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1"}}\n\n`;
const USAGE = { input_tokens: 1, output_tokens: 2, total_tokens: 3 };
const COMPLETED = `event: response.completed\ndata: ${
  JSON.stringify({ type: "response.completed", response: { id: "resp_1", output: [], usage: USAGE } })
}\n\n`;

/** Events in one write. */
const PER_CHUNK = 256;

/** The whole body of `count` deltas, chunk by chunk, made as it is read. */
export function* bodyChunks(count: number): Generator<Uint8Array<ArrayBuffer>> {
  yield encoder.encode(CREATED);
  const full = encoder.encode(
    Array.from({ length: PER_CHUNK }, (_, index) => deltaFrame(100_000 + index)).join(""),
  );
  for (let sent = 0; sent + PER_CHUNK <= count; sent += PER_CHUNK) yield full;
  const rest = Array.from({ length: count % PER_CHUNK }, (_, index) => deltaFrame(100_000 + index)).join("");
  yield encoder.encode(rest + COMPLETED);
}

if (import.meta.main) {
  Deno.serve({
    port: 0,
    hostname: "127.0.0.1",
    onListen: ({ port }) => console.log(port),
  }, async (request) => {
    await request.body?.cancel();
    const count = Number(/^\/(\d+)\//.exec(new URL(request.url).pathname)?.[1] ?? "1000");
    const chunks = bodyChunks(count);
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      pull(controller) {
        const { done, value } = chunks.next();
        if (done === true) controller.close();
        else controller.enqueue(value);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
}
