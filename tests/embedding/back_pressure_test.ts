import { createClient } from "../../lib/mod.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { worldWith } from "../net/kit.ts";
import { COMPLETE, socketServer } from "../responses/transport/websocket/websocket_kit.ts";
import { runProgram } from "./program.ts";

const MEBIBYTE = 1024 * 1024;

/** A random part of an answer, so that compression does not reduce the amount of buffered data. */
function piece(): string {
  const noise = Array.from(crypto.getRandomValues(new Uint8Array(30_000)), (byte) => byte.toString(16));
  return JSON.stringify({ type: "response.output_text.delta", delta: noise.join("") });
}

/** Sends a number of parts over either transport, as fast as they are read. */
async function fountain(count: number) {
  const text = piece();
  const facts = { sent: 0 };
  const gone = Promise.withResolvers<void>();
  const posts = [() => {
    let left = count;
    return new Response(
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull: (controller) => {
          const encode = (value: string) => new TextEncoder().encode(`data: ${value}\n\n`);
          if (left-- > 0) controller.enqueue(encode(text));
          else {
            for (const event of COMPLETE) controller.enqueue(encode(JSON.stringify(event)));
            controller.close();
          }
          facts.sent += text.length;
        },
        cancel: () => gone.resolve(),
      }),
      { headers: { "content-type": "text/event-stream" } },
    );
  }];
  const server = await socketServer({
    plain: true,
    posts,
    replies: [async (socket) => {
      void socket.closed.then(() => gone.resolve());
      for (let at = 0; at < count && await socket.send(text); at++) facts.sent += text.length;
      for (const event of COMPLETE) await socket.send(JSON.stringify(event));
    }],
  });
  return { ...server, facts, gone: gone.promise };
}

/** Reads the whole answer with pauses, and prints the growth of its memory. */
const SLOW_READER = `
import { createClient } from "@culvert/culvert";
const [baseUrl, transport] = Deno.args;
using client = await createClient({ baseUrl, transport, apiKey: "sk-any" });
let deltas = 0, early = 0, most = 0;
for await (const event of client.turn({ input: "hi" })) {
  if (event.type !== "response.output_text.delta") continue;
  const { rss } = Deno.memoryUsage();
  if (++deltas === 200) early = rss;
  most = Math.max(most, rss);
  if (deltas % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
}
console.log(JSON.stringify({ deltas, grown: most - early }));
`;

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a program that stops reading a turn over ${transport} stops the server; leaving the loop ends it`, async () => {
    await using server = await fountain(Infinity);
    using client = await createClient({ baseUrl: server.baseUrl, apiKey: "sk-any", transport }, {
      ...worldWith(),
      home: () => "/",
    });
    let deltas = 0;
    for await (const event of client.turn({ input: "hi" })) {
      if (event.type !== "response.output_text.delta" || ++deltas < 3) continue;
      // Nothing reads. Waits until the server writes no further bytes.
      for (let before = -1; before !== server.facts.sent;) {
        before = server.facts.sent;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      break;
    }
    assert(
      server.facts.sent < 64 * MEBIBYTE,
      `${server.facts.sent} bytes were taken though nobody read them`,
    );
    await server.gone;
  });

  Deno.test(`a slow reader of 80 MiB over ${transport} stays within 48 MiB`, async () => {
    const count = Math.ceil(80 * MEBIBYTE / piece().length);
    await using server = await fountain(count);
    const permissions = ["--allow-net", "--allow-read", "--allow-env"];
    const ran = await runProgram(SLOW_READER, { permissions, args: [server.baseUrl, transport] });
    assert(ran.code === 0, ran.stderr);
    const { deltas, grown } = JSON.parse(ran.stdout);
    assertEquals(deltas, count);
    assert(grown < 48 * MEBIBYTE, `memory grew by ${grown} bytes`);
  });
}
