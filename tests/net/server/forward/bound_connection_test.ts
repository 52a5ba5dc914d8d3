/** Connections to the origin that the requests of one client connection use one after the other. */
import type { Socket } from "node:net";
import { localUpstream } from "../../../../lib/net/server/forward/local_upstream.ts";
import { startInterceptingProxy } from "../../../../lib/net/server/proxy/intercepting_proxy.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";
import { bareOrigin, eventually } from "../kit.ts";

const encoder = new TextEncoder();

/** An origin that counts its connections, and a client with one connection to a proxy. */
async function scene(
  serve: (socket: Socket, request: string, connection: number) => void,
  run: (
    client: Client,
    origin: { readonly port: number; readonly sockets: readonly Socket[] },
  ) => Promise<void>,
): Promise<void> {
  const sockets: Socket[] = [];
  await using origin = await bareOrigin((socket) => {
    sockets.push(socket);
    const connection = sockets.length;
    socket.on("data", (data: Uint8Array) => serve(socket, new TextDecoder().decode(data), connection));
  });
  const proxy = await startInterceptingProxy({ upstream: localUpstream() });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: proxy.port });
  try {
    await run(new Client(conn, origin.port), { port: origin.port, sockets });
  } finally {
    conn.close();
    await proxy.close();
  }
}

class Client {
  constructor(readonly conn: Deno.TcpConn, readonly port: number) {}

  /** Sends a request and reads until the answer has a text. @returns what was read; `RESET` at the end for a reset */
  async ask(line: string, until: string, fields = "", body = ""): Promise<string> {
    const [method = "", path = ""] = line.split(" ");
    await this.conn.write(
      encoder.encode(
        `${method} http://127.0.0.1:${this.port}${path} HTTP/1.1\r\nHost: x\r\n${fields}` +
          (body === "" ? "" : `Content-Length: ${body.length}\r\n`) + `\r\n${body}`,
      ),
    );
    const buffer = new Uint8Array(65_536);
    for (let text = "";;) {
      let count: number | null;
      try {
        count = await this.conn.read(buffer);
      } catch {
        return `${text}RESET`;
      }
      if (count === null) return `${text}END`;
      text += new TextDecoder().decode(buffer.subarray(0, count));
      if (text.includes(until)) return text;
    }
  }
}

const answer = (text: string, fields = "") =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n${fields}\r\n${text}`;

Deno.test("the requests on one client connection use one connection to the origin, bodies included", async () => {
  await scene((socket, request, connection) => {
    socket.write(answer(`${connection} ${request.split(" ")[1]} ${request.slice(-2)}`));
  }, async (client, { sockets }) => {
    for (let count = 0; count < 12; count++) {
      assertIncludes(await client.ask(`POST /${count}`, "ok", "", "ok"), `1 /${count} ok`);
    }
    assertEquals(sockets.length, 1);
  });
});

Deno.test("the connection to the origin closes together with the client connection", async () => {
  await scene((socket) => socket.write(answer("done")), async (client, { sockets }) => {
    await client.ask("GET /", "done");
    client.conn.closeWrite();
    await eventually(
      () => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true,
      "the end arrives",
    );
  });
});

Deno.test("an idle connection that the origin has closed is not reused", async () => {
  await scene((socket, _request, connection) => {
    if (connection === 1) socket.end(answer("done"));
    else socket.write(answer("again"));
  }, async (client, { sockets }) => {
    await client.ask("POST /", "done", "", "a");
    await eventually(() => sockets[0]?.destroyed === true, "the proxy has closed it too");
    assertIncludes(await client.ask("POST /", "again", "", "a"), "again");
    assertEquals(sockets.length, 2);
  });
});

for (const [what, fields] of [["closes", ""], ["says that it closes", "Connection: close\r\n"]] as const) {
  Deno.test(`an origin that ${what} after each response gets one connection per request`, async () => {
    await scene((socket, _request, connection) => {
      socket.write(answer(`done${connection}`, fields));
      if (fields === "") socket.end();
    }, async (client, { sockets }) => {
      for (let count = 1; count <= 3; count++) {
        await client.ask("GET /", `done${count}`);
        await eventually(() => sockets.every((socket) => socket.destroyed), "it is closed");
      }
      assertEquals(sockets.length, 3);
    });
  });
}

Deno.test("a request without a body is sent again when the origin closes a kept connection at that moment", async () => {
  await scene((socket, request, connection) => {
    if (connection === 1 && request.includes("/second")) socket.destroy();
    else socket.write(answer(`done${connection}`));
  }, async (client) => {
    await client.ask("GET /first", "done1");
    assertIncludes(await client.ask("GET /second", "done2"), "200 OK");
  });
});

Deno.test("a request with a body is not sent twice: its client sees the reset that it would see without a proxy", async () => {
  const requests: string[] = [];
  await scene((socket, request, connection) => {
    requests.push(request.split(" ")[1] ?? "");
    if (connection === 1 && request.includes("/second")) socket.destroy();
    else socket.write(answer("done"));
  }, async (client) => {
    await client.ask("POST /first", "done", "", "a");
    assertEquals(await client.ask("POST /second", "done", "", "a"), "RESET");
    assertEquals(requests, ["/first", "/second"]);
  });
});

Deno.test("a connection is not reused after its client left a response unread", async () => {
  await scene((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart");
  }, async (client, { sockets }) => {
    await client.ask("GET /", "part");
    client.conn.closeWrite();
    client.conn.close();
    await eventually(
      () => sockets[0]?.readableEnded === true || sockets[0]?.destroyed === true,
      "it is closed",
    );
    // The client of the scene is closed once more at its end.
    Object.assign(client.conn, { close: () => {} });
  });
});

Deno.test("a client's `Connection: close` is passed on", async () => {
  let seen = "";
  await scene((socket, request) => {
    seen = request;
    socket.write(answer("done"));
  }, async (client, { sockets }) => {
    assertIncludes(await client.ask("GET /", "done", "Connection: close\r\n"), "done");
    assertIncludes(seen, "Connection: close\r\n");
    await eventually(() => sockets[0]?.destroyed === true, "it is closed");
  });
});

Deno.test("two requests that a client sends without waiting use one connection to the origin, one after the other", async () => {
  await scene((socket, request, connection) => {
    setTimeout(
      () => socket.write(answer(`${request.split(" ")[1]}:${connection};`)),
      request.includes("/a") ? 100 : 0,
    );
  }, async (client, { sockets }) => {
    const url = `http://127.0.0.1:${client.port}`;
    await client.conn.write(encoder.encode(`GET ${url}/a HTTP/1.1\r\nHost: x\r\n\r\n`));
    const text = await client.ask("GET /b", "/b:1;");
    // Answers come in the order of the requests (RFC 9112 §9.3.2).
    assertEquals(text.indexOf("/a:1;") < text.indexOf("/b:1;"), true);
    assertEquals(sockets.length, 1);
  });
});
