import { askLoopback } from "../../../lib/net/dialer/loopback_ask.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { deafPort, httpServer, rawServer, worldWith } from "../kit.ts";

const ask = (port: number, limitMs = 20_000, signal?: AbortSignal) =>
  askLoopback({ port, path: "/question", body: { nonce: "n" }, limitMs }, worldWith(), signal);

Deno.test("a question on loopback is a plain post of JSON, whatever proxies are set", async () => {
  const seen: unknown[] = [];
  await using server = httpServer(async (request) => {
    seen.push([
      request.method,
      new URL(request.url).pathname,
      request.headers.get("host"),
      await request.json(),
    ]);
    return Response.json({ proof: "ä" }, { status: 201 });
  });
  const world = worldWith({ HTTP_PROXY: `http://127.0.0.1:${deafPort()}`, NO_PROXY: "" });
  const question = { port: server.port, path: "/question", body: { nonce: "n" }, limitMs: 20_000 };
  assertEquals(await askLoopback(question, world), { status: 201, text: '{"proof":"ä"}' });
  assertEquals(seen, [["POST", "/question", `127.0.0.1:${server.port}`, { nonce: "n" }]]);
});

Deno.test("whoever does not answer a question on loopback is nobody", async () => {
  assertEquals(await ask(deafPort()), undefined);
  await using silent = await rawServer((socket) => socket.resume());
  assertEquals(await ask(silent.port, 50), undefined);
  await using dumb = await rawServer((socket) => socket.end("220 mail.example ESMTP ready\r\n"));
  assertEquals(await ask(dumb.port), undefined);
  await using halting = await rawServer((socket) =>
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
  );
  assertEquals(await ask(halting.port, 50), undefined);
});

for (
  const [what, head] of [["without end", ""], ["of a terabyte", "Content-Length: 1099511627776\r\n"]] as const
) {
  Deno.test(`an answer ${what} is cut, so that it ends`, async () => {
    await using server = await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\n${head}\r\n`);
      const pour = () => {
        while (socket.writable && socket.write("x".repeat(4096)));
        if (socket.writable) socket.once("drain", pour);
      };
      pour();
    });
    const answer = await ask(server.port);
    assert(answer !== undefined && answer.text.length >= 16 * 1024 && answer.text.length < 64 * 1024);
  });
}

Deno.test("a question on loopback that is called off ends with the caller's reason", async () => {
  await using silent = await rawServer((socket) => socket.resume());
  const stop = new AbortController();
  const asked = ask(silent.port, 20_000, stop.signal).catch(String);
  stop.abort(new Error("enough"));
  assertEquals(await asked, "Error: enough");
});
