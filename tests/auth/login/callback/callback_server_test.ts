import {
  type CallbackServer,
  startCallbackServer,
} from "../../../../lib/auth/login/callback/callback_server.ts";
import type { SignedIn } from "../../../../lib/auth/login/login_parts.ts";
import { PendingAnswer } from "../../../../lib/auth/login/callback/pending_answer.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { TestHome, testWorld } from "../../kit.ts";

/**
 * A server as a login starts it.
 *
 * @param work what completes the login
 */
async function start(
  home: TestHome,
  extra: Partial<Parameters<typeof startCallbackServer>[0]> = {},
  work: () => Promise<SignedIn> = () => Promise.resolve({}),
) {
  const noted: string[] = [];
  const pending = new PendingAnswer();
  const started = await startCallbackServer({
    state: "s1",
    pending,
    ports: [0],
    home: home.path,
    world: testWorld(),
    note: (text) => noted.push(text),
    lingerMs: 100,
    ...extra,
  });
  assert("close" in started);
  const end = pending.complete(work).then(() => "signed in", String);
  return { server: started, pending, noted, end };
}

const callback = ({ port }: CallbackServer) =>
  fetch(`http://localhost:${port}/auth/callback?code=SECRET-CODE&state=s1`, { redirect: "manual" });

const claimOf = ({ port }: CallbackServer, home: TestHome) => join(home.path, `culvert-login-${port}.json`);

Deno.test("a port that is a stranger's gives way to the next one, and the stranger is not even asked", async () => {
  await using home = new TestHome();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let visits = 0;
  taken.accept().then((conn) => {
    visits++;
    conn.close();
  }, () => {});
  const { server } = await start(home, { ports: [taken.addr.port, 0] });
  assert(server.port !== taken.addr.port);
  await server.close();
  assertEquals(visits, 0);
});

Deno.test("the local page is waited for, a page elsewhere is not", async () => {
  await using home = new TestHome();
  // Whoever waits for what does not come would wait for ever.
  const lingerMs = 2_000_000_000;
  const hosted = await start(home, { lingerMs, successUrl: new URL("https://apps.example/") });
  const answer = await callback(hosted.server);
  assertEquals(answer.headers.get("location"), "https://apps.example/?source=login&app_brand=codex");
  await hosted.server.close();
  const local = await start(home, { lingerMs });
  const next = (await callback(local.server)).headers.get("location") ?? "";
  let isClosed = false;
  const closing = local.server.close().then(() => (isClosed = true));
  assertIncludes(await (await fetch(next)).text(), "Signed in");
  await closing;
  assertEquals([isClosed, [...Deno.readDirSync(home.path)]], [true, []]);
});

Deno.test("while a login waits a file of mode 0600 says so, and none is left when it is over", async () => {
  await using home = new TestHome();
  const { server } = await start(home);
  const path = claimOf(server, home);
  if (Deno.build.os !== "windows") assertEquals((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
  const { port, secret } = JSON.parse(Deno.readTextFileSync(path));
  assertEquals(port, server.port);
  assert(secret.length >= 43);
  await server.close();
  assertEquals([...Deno.readDirSync(home.path)], []);
});

Deno.test("of an answer the notes hold its path and four words of yes or no", async () => {
  await using home = new TestHome();
  const { server, noted } = await start(home);
  await (await fetch(`http://localhost:${server.port}/auth/callback?error=SECRET&state=SECRET`)).text();
  await (await callback(server)).body?.cancel();
  await server.close();
  assertEquals(noted, [
    "the browser came to /auth/callback; has_code: false, has_state: true, has_error: true, state_valid: false",
    "the browser came to /auth/callback; has_code: true, has_state: true, has_error: false, state_valid: true",
  ]);
  assertExcludes(noted.join(), "SECRET");
});

Deno.test("an earlier login of the same home gives way, and its port is taken", async () => {
  await using home = new TestHome();
  const first = await start(home);
  const closing = first.end.then(() => first.server.close());
  const second = await start(home, { ports: [first.server.port] });
  assertEquals(second.server.port, first.server.port);
  await closing;
  const { secret } = JSON.parse(Deno.readTextFileSync(claimOf(second.server, home)));
  assertEquals(typeof secret, "string");
  assertEquals(second.noted[0], `an earlier login gave up port ${first.server.port}`);
  await second.server.close();
});

Deno.test("a login that is being completed does not give way", async () => {
  await using home = new TestHome();
  const completed = Promise.withResolvers<SignedIn>();
  const asked = Promise.withResolvers<void>();
  const first = await start(home, {}, () => {
    asked.resolve();
    return completed.promise;
  });
  const answer = callback(first.server);
  await asked.promise;
  const second = await start(home, { ports: [first.server.port, 0] });
  assert(second.server.port !== first.server.port);
  completed.resolve({});
  await (await answer).body?.cancel();
  await Promise.all([first.server.close(), second.server.close()]);
  assertEquals(await first.end, "signed in");
});

Deno.test("a login of another home keeps its port", async () => {
  await using home = new TestHome();
  await using other = new TestHome();
  const first = await start(home);
  const second = await start(other, { ports: [first.server.port, 0] });
  assert(second.server.port !== first.server.port);
  await Promise.all([first.server.close(), second.server.close()]);
  assert(first.pending.giveUp("still waiting"));
});

for (
  const [what, answer] of [
    ["says nothing of proofs", () => new Response("Nothing here", { status: 404 })],
    ["makes up a proof", () => Response.json({ proof: "ab".repeat(32) })],
    [
      "repeats what it was sent",
      async (request: Request) => Response.json({ proof: (await request.json()).nonce }),
    ],
    [
      "redirects",
      () => new Response(null, { status: 302, headers: { location: "http://localhost/cancel" } }),
    ],
    ["sends no JSON", () => new Response("<html>")],
  ] as const
) {
  Deno.test(`a stranger that ${what}, where a login died before, learns no secret and keeps its port`, async () => {
    await using home = new TestHome();
    const seen: string[] = [];
    await using stranger = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        seen.push(`${request.method} ${new URL(request.url).pathname} ${await request.clone().text()}`);
        return await answer(request);
      },
    );
    const { port } = stranger.addr;
    const secret = "SECRET".repeat(8);
    Deno.writeTextFileSync(join(home.path, `culvert-login-${port}.json`), JSON.stringify({ port, secret }));
    const { server } = await start(home, { ports: [port, 0] });
    assert(server.port !== port);
    assertEquals(seen.map((one) => one.replace(/"[\w-]{43}"/, "…")), [
      `POST /culvert/challenge {"nonce":…}`,
    ]);
    assertExcludes(seen.join(), "SECRET");
    await server.close();
  });
}

for (
  const [what, text] of [["no JSON", "{"], ["another port", `{"port":1,"secret":"x"}`], [
    "nothing",
    "",
  ]] as const
) {
  Deno.test(`a file of a former login that holds ${what} does no harm, and is replaced`, async () => {
    await using home = new TestHome();
    const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = probe.addr;
    const path = join(home.path, `culvert-login-${port}.json`);
    Deno.writeTextFileSync(path, text);
    const beside = await start(home, { ports: [port, 0] });
    assert(beside.server.port !== port);
    await beside.server.close();
    probe.close();
    const { server } = await start(home, { ports: [port] });
    assertEquals(JSON.parse(Deno.readTextFileSync(path)).port, port);
    await server.close();
    assertEquals([...Deno.readDirSync(home.path)], []);
  });
}

Deno.test("nobody ends a login without the secret: not a page, not by an old proof, not by the holder's own", async () => {
  await using home = new TestHome();
  const { server, pending } = await start(home);
  const post = async (path: string, body: string, headers: Record<string, string> = {}) => {
    const url = `http://127.0.0.1:${server.port}/culvert/${path}`;
    const response = await fetch(url, { method: "POST", body, headers });
    return { status: response.status, text: await response.text() };
  };
  const nonce = "n".repeat(43);
  const { proof } = JSON.parse((await post("challenge", JSON.stringify({ nonce }))).text);
  const tries = [
    await post("takeover", JSON.stringify({ nonce, proof })),
    await post("takeover", JSON.stringify({ nonce, proof: "0".repeat(64) })),
    await post("takeover", JSON.stringify({ nonce }), { origin: "https://evil.example" }),
    await post("takeover", ""),
    await post("takeover", `{"nonce":"${"x".repeat(100_000)}"}`),
  ];
  assertEquals(tries.map(({ status }) => status), [403, 403, 403, 403, 403]);
  assertEquals((await post("challenge", "{}")).status, 400);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  const head =
    "POST /culvert/challenge HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  await conn.write(new TextEncoder().encode(head));
  assertIncludes(await new Response(conn.readable).text(), "HTTP/1.1 400");
  assert(pending.giveUp("still waiting"));
  await server.close();
});
