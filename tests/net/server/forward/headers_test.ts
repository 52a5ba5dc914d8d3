import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";
import { bareOrigin, nodeOrigin, rawExchange } from "../kit.ts";

/** Starts a plain proxy for the time of a test. */
async function proxied(run: (port: number) => Promise<void>): Promise<void> {
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  try {
    await run(proxy.port);
  } finally {
    await proxy.close();
  }
}

Deno.test("hop-by-hop headers and the headers that Connection names are removed; the others keep case, order and duplicates", async () => {
  let seen: string[] = [];
  await using origin = await nodeOrigin((request, response) => {
    seen = request.rawHeaders;
    response.sendDate = false;
    response.writeHead(200, [
      "X-B",
      "1",
      "x-b",
      "2",
      "X-Hop",
      "3",
      "Connection",
      "x-hop, close",
      "Set-Cookie",
      "a",
      "Set-Cookie",
      "b",
    ]);
    response.end("ok");
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `GET http://127.0.0.1:${origin.port}/a?b HTTP/1.1\r\nHost: 127.0.0.1:${origin.port}\r\n` +
        "X-Zeta: 1\r\nx-alpha: 2\r\nX-Zeta: 3\r\nX-Secret-Hop: 4\r\nTE: trailers\r\nKeep-Alive: timeout=5\r\n" +
        "Proxy-Authorization: Basic eA==\r\nConnection: close, X-Secret-Hop\r\n\r\n",
    );
    assertEquals(seen, [
      ...["Host", `127.0.0.1:${origin.port}`, "X-Zeta", "1", "x-alpha", "2", "X-Zeta", "3"],
      ...["Connection", "close"],
    ]);
    const [head = ""] = reply.split("\r\n\r\n");
    assertEquals(head.split("\r\n").slice(0, 5), [
      "HTTP/1.1 200 OK",
      "X-B: 1",
      "x-b: 2",
      "Set-Cookie: a",
      "Set-Cookie: b",
    ]);
    assertEquals(head.includes("X-Hop"), false);
  });
});

Deno.test("trailers are passed in both directions, together with their Trailer header", async () => {
  let trailers: string[] = [];
  await using origin = await nodeOrigin((request, response) => {
    request.resume();
    request.on("end", () => {
      trailers = request.rawTrailers;
      response.writeHead(200, ["Trailer", "X-Checksum"]);
      response.write("body");
      response.addTrailers([["X-Checksum", "abc"]]);
      response.end();
    });
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n` +
        "Trailer: X-Sum\r\nConnection: close\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\n\r\n",
    );
    assertEquals(trailers, ["X-Sum", "42"]);
    assertIncludes(reply, "Trailer: X-Checksum\r\n");
    assertIncludes(reply, "0\r\nX-Checksum: abc\r\n\r\n");
  });
});

Deno.test("a non-standard status and an interim response are passed on unchanged", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n");
      socket.end("HTTP/1.1 299 Quite Fine\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assertIncludes(reply.toLowerCase(), "http/1.1 103 early hints\r\nlink: </a.css>; rel=preload\r\n");
    assertIncludes(reply, "HTTP/1.1 299 Quite Fine\r\n");
  });
});

Deno.test("an interim response passes as it came, whatever its fields, and never to a client of HTTP/1.0", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => {
      socket.write(
        "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: <<broken>>;;\r\nX-Odd: 1\r\n\r\n",
      );
      socket.write("HTTP/1.1 102 Processing\r\n\r\n");
      socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  await proxied(async (port) => {
    const ask = (version: string) =>
      rawExchange(
        port,
        `GET http://127.0.0.1:${origin.port}/ HTTP/${version}\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
    const reply = await ask("1.1");
    const hints =
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nLink: <<broken>>;;\r\nX-Odd: 1\r\n\r\n";
    assertEquals(reply.startsWith(`${hints}HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 200 OK\r\n`), true, reply);
    const old = await ask("1.0");
    // RFC 9110 section 15.2: no interim response to a client of HTTP/1.0.
    assertEquals(old.includes(" 103 ") || old.includes(" 102 "), false, old);
    assertIncludes(old, " 200 OK\r\n");
  });
});

Deno.test("an answer whose reason phrase has a control character arrives without it", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 200 O\x01K\r\nContent-Length: 2\r\n\r\nok"));
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assertIncludes(reply, "HTTP/1.1 200 OK\r\n");
  });
});

Deno.test("an answer with an invalid status is answered with 502, also if it has a reason phrase", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => socket.end("HTTP/1.1 000 Odd\r\nContent-Length: 2\r\n\r\nok"));
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `GET http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    );
    assertIncludes(reply, "HTTP/1.1 502 Bad Gateway\r\n");
  });
});

Deno.test("100 Continue of the origin arrives once", async () => {
  await using origin = await bareOrigin((socket) => {
    socket.once("data", () => {
      socket.end("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    });
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n` +
        "Expect: 100-continue\r\nConnection: close\r\n\r\n",
    );
    assertEquals(reply.split("100 Continue").length, 2, reply);
  });
});

Deno.test("Expect: 100-continue is answered by the origin, not by the proxy", async () => {
  const asked: string[] = [];
  await using origin = await bareOrigin((socket) => {
    socket.once("data", (head) => {
      asked.push(head.toString());
      socket.end("HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    });
  });
  await proxied(async (port) => {
    const reply = await rawExchange(
      port,
      `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n` +
        "Expect: 100-continue\r\nConnection: close\r\n\r\n",
    );
    assertIncludes(asked.join(), "Expect: 100-continue\r\n");
    assertEquals(reply.includes("100 Continue"), false);
    assertIncludes(reply, "417 Expectation Failed");
  });
});

Deno.test("a request without a body is forwarded without one, and a chunked body stays chunked", async () => {
  const seen: Record<string, string | undefined>[] = [];
  await using origin = await nodeOrigin((request, response) => {
    const { method, headers } = request;
    seen.push({ method, length: headers["content-length"], coding: headers["transfer-encoding"] });
    request.resume();
    request.on("end", () => response.end());
  });
  const head = `http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n`;
  await proxied(async (port) => {
    await rawExchange(port, `GET ${head}\r\n`);
    await rawExchange(port, `POST ${head}\r\n`);
    await rawExchange(port, `DELETE ${head}Content-Length: 2\r\n\r\nab`);
    await rawExchange(port, `GET ${head}Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`);
  });
  assertEquals(seen, [
    { method: "GET", length: undefined, coding: undefined },
    { method: "POST", length: "0", coding: undefined },
    { method: "DELETE", length: "2", coding: undefined },
    { method: "GET", length: undefined, coding: "chunked" },
  ]);
});

Deno.test("a request that offers h2c, as Java's client does, is forwarded without the offer and with its body", async () => {
  const seen: Record<string, string | undefined>[] = [];
  let body = "";
  await using origin = await nodeOrigin((request, response) => {
    const { upgrade, connection } = request.headers;
    seen.push({ upgrade, connection, settings: request.rawHeaders.find((name) => /^http2-/i.test(name)) });
    request.on("data", (chunk) => body += chunk);
    request.on("end", () => response.end("served"));
  });
  await proxied(async (port) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    await conn.write(
      new TextEncoder().encode(
        `POST http://127.0.0.1:${origin.port}/ HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\n` +
          "Upgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\nContent-Length: 2\r\n\r\nab",
      ),
    );
    const buffer = new Uint8Array(1_000);
    const count = await conn.read(buffer) ?? 0;
    assertIncludes(new TextDecoder().decode(buffer.subarray(0, count)), "HTTP/1.1 200 ");
    conn.close();
  });
  assertEquals(seen, [{ upgrade: undefined, connection: "keep-alive", settings: undefined }]);
  assertEquals(body, "ab");
});

for (
  const authority of [
    "",
    "host",
    "host:0",
    "host:70000",
    "ho st:443",
    "http://host:443",
    "[::1:443",
    "user@host:443",
  ]
) {
  Deno.test(`CONNECT ${JSON.stringify(authority)} is answered with 400`, async () => {
    await proxied(async (port) => {
      assertIncludes(
        await rawExchange(port, `CONNECT ${authority} HTTP/1.1\r\nHost: x\r\n\r\n`),
        "HTTP/1.1 400",
      );
    });
  });
}
