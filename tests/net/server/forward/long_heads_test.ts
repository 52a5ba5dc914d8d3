/** Heads that are longer than the 16 KiB of `node:http`, and those that are longer than the limit of the proxies. */
import { MAX_HEAD_BYTES } from "../../../../lib/net/server/forward/head_limit.ts";
import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import type { ProxyEvent } from "../../../../lib/net/server/proxy/proxy_events.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";
import { bareOrigin, rawExchange } from "../kit.ts";

/** Sends a request to a proxy and on to an origin that answers with a head of its own. */
async function exchanged(
  fields: string,
  answer: string,
): Promise<{ readonly reply: string; readonly requests: readonly string[]; readonly events: ProxyEvent[] }> {
  const requests: string[] = [];
  const events: ProxyEvent[] = [];
  await using origin = await bareOrigin((socket) => {
    let text = "";
    socket.on("data", (data: Uint8Array) => {
      text += new TextDecoder().decode(data);
      if (!text.includes("\r\n\r\n")) return;
      requests.push(text);
      socket.end(answer);
    });
  });
  const proxy = await startInterceptingProxy({
    upstream: localUpstream(),
    observe: (event) => events.push(event),
  });
  try {
    const reply = await rawExchange(
      proxy.port,
      `GET http://127.0.0.1:${origin.port}/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${fields}\r\n`,
    );
    return { reply, requests, events };
  } finally {
    await proxy.close();
  }
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

Deno.test("a request head of 200 KiB is forwarded whole", async () => {
  const cookie = `Cookie: ${"c".repeat(200 * 1024)}\r\n`;
  const { reply, requests } = await exchanged(cookie, OK);
  assertIncludes(reply, "200 OK");
  assertIncludes(requests[0] ?? "", cookie);
});

Deno.test("a response head of 200 KiB is forwarded whole", async () => {
  const field = `X-Long: ${"r".repeat(200 * 1024)}\r\n`;
  const { reply } = await exchanged("", OK.replace("\r\n\r\n", `\r\n${field}\r\n`));
  assertIncludes(reply, "200 OK");
  assertIncludes(reply, field);
});

Deno.test("a request head above the limit is answered with 431 and the reason, and reported", async () => {
  const { reply, requests, events } = await exchanged(`Cookie: ${"c".repeat(MAX_HEAD_BYTES)}\r\n`, OK);
  assertIncludes(reply, "HTTP/1.1 431 Request Header Fields Too Large\r\n");
  assertIncludes(reply, "\r\n\r\nThe head of the request is longer than 256 KiB\n");
  assertEquals(requests, []);
  assertEquals(events, [
    { kind: "refused_request", status: 431, reason: "The head of the request is longer than 256 KiB" },
  ]);
});

Deno.test("a response head above the limit is answered with 502 and the reason", async () => {
  const { reply } = await exchanged(
    "",
    OK.replace("\r\n\r\n", `\r\nX-Long: ${"r".repeat(MAX_HEAD_BYTES)}\r\n\r\n`),
  );
  assertIncludes(reply, "HTTP/1.1 502 ");
  assertIncludes(reply, "The head of the response of 127.0.0.1:");
  assertIncludes(reply, "is longer than 256 KiB");
});

Deno.test("text that is not HTTP is answered with 400 and the reason", async () => {
  const { reply, events } = await exchanged("no field\r\n", OK);
  assertIncludes(reply, "HTTP/1.1 400 Bad Request\r\n");
  assertIncludes(reply, "\r\n\r\nThe request is not valid HTTP/1.1: ");
  assertEquals(events.map(({ kind }) => kind), ["refused_request"]);
});

Deno.test("every field of a head is forwarded, also where there are more than 2,000", async () => {
  const fields = (name: string) =>
    Array.from({ length: 3_000 }, (_, index) => `${name}-${index}: ${index}\r\n`).join("");
  const { reply, requests } = await exchanged(fields("Q"), OK.replace("\r\n\r\n", `\r\n${fields("R")}\r\n`));
  assertIncludes(requests[0] ?? "", fields("Q"));
  assertIncludes(reply, fields("R"));
});
