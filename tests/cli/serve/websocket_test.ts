/** Websockets through `serve -o`: close codes both ways, fragments, large messages, compression; and their record. */
// @ts-types="@types/ws"
import { WebSocket, WebSocketServer } from "ws";
import { createServer } from "node:http";
import { bind } from "../../../lib/net/server/tracked_server.ts";
import { loadDirectory } from "../../../lib/capture/record/read/exchanges.ts";
import { assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { startedCulvert } from "../../support/started_culvert.ts";

const MIB = 1024 * 1024;
const KEY = "sk-planted-0123456789abcdef";

interface SocketScene extends AsyncDisposable {
  /** Opens a websocket through serve; `server` is its other end. */
  readonly open: (deflate: boolean) => Promise<{ readonly client: WebSocket; readonly server: WebSocket }>;
  /** Ends serve and reads the record. */
  readonly recorded: () => ReturnType<typeof loadDirectory>;
}

/** Starts a server and serve in front of it. */
async function socketScene(serverDeflate: boolean): Promise<SocketScene> {
  const http = createServer();
  const sockets = new WebSocketServer({ server: http, perMessageDeflate: serverDeflate });
  const arrived: ((socket: WebSocket) => void)[] = [];
  sockets.on("connection", (socket) => {
    socket.on("error", () => {});
    arrived.shift()?.(socket);
  });
  const port = await bind(http, 0, "127.0.0.1");
  const work = await Deno.makeTempDir({ prefix: "culvert-sockets-" });
  const program = await startedCulvert(
    ["serve", "--no-local-auth", "-o", join(work, "capture"), "--base-url", `http://127.0.0.1:${port}/v1`],
    { env: { SHELL: "/bin/sh", CULVERT_API_KEY: KEY } },
  );
  const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
  return {
    open: async (deflate) => {
      const accepted = new Promise<WebSocket>((resolve) => arrived.push(resolve));
      const client = new WebSocket(`${base.replace(/^http/, "ws")}/responses`, {
        perMessageDeflate: deflate,
      });
      client.on("error", () => {});
      await new Promise<void>((resolve, reject) => {
        client.once("open", () => resolve());
        client.once("error", reject);
      });
      return { client, server: await accepted };
    },
    recorded: async () => {
      program.kill("SIGTERM");
      assertEquals(await program.end(), 0);
      return await loadDirectory(join(work, "capture"));
    },
    [Symbol.asyncDispose]: async () => {
      await program[Symbol.asyncDispose]();
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      await new Promise<void>((resolve) => http.close(() => resolve()));
      await Deno.remove(work, { recursive: true });
    },
  };
}

function closed(socket: WebSocket): Promise<readonly [code: number, reason: string]> {
  return new Promise((resolve) => socket.once("close", (code, reason) => resolve([code, reason.toString()])));
}

function message(socket: WebSocket): Promise<readonly [data: Uint8Array, isBinary: boolean]> {
  return new Promise((resolve) =>
    socket.once("message", (data, isBinary) => {
      if (data instanceof Uint8Array) resolve([new Uint8Array(data), isBinary]);
    })
  );
}

/** The codes that a peer may send (RFC 6455 §7.4), and 1005: a close frame without a code. */
const CODES = [1000, 1001, 1003, 1008, 1011, 1012, 1013, 1014, 3000, 4001, 4999, 1005];

Deno.test("close codes and reasons are relayed by serve in both directions and recorded with the side that sent them", async () => {
  await using scene = await socketScene(false);
  const expected: (readonly [number, string, string])[] = [];
  for (const code of CODES) {
    for (const by of ["client", "server"] as const) {
      const { client, server } = await scene.open(false);
      const [from, to] = by === "client" ? [client, server] : [server, client];
      const [end, other] = [closed(to), closed(from)];
      if (code === 1005) from.close();
      else from.close(code, `because ${code}`);
      assertEquals(await end, [code, code === 1005 ? "" : `because ${code}`], `${code} by ${by}`);
      expected.push([code, code === 1005 ? "" : `because ${code}`, by]);
      await other;
    }
  }
  // A connection that breaks is no close frame.
  const broken = await scene.open(false);
  const end = closed(broken.client);
  broken.server.terminate();
  assertEquals((await end)[0], 1006);
  expected.push([1006, "", "server"]);
  using capture = await scene.recorded();
  assertEquals(
    capture.exchanges.map(({ close }) => [close?.code, close?.reason, close?.by]),
    expected.map((each) => [...each]),
  );
});

for (
  const [how, clientDeflate, serverDeflate, agreed] of [
    ["both compress", true, true, "permessage-deflate"],
    ["the server does not compress", true, false, ""],
    ["the client does not compress", false, true, ""],
  ] as const
) {
  Deno.test(`fragments, a message of 16 MiB and binary messages are relayed by serve where ${how}, and recorded completely`, async () => {
    await using scene = await socketScene(serverDeflate);
    const { client, server } = await scene.open(clientDeflate);
    assertEquals(client.extensions, agreed);
    const large = JSON.stringify({ type: "response.create", filler: "x".repeat(16 * MIB) });
    const arrives = message(server);
    client.send(large);
    assertEquals((await arrives)[0].length, large.length);
    const fragmented = message(client);
    server.send('{"type":"response.', { fin: false });
    server.send('completed"', { fin: false });
    server.send("}");
    assertEquals(new TextDecoder().decode((await fragmented)[0]), '{"type":"response.completed"}');
    const binary = message(client);
    server.send(new Uint8Array([0, 1, 2, 255]));
    assertEquals(await binary, [new Uint8Array([0, 1, 2, 255]), true]);
    const end = closed(server);
    client.close(1000);
    await end;
    using capture = await scene.recorded();
    const [exchange] = capture.exchanges;
    const messages = exchange?.messages ?? [];
    assertEquals(messages.map(({ dir, opcode, size }) => [dir, opcode, size]), [
      ["send", 1, large.length],
      ["receive", 1, 29],
      ["receive", 2, 4],
    ]);
    assertEquals(messages.map((each) => capture.text(each)), [
      large,
      '{"type":"response.completed"}',
      new Uint8Array([0, 1, 2, 255]).toBase64(),
    ]);
  });
}

for (const status of [401, 426, 500]) {
  Deno.test(`an upgrade that the server refuses with ${status} is refused with it by serve, and recorded`, async () => {
    const http = createServer();
    http.on(
      "upgrade",
      (_request, socket) =>
        socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 4\r\nX-Note: kept\r\n\r\nnope`),
    );
    const port = await bind(http, 0, "127.0.0.1");
    const work = await Deno.makeTempDir({ prefix: "culvert-sockets-" });
    try {
      {
        await using program = await startedCulvert(
          ["serve", "--no-local-auth", "-o", join(work, "capture"), "--base-url"].concat(
            `http://127.0.0.1:${port}/v1`,
          ),
          { env: { SHELL: "/bin/sh", CULVERT_API_KEY: KEY } },
        );
        const [, base = ""] = await program.seen("stdout", /OPENAI_BASE_URL='([^']+)'/);
        const client = new WebSocket(`${base.replace(/^http/, "ws")}/responses`);
        const answer = await new Promise<readonly unknown[]>((resolve, reject) => {
          client.once("error", reject);
          client.once("unexpected-response", (_request, response) => {
            resolve([response.statusCode, response.headers["x-note"]]);
            client.on("error", () => {});
            client.terminate();
          });
        });
        assertEquals(answer, [status, "kept"]);
        program.kill("SIGTERM");
        assertEquals(await program.end(), 0);
      }
      using capture = await loadDirectory(join(work, "capture"));
      const [exchange] = capture.exchanges;
      assertEquals([exchange?.response?.status, capture.text(exchange?.end?.body)], [status, "nope"]);
    } finally {
      await new Promise<void>((resolve) => http.close(() => resolve()));
      await Deno.remove(work, { recursive: true });
    }
  });
}
