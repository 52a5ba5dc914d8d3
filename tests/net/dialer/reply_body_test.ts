import type { ReplyBody } from "../../../lib/net/dialer/reply_body.ts";
import { assertEquals } from "../../support/assert.ts";
import { dialerFor, failureOf, get, httpServer } from "../kit.ts";

/**
 * Returns a body with a number of chunks, like that of a real reply; it stays open, or is closed after them.
 */
async function bodyOf(
  pieces: readonly string[],
  isOpen = false,
): Promise<{ readonly body: ReplyBody } & AsyncDisposable> {
  const rest = [...pieces];
  const server = httpServer(() =>
    new Response(
      new ReadableStream<Uint8Array>({
        pull(controller) {
          const piece = rest.shift();
          if (piece !== undefined) controller.enqueue(new TextEncoder().encode(piece));
          else if (!isOpen) controller.close();
        },
      }),
    )
  );
  const dialer = await dialerFor();
  const { body } = await dialer.request(get(`http://127.0.0.1:${server.port}/`));
  if (body === null) throw new Error("A reply without a body");
  return {
    body,
    [Symbol.asyncDispose]: async () => {
      dialer[Symbol.dispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function textOf(body: ReplyBody | null): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of body ?? []) text += decoder.decode(bytes, { stream: true });
  return text + decoder.decode();
}

Deno.test("a body is read completely in chunks of any size, and ends exactly once", async () => {
  const pieces = ["a", "b".repeat(200_000), "日本語".repeat(30_000)];
  await using served = await bodyOf(pieces);
  assertEquals(await textOf(served.body), pieces.join(""));
  assertEquals(await served.body.read(), undefined);
});

Deno.test("cancelling a body also ends the reads that are pending", async () => {
  await using served = await bodyOf(["first"], true);
  assertEquals(new TextDecoder().decode(await served.body.read()), "first");
  const waiting = served.body.read();
  await served.body.cancel();
  assertEquals([await waiting, await served.body.read()], [undefined, undefined]);
});

Deno.test("two concurrent reads return different bytes", async () => {
  await using served = await bodyOf(["x".repeat(100_000)]);
  const [first, second] = await Promise.all([served.body.read(), served.body.read()]);
  assertEquals(first?.buffer === second?.buffer, false);
  let length = (first?.length ?? 0) + (second?.length ?? 0);
  for await (const bytes of served.body) length += bytes.length;
  assertEquals(length, 100_000);
});

Deno.test("a truncated body fails with a CulvertError", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cut = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(4096));
    await connection.write(new TextEncoder().encode("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
  })();
  using dialer = await dialerFor();
  const { body } = await dialer.request(get(`http://127.0.0.1:${listener.addr.port}/`));
  assertEquals((await failureOf(textOf(body))).code, "reset");
  await cut;
});

Deno.test("leaving the loop early cancels the body", async () => {
  const { promise: cancelled, resolve } = Promise.withResolvers<void>();
  await using server = httpServer(() =>
    new Response(
      new ReadableStream({
        start: (controller) => controller.enqueue(new TextEncoder().encode("first")),
        cancel: () => resolve(),
      }),
    )
  );
  using dialer = await dialerFor();
  const { body } = await dialer.request(get(`http://127.0.0.1:${server.port}/`));
  for await (const bytes of body ?? []) if (bytes.length > 0) break;
  await cancelled;
});
