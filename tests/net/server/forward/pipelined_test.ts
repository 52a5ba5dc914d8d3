/** Requests that a client sends on one connection without waiting for the response before. */
import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import { assert, assertEquals, assertIncludes } from "../../../support/assert.ts";
import { eventually, nodeOrigin, rawExchange } from "../kit.ts";

Deno.test("pipelined requests reach the origin one after the other, in their order", async () => {
  const log: string[] = [];
  await using origin = await nodeOrigin((request, response) => {
    log.push(`begin ${request.url}`);
    request.resume();
    // The first takes longest: in parallel the others would overtake it.
    setTimeout(() => {
      log.push(`end ${request.url}`);
      response.end(`answer to ${request.url}`);
    }, request.url === "/1" ? 200 : 0);
  });
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  try {
    const request = (path: string, fields = "") =>
      `POST http://127.0.0.1:${origin.port}${path} HTTP/1.1\r\nHost: x\r\n${fields}Content-Length: 2\r\n\r\nab`;
    const reply = await rawExchange(
      proxy.port,
      request("/1") + request("/2") + request("/3", "Connection: close\r\n"),
    );
    assertEquals(log, ["begin /1", "end /1", "begin /2", "end /2", "begin /3", "end /3"]);
    assertEquals(reply.match(/answer to \/\d/g), ["answer to /1", "answer to /2", "answer to /3"]);
  } finally {
    await proxy.close();
  }
});

Deno.test("a pipelined request whose client leaves before its turn is not sent, and its exchange ends", async () => {
  const paths: string[] = [];
  const ends: string[] = [];
  await using origin = await nodeOrigin((request) => void paths.push(request.url ?? ""));
  const proxy = await startInterceptingProxy({
    upstream: localUpstream(),
    tap: ({ exchangeId }) => ({
      head: () => {},
      bytes: () => {},
      upgrade: () => {},
      end: ({ direction, outcome }) => void ends.push(`${exchangeId} ${direction} ${outcome}`),
    }),
  });
  try {
    const client = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
    const request = (path: string) =>
      `GET http://127.0.0.1:${origin.port}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
    await client.write(new TextEncoder().encode(request("/1") + request("/2")));
    await eventually(() => paths.length === 1, "the first request has arrived");
    client.close();
    await eventually(() => ends.filter((end) => end.includes("response")).length === 2, "both have ended");
    assertEquals(paths, ["/1"]);
    assert(ends.filter((end) => end.includes("response")).every((end) => end.endsWith("aborted")));
  } finally {
    await proxy.close();
  }
});

Deno.test("text after a request that is not HTTP does not become a part of its response", async () => {
  await using origin = await nodeOrigin((_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: 1\n\n");
    setTimeout(() => response.end("data: 2\n\n"), 200);
  });
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  try {
    const reply = await rawExchange(
      proxy.port,
      `GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\nnot HTTP\r\n\r\n`,
    );
    assert(!reply.includes("400"), reply);
  } finally {
    await proxy.close();
  }
});

Deno.test("a request with a body that offers a websocket is forwarded as a request, with its body", async () => {
  let seen = "";
  await using origin = await nodeOrigin(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen = `${request.method} ${request.headers.upgrade} ${body}`;
    response.end("taken");
  });
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  try {
    for (const method of ["POST", "GET"]) {
      const reply = await rawExchange(
        proxy.port,
        `${method} http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\n` +
          "Upgrade: websocket\r\nContent-Length: 4\r\n\r\nbody",
      );
      assertIncludes(reply, "taken");
      assertEquals(seen, `${method} undefined body`);
    }
  } finally {
    await proxy.close();
  }
});

Deno.test("transfer codings beside chunked are forwarded with the body that they were applied to", async () => {
  const seen: string[] = [];
  await using origin = await nodeOrigin(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    seen.push(`${request.headers["transfer-encoding"]} ${body}`);
    response.writeHead(200, ["Transfer-Encoding", "gzip, chunked"]);
    response.end("zipped");
  });
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  try {
    const reply = await rawExchange(
      proxy.port,
      `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n` +
        "Transfer-Encoding: gzip, chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    );
    assertEquals(seen, ["gzip, chunked abc"]);
    assertIncludes(reply, "Transfer-Encoding: gzip, chunked\r\n");
    assertIncludes(reply, "zipped");
  } finally {
    await proxy.close();
  }
});
