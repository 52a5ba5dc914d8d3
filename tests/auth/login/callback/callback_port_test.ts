/** A port of loopback: on both addresses, against strangers, and left in good order. */
import { CallbackRoutes } from "../../../../lib/auth/login/callback/callback_routes.ts";
import {
  type CallbackServer,
  startCallbackServer,
} from "../../../../lib/auth/login/callback/callback_server.ts";
import { isProofOf, proofOf } from "../../../../lib/auth/login/callback/login_proof.ts";
import { PendingAnswer } from "../../../../lib/auth/login/callback/pending_answer.ts";
import { writeClaim } from "../../../../lib/auth/login/callback/port_claim.ts";
import type { World } from "../../../../lib/world/world.ts";
import { assert, assertEquals } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { TestHome, testWorld } from "../../kit.ts";
import { skippedIf, WITHOUT_IPV6 } from "../../../support/skipped.ts";

const SECRET = "s".repeat(43);
const NONCE = "n".repeat(43);
const PAUSE_MS = 100;

function start(home: TestHome, ports: readonly number[], extra: { world?: World; noted?: string[] } = {}) {
  const { world = testWorld(), noted = [] } = extra;
  return startCallbackServer({
    state: "s1",
    pending: new PendingAnswer(),
    ports,
    home: home.path,
    world,
    note: (text) => noted.push(text),
    lingerMs: 100,
  });
}

async function startOne(...given: Parameters<typeof start>): Promise<CallbackServer> {
  const started = await start(...given);
  assert("close" in started, JSON.stringify(started));
  return started;
}

/** A world in which only the pause between two tries for a port is short. */
function worldPausing(onPause: () => void): World {
  const world = testWorld();
  return {
    ...world,
    sleep: (ms, signal) => {
      // Nothing else takes so long here.
      if (ms !== PAUSE_MS) return world.sleep(60_000, signal);
      onPause();
      return world.sleep(0, signal);
    },
  };
}

/** An earlier login on 127.0.0.1 alone, which says that it goes. */
async function startHolder(home: TestHome, port = 0) {
  const pending = new PendingAnswer();
  const routes = new CallbackRoutes({ state: "s0", secret: SECRET, pending, note: () => {} });
  const server: Deno.HttpServer<Deno.NetAddr> = Deno.serve(
    { hostname: "127.0.0.1", port, onListen: () => {} },
    (request) => routes.handle(request, server.addr.port),
  );
  await writeClaim(home.path, server.addr.port, SECRET);
  const gone = pending.complete(() => Promise.resolve({})).then(() => {}, () => {});
  return { port: server.addr.port, gone, leave: () => server.shutdown() };
}

async function post(port: number, path: string, body: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/culvert/${path}`, { method: "POST", body });
  await response.body?.cancel();
  return response.status;
}

Deno.test({
  ...skippedIf(WITHOUT_IPV6, "the server is met on ::1 too, where a browser looks for localhost first"),
  fn: async () => {
    await using home = new TestHome();
    const { port, close } = await startOne(home, [0]);
    for (const host of ["127.0.0.1", "[::1]"]) {
      const response = await fetch(`http://${host}:${port}/auth/callback?code=c&state=foreign`);
      assertEquals([host, response.status, await response.text()], [
        host,
        400,
        "This answer does not belong to a login that waits for one.\n",
      ]);
    }
    await close();
    Deno.listen({ hostname: "::1", port }).close();
  },
});

Deno.test({
  ...skippedIf(
    WITHOUT_IPV6,
    "a port whose ::1 is a stranger's is in use, and what was had of it is given back",
  ),
  fn: async () => {
    await using home = new TestHome();
    using stranger = Deno.listen({ hostname: "::1", port: 0 });
    const { port } = stranger.addr;
    assertEquals(await start(home, [port]), [{ port, problem: "in use" }]);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
    const { port: other, close } = await startOne(home, [port, 0]);
    assert(other !== port);
    await close();
  },
});

Deno.test({
  ...skippedIf(WITHOUT_IPV6, "an earlier login may leave ::1 a little later than 127.0.0.1"),
  fn: async () => {
    await using home = new TestHome();
    const listener = Deno.listen({ hostname: "::1", port: 0 });
    const holder = await startHolder(home, listener.addr.port);
    const left = holder.gone.then(holder.leave);
    let pauses = 0;
    let isOpen = true;
    const world = worldPausing(() => {
      if (++pauses < 3 || !isOpen) return;
      isOpen = false;
      listener.close();
    });
    const { port, close } = await startOne(home, [holder.port], { world });
    assertEquals([port, isOpen], [holder.port, false]);
    await close();
    await left;
  },
});

Deno.test("an earlier login that promises to go and stays is not waited for without end", async () => {
  await using home = new TestHome();
  const holder = await startHolder(home);
  let pauses = 0;
  const world = worldPausing(() => {
    if (++pauses === 1_000) throw new Error("It tries for ever");
  });
  assertEquals(await start(home, [holder.port], { world }), [{ port: holder.port, problem: "in use" }]);
  assert(pauses > 0);
  await holder.gone;
  await holder.leave();
});

Deno.test("a question of more than 1,000 characters is not read, whatever it asks", async () => {
  await using home = new TestHome();
  const holder = await startHolder(home);
  const question = (length: number) => JSON.stringify({ nonce: NONCE, more: "x".repeat(length) });
  assertEquals(await post(holder.port, "challenge", question(100)), 200);
  assertEquals(await post(holder.port, "challenge", question(1_000)), 400);
  await holder.leave();
});

Deno.test("a proof is good for its port alone: one that was made for another is none", async () => {
  await using home = new TestHome();
  const holder = await startHolder(home);
  const { port } = holder;
  const proofFor = (at: number) => proofOf(SECRET, { side: "successor", port: at, nonce: NONCE });
  const takeover = async (at: number) =>
    await post(port, "takeover", JSON.stringify({ nonce: NONCE, proof: await proofFor(at) }));
  const answer = await fetch(`http://127.0.0.1:${port}/culvert/challenge`, {
    method: "POST",
    body: JSON.stringify({ nonce: NONCE }),
  });
  const { proof } = await answer.json();
  assert(await isProofOf(SECRET, { side: "holder", port, nonce: NONCE }, proof));
  assert(!await isProofOf(SECRET, { side: "holder", port: port + 1, nonce: NONCE }, proof));
  assertEquals([await takeover(port + 1), await takeover(port)], [403, 200]);
  await holder.gone;
  await holder.leave();
});

Deno.test("every answer closes its connection, so that none holds the port against the next login", async () => {
  await using home = new TestHome();
  const holder = await startHolder(home);
  const at = (path: string) => `http://127.0.0.1:${holder.port}${path}`;
  const body = (fields: Readonly<Record<string, string>>) => ({
    method: "POST",
    body: JSON.stringify(fields),
  });
  const proof = await proofOf(SECRET, { side: "successor", port: holder.port, nonce: NONCE });
  const answers = [
    await fetch(at("/auth/callback?code=c&state=foreign")),
    await fetch(at("/nothing")),
    await fetch(at("/culvert/challenge"), body({ nonce: NONCE })),
    await fetch(at("/culvert/challenge"), body({})),
    await fetch(at("/culvert/takeover"), body({ nonce: NONCE })),
    await fetch(at("/auth/callback?code=c&state=s0"), { redirect: "manual" }),
    await fetch(at("/success")),
    await fetch(at("/culvert/takeover"), body({ nonce: NONCE, proof })),
  ];
  for (const answer of answers) await answer.body?.cancel();
  assertEquals(
    answers.map(({ status, headers }) => [status, headers.get("connection")]),
    [400, 404, 200, 400, 403, 302, 200, 409].map((status) => [status, "close"]),
  );
  await holder.leave();
});

Deno.test("a file of a port that cannot be taken away is noted, and the port is left all the same", async () => {
  await using home = new TestHome();
  const noted: string[] = [];
  const { port, close } = await startOne(home, [0], { noted });
  const path = join(home.path, `culvert-login-${port}.json`);
  Deno.removeSync(path);
  Deno.mkdirSync(join(path, "full"), { recursive: true });
  await close();
  assertEquals(noted, [`the file of port ${port} stays behind: Error`]);
  Deno.listen({ hostname: "127.0.0.1", port }).close();
});

Deno.test("a file of a port that cannot be written leaves no half of it, and no secret", async () => {
  await using home = new TestHome();
  const probe = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = probe.addr;
  probe.close();
  const name = `culvert-login-${port}.json`;
  Deno.mkdirSync(join(home.path, name, "full"), { recursive: true });
  const noted: string[] = [];
  const server = await startOne(home, [port], { noted });
  assertEquals(noted.map((text) => text.replace(/: \w+$/, "")), [
    `no later login can take over port ${port}`,
  ]);
  assertEquals([...Deno.readDirSync(home.path)].map((entry) => entry.name), [name]);
  await server.close();
});
