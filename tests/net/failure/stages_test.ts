import type * as net from "node:net";
import { classify } from "../../../lib/net/failure/classify.ts";
import type { Stage } from "../../../lib/net/failure/stage.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { startProxy } from "../../support/proxy.ts";
import { dialerFor, failureOf, get, rawServer } from "../kit.ts";

const alert = (description: number) => Uint8Array.of(21, 3, 3, 0, 2, 2, description);

/** The reaction of a server to the first bytes of a TLS handshake. */
const HANDSHAKES: readonly (readonly [string, (socket: net.Socket) => void, string, string?])[] = [
  ["a reset", (socket) => socket.resetAndDestroy(), "reset"],
  ["the end of the connection", (socket) => socket.end(), "reset"],
  ["internal_error", (socket) => socket.end(alert(80)), "tls_handshake"],
  ["unrecognized_name", (socket) => socket.end(alert(112)), "tls_handshake"],
  ["no_application_protocol", (socket) => socket.end(alert(120)), "tls_handshake", "no_application_protocol"],
];

Deno.test("a handshake that is cut is a network failure over HTTP and websocket, never an internal error", async (t) => {
  for (const [name, answer, code, condition] of HANDSHAKES) {
    await t.step(name, async () => {
      await using server = await rawServer((socket) => socket.once("data", () => answer(socket)));
      using dialer = await dialerFor();
      const url = `https://localhost:${server.port}/`;
      const socket = { url: new URL(url.replace("https", "wss")), headers: {}, connectTimeoutMs: 10_000 };
      for (const attempt of [() => dialer.request(get(url)), () => dialer.openWebSocket(socket)]) {
        const error = await failureOf(attempt());
        assertEquals([error.code, error.details["condition"]], [code, condition], error.message);
      }
    });
  }
});

Deno.test("a TLS failure after the handshake is a cut connection, with each alert", () => {
  const route = { kind: "direct", reason: "test" } as const;
  const words = [
    "received fatal alert: HandshakeFailure",
    "received fatal alert: InternalError",
    "something new",
  ];
  for (const text of words) {
    for (const stage of ["upgrade", "head", "open"] as const satisfies readonly Stage[]) {
      assertEquals(classify(new Error(text), route, stage)?.code, "reset", `${stage}: ${text}`);
    }
    const sent = new TypeError("fetch failed", { cause: new Error(`client error (SendRequest): ${text}`) });
    assertEquals(classify(sent, route, "request")?.code, "reset", text);
  }
});

Deno.test("a reply that violates the limits or the grammar of HTTP is reported as invalid, and a truncated body as a cut connection", async (t) => {
  const rows = [
    ["a header line of 1 MB", `X: ${"x".repeat(1_000_000)}\r\nContent-Length: 0\r\n\r\n`, "above the limit"],
    ["300 headers", `${"X: y\r\n".repeat(300)}Content-Length: 0\r\n\r\n`, "above the limit"],
    ["two lengths", "Content-Length: 5\r\nContent-Length: 7\r\n\r\nhello", "Content-Length"],
  ] as const;
  for (const [name, rest, says] of rows) {
    await t.step(name, async () => {
      await using server = await rawServer((socket) =>
        socket.once("data", () => socket.end(`HTTP/1.1 200 OK\r\n${rest}`))
      );
      using dialer = await dialerFor();
      const error = await failureOf(dialer.request(get(`http://localhost:${server.port}/`)));
      assertIncludes(error.message, says);
      assertExcludes(error.message, "cut");
      assertEquals(error.exitStatus, 5);
    });
  }
  await t.step("the body is truncated", async () => {
    await using server = await rawServer((socket) =>
      socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhello"))
    );
    using dialer = await dialerFor();
    const reply = await dialer.request(get(`http://localhost:${server.port}/`));
    const error = await failureOf((async () => {
      while (await reply.body?.read() !== undefined);
    })());
    assertEquals(error.code, "reset");
    assertIncludes(error.message, "Lost the connection to");
  });
});

Deno.test("garbage from a tunnel is not reported as a fault of the proxy, over HTTP and websocket", async (t) => {
  for (const scheme of ["http", "socks5"] as const) {
    for (const secure of [true, false]) {
      await t.step(`${scheme}, ${secure ? "TLS" : "plain"}`, async () => {
        await using server = await rawServer((socket) =>
          socket.once("data", () => socket.end("\x00\x01garbage that is neither TLS nor HTTP\r\n\r\n"))
        );
        await using proxy = await startProxy();
        using dialer = await dialerFor({ proxy: `${scheme}://127.0.0.1:${proxy.port}` });
        const http = await failureOf(
          dialer.request(get(`${secure ? "https" : "http"}://localhost:${server.port}/`)),
        );
        const websocket = await failureOf(dialer.openWebSocket({
          url: new URL(`${secure ? "wss" : "ws"}://localhost:${server.port}/`),
          headers: {},
          connectTimeoutMs: 10_000,
        }));
        // A plain request to an HTTP proxy is no tunnel: the proxy answers it.
        const legs = scheme === "http" && !secure ? [websocket] : [http, websocket];
        for (const error of legs) {
          assertEquals(error.details["failed_at"], "target", error.message);
          assert(error.exitStatus === (secure ? 3 : 5), error.message);
          assertExcludes(error.message, "the proxy does not speak");
          assertExcludes(error.message, "at the proxy");
        }
      });
    }
  }
});
