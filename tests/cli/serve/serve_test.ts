/** `culvert serve` as a client meets it: requests, streams, websockets, credentials. */
import { WebSocket } from "ws";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { serving, TURN } from "./kit.ts";

Deno.test("a stream is relayed by serve with the credential, the proxy and the bundle of culvert", async () => {
  await using scene = await serving();
  const reply = await scene.fetch("/responses", TURN);
  assertEquals(reply.status, 200);
  assertIncludes(await reply.text(), '"type":"response.completed"');
  const [turn] = scene.network.api.log.turns;
  assertEquals(turn?.headers["authorization"], `Bearer ${scene.network.apiKey}`);
  assertEquals(turn?.headers["host"], "api.culvert.test");
  assertEquals(turn?.path, "/v1/responses");
  assertEquals(JSON.stringify(scene.network.api.log.all).includes(scene.token), false);
  await scene.program.seen("stderr", /POST \/v1\/responses: 200/);
  assertExcludes(scene.program.stdout() + scene.program.stderr(), scene.network.apiKey);
  assertExcludes(scene.program.stderr(), scene.token);
});

Deno.test("events are relayed by serve before the stream has ended, and the server sees that a client leaves", async () => {
  await using scene = await serving();
  scene.network.api.enqueue({ text: "one two three four", ending: { kind: "stall", afterDeltas: 2 } });
  const leave = new AbortController();
  const reply = await scene.fetch("/responses", { ...TURN, signal: leave.signal });
  let text = "";
  for await (const piece of reply.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if ((text.match(/response\.output_text\.delta/g)?.length ?? 0) >= 2) break;
  }
  leave.abort();
  const [turn] = scene.network.api.log.turns;
  await new Promise<void>((resolve) => {
    if (turn?.clientGone.aborted === true) resolve();
    turn?.clientGone.addEventListener("abort", () => resolve());
  });
});

Deno.test("a login that the server refuses is renewed, and the client sees only the answer", async () => {
  await using scene = await serving({
    env: { CULVERT_API_KEY: "" },
    prepare: async (network) =>
      void await writeLogin(join(network.directory, "home"), network.api.oauth, "rejected"),
  });
  const { network } = scene;
  const reply = await scene.fetch("/responses", TURN);
  assertEquals(reply.status, 200);
  assertIncludes(await reply.text(), '"type":"response.completed"');
  const tokens = network.api.log.turns.map(({ headers }) => headers["authorization"]);
  assertEquals(tokens.length, 2);
  assert(tokens[0] !== tokens[1]);
  const bodies = network.api.log.turns.map(({ json }) => json?.["input"]);
  assertEquals(bodies, ["hello", "hello"]);
  await scene.program.seen("stderr", /401.*refresh_token.*sent again/);
});

Deno.test("a key that the server refuses reaches the client as the server's own 401", async () => {
  await using scene = await serving({ network: { api: { accepts: () => false } } });
  const reply = await scene.fetch("/responses", TURN);
  assertEquals(reply.status, 401);
  assertIncludes(await reply.text(), "authentication token is expired");
  assertEquals(scene.network.api.log.turns.length, 1);
});

/** Opens a websocket by the `ws` package and asks for one response. */
function talk(url: string, token: string): Promise<{ readonly outcome: string; readonly deflate: boolean }> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url.replace("http:", "ws:"), {
      headers: { authorization: `Bearer ${token}` },
    });
    const late = setTimeout(() => end("timed out"), 15_000);
    const end = (outcome: string) => {
      clearTimeout(late);
      resolve({ outcome, deflate: socket.extensions.includes("permessage-deflate") });
      socket.on("error", () => {});
      socket.terminate();
    };
    socket.on(
      "open",
      () => socket.send(JSON.stringify({ type: "response.create", model: "gpt-5.2", input: [] })),
    );
    socket.on("message", (data) => {
      if (String(data).includes('"response.completed"')) end("completed");
    });
    socket.on("unexpected-response", (_request, message) => end(`refused ${message.statusCode}`));
    socket.on("error", (error) => end(error.message));
    socket.on("close", (code) => end(`closed ${code}`));
  });
}

Deno.test("a websocket is relayed by serve with its compression and with the credential of culvert", async () => {
  await using scene = await serving();
  const { outcome, deflate } = await talk(`${scene.baseUrl}/responses`, scene.token);
  assertEquals([outcome, deflate], ["completed", true]);
  assertEquals(scene.network.api.log.all[0]?.headers["authorization"], `Bearer ${scene.network.apiKey}`);
  assertEquals((await talk(`${scene.baseUrl}/responses`, "wrong")).outcome, "refused 401");
});

Deno.test("a login that the server refuses at an upgrade is also renewed", async () => {
  await using scene = await serving({
    env: { CULVERT_API_KEY: "" },
    prepare: async (network) =>
      void await writeLogin(join(network.directory, "home"), network.api.oauth, "rejected"),
  });
  assertEquals((await talk(`${scene.baseUrl}/responses`, scene.token)).outcome, "completed");
  assertEquals(scene.network.api.handshakes(), 2);
});

Deno.test("a server's refusal of an upgrade reaches the client with its status", async () => {
  await using scene = await serving();
  scene.network.api.enqueueHandshake({ kind: "refuse", refusal: { status: 426, body: "Use HTTP" } });
  assertEquals((await talk(`${scene.baseUrl}/responses`, scene.token)).outcome, "refused 426");
});

Deno.test("--no-websocket answers upgrades with 426 without asking the server", async () => {
  await using scene = await serving({ args: ["--no-websocket"] });
  assertEquals((await talk(`${scene.baseUrl}/responses`, scene.token)).outcome, "refused 426");
  assertEquals(scene.network.api.handshakes(), 0);
});

Deno.test("a server that cannot be reached causes a 502 that names the channel and the reason", async () => {
  await using scene = await serving({ env: { HTTPS_PROXY: "http://127.0.0.1:9" } });
  const reply = await scene.fetch("/responses", TURN);
  const { error } = await reply.json();
  assertEquals([reply.status, error.type, error.code], [502, "culvert_relay", "connect"]);
  assertIncludes(error.message, "channel: model");
});

Deno.test("serve without a credential exits 4 immediately", async () => {
  const { culvert } = await import("../../support/culvert.ts");
  const run = await culvert(["serve"]);
  assertEquals(run.code, 4, run.stderr);
  assertEquals(run.stdout, "");
});

Deno.test("-o records the messages of clients, without their token and without the credential of culvert", async () => {
  const directory = await Deno.makeTempDir({ prefix: "culvert-serve-" });
  try {
    const capture = join(directory, "capture");
    await using scene = await serving({ args: ["-o", capture] });
    await (await scene.fetch("/responses", TURN)).text();
    scene.program.kill("SIGTERM");
    assertEquals(await scene.program.end(), 0);
    const text = await Deno.readTextFile(join(capture, "capture.jsonl"));
    assertIncludes(text, '"kind":"sse.event"');
    assertIncludes(text, "https://api.culvert.test/v1/responses");
    assertExcludes(text, scene.token);
    assertExcludes(text, scene.network.apiKey);
    assertIncludes(scene.program.stderr(), "1 exchange recorded in");
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
