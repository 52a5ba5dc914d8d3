/** The callback server: its ports, its routes, and how it stops. */
import {
  type CallbackServer,
  startCallbackServer,
} from "../../../../lib/auth/login/callback/callback_server.ts";
import { testWorld } from "../../kit.ts";
import { PendingAnswer } from "../../../../lib/auth/login/callback/callback_answer.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../../support/assert.ts";
import { skippedIf, WITHOUT_IPV6 } from "../../../support/skipped.ts";

/** Starts a server as a login does. Every answer completes the login. */
function start(options: { readonly ports?: readonly number[]; readonly lingerMs?: number } = {}) {
  const noted: string[] = [];
  const pending = new PendingAnswer(() => Promise.resolve({}));
  const note = (text: string) => noted.push(text);
  const { server, problems } = startCallbackServer({
    state: "s1",
    pending,
    ports: [0],
    lingerMs: 100,
    note,
    world: testWorld(),
    ...options,
  });
  const end = pending.result.then(() => "signed in", String);
  return { server, problems, pending, noted, end };
}

function startOne(options?: Parameters<typeof start>[0]) {
  const started = start(options);
  const { server } = started;
  assert(server !== undefined, JSON.stringify(started.problems));
  return { ...started, server };
}

const callback = ({ port }: CallbackServer, init: RequestInit = {}) =>
  fetch(`http://localhost:${port}/auth/callback?code=SECRET-CODE&state=s1`, { redirect: "manual", ...init });

Deno.test("a port in use is skipped and reported, and its owner receives no connection", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let connections = 0;
  taken.accept().then((conn) => {
    connections++;
    conn.close();
  }, () => {});
  const { server, problems } = startOne({ ports: [taken.addr.port, 0] });
  assertEquals(problems, [{ port: taken.addr.port, problem: "in use" }]);
  assert(server.port !== taken.addr.port);
  await server.close();
  assertEquals(connections, 0);
});

Deno.test({
  ...skippedIf(WITHOUT_IPV6, "the server listens on ::1 too, which a browser may try first for localhost"),
  fn: async () => {
    const { server } = startOne();
    for (const host of ["127.0.0.1", "[::1]"]) {
      const response = await fetch(`http://${host}:${server.port}/auth/callback?code=c&state=foreign`);
      assertEquals([host, response.status, await response.text()], [
        host,
        400,
        "No login is waiting for this answer.\n",
      ]);
    }
    await server.close();
    Deno.listen({ hostname: "::1", port: server.port }).close();
  },
});

Deno.test({
  ...skippedIf(
    WITHOUT_IPV6,
    "a port on whose ::1 another program listens is in use, and 127.0.0.1 is released",
  ),
  fn: async () => {
    using other = Deno.listen({ hostname: "::1", port: 0 });
    const { port } = other.addr;
    const { server, problems } = startOne({ ports: [port, 0] });
    assertEquals(problems, [{ port, problem: "in use" }]);
    assert(server.port !== port);
    await server.close();
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  },
});

Deno.test("close waits until the browser has loaded the success page", async () => {
  // If the page did not end the wait, the test would reach its time limit.
  const { server } = startOne({ lingerMs: 2_000_000_000 });
  const location = (await callback(server)).headers.get("location") ?? "";
  assertEquals(location, `http://localhost:${server.port}/success`);
  let isClosed = false;
  const closing = server.close().then(() => (isClosed = true));
  assertIncludes(await (await fetch(location)).text(), "Signed in");
  await closing;
  assert(isClosed);
});

Deno.test("HEAD, POST and OPTIONS on the callback do not use up the code", async () => {
  const { server, end } = startOne();
  for (const method of ["HEAD", "POST", "OPTIONS", "PUT"]) {
    const response = await callback(server, { method });
    await response.body?.cancel();
    assertEquals([method, response.status], [method, 405]);
  }
  const response = await callback(server);
  await response.body?.cancel();
  assertEquals([response.status, await end], [302, "signed in"]);
  await server.close();
});

Deno.test("a second request with the code is refused", async () => {
  const { server } = startOne();
  const statuses = [];
  for (let n = 0; n < 2; n++) {
    const response = await callback(server);
    await response.body?.cancel();
    statuses.push(response.status);
  }
  assertEquals(statuses, [302, 400]);
  await server.close();
});

Deno.test("the notes about an answer contain its path and four booleans, and no value", async () => {
  const { server, noted } = startOne();
  await (await fetch(`http://localhost:${server.port}/auth/callback?error=SECRET&state=SECRET`)).text();
  await (await callback(server)).body?.cancel();
  await server.close();
  assertEquals(noted, [
    "the browser requested /auth/callback; has_code: false, has_state: true, has_error: true, state_valid: false",
    "the browser requested /auth/callback; has_code: true, has_state: true, has_error: false, state_valid: true",
  ]);
  assertExcludes(noted.join(), "SECRET");
});

Deno.test("a request with a foreign Host header is refused", async () => {
  const { server, pending } = startOne();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const head =
    "GET /auth/callback?code=c&state=s1 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
  await conn.write(new TextEncoder().encode(head));
  assertIncludes(await new Response(conn.readable).text(), "HTTP/1.1 400");
  assert(pending.cancel("still waiting"));
  await server.close();
});

Deno.test("every reply closes its connection, so that none keeps the port from the next login", async () => {
  const { server } = startOne();
  const at = (path: string) => `http://127.0.0.1:${server.port}${path}`;
  const replies = [
    await fetch(at("/auth/callback?code=c&state=foreign")),
    await fetch(at("/nothing")),
    await fetch(at("/success")),
    await fetch(at("/cancel")),
    await callback(server),
    await fetch(at("/success")),
  ];
  for (const reply of replies) await reply.body?.cancel();
  assertEquals(
    replies.map(({ status, headers }) => [status, headers.get("connection")]),
    [400, 404, 404, 404, 302, 200].map((status) => [status, "close"]),
  );
  await server.close();
});
