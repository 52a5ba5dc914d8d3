import {
  type ClientOptions,
  createClient,
  CulvertError,
  isMessage,
  type ResponseEvent,
  type ResponseItem,
  userMessage,
} from "../../lib/mod.ts";
import { raceAbort } from "../../lib/async/race_abort.ts";
import { sleep } from "../../lib/world/sleep.ts";
import { type MockApiOptions, modelNotFound, startMockApi, startNetwork } from "../../lib/testing.ts";
import { assert, assertEquals, assertExcludes, assertRejects, assertThrows } from "../support/assert.ts";
import { rawServer, worldWith } from "../net/kit.ts";

/** A mock API, and a world whose bundle contains its CA and whose home is empty. */
async function setUp(options: MockApiOptions = {}) {
  const home = await Deno.makeTempDir({ prefix: "culvert-client-" });
  const api = await startMockApi(options);
  const bundle = `${home}/corporate.pem`;
  await Deno.writeTextFile(bundle, api.authority.certificate);
  const world = worldWith({ CODEX_HOME: home, SSL_CERT_FILE: bundle });
  return {
    api,
    home,
    world,
    /** A client of the mock API with its own key. */
    open: (over: ClientOptions = {}) =>
      createClient({ baseUrl: api.baseUrl, apiKey: "sk-mine", ...over }, world),
    /** Resolves when the client of the latest request has left. */
    clientGone: () =>
      new Promise<void>((resolve) => {
        const gone = api.log.all.at(-1)?.clientGone;
        assert(gone !== undefined);
        if (gone.aborted) resolve();
        else gone.addEventListener("abort", () => resolve());
      }),
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

const INPUT = [userMessage("hello")];

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a program gets an answer over ${transport} with a bundle from the environment and its own key`, async () => {
    await using parts = await setUp();
    parts.api.enqueue({ text: "Hello there" });
    using client = await createClient(
      { baseUrl: parts.api.baseUrl, apiKey: "sk-mine", model: "gpt-test", transport },
      parts.world,
    );
    let text = "";
    let last: ResponseEvent | undefined;
    for await (const event of client.turn({ input: INPUT })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      last = event;
    }
    assertEquals(text, "Hello there");
    assert(last?.type === "culvert.result");
    assertEquals([last.status, last.model_requested], ["completed", "gpt-test"]);
  });
}

Deno.test("turns of one session share a connection, and the second sends only the new items", async () => {
  await using parts = await setUp();
  using client = await parts.open({ transport: "websocket" });
  using session = client.session();
  const conversation: ResponseItem[] = [];
  for (const question of ["one", "two"]) {
    conversation.push(userMessage(question));
    const turn = session.turn({ input: [...conversation] });
    assertEquals(turn.items, []);
    await turn.text();
    assert(turn.items.some(isMessage));
    conversation.push(...turn.items);
  }
  assertEquals(parts.api.handshakes(), 1);
  assertEquals(parts.api.log.turns[1]?.json?.["input"], [userMessage("two")]);
});

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`leaving the loop of a turn over ${transport} cancels it, and the server sees the disconnect`, async () => {
    await using parts = await setUp();
    using client = await parts.open({ transport });
    parts.api.enqueue({ manyDeltas: 100_000, gapMs: 1 });
    for await (const event of client.turn({ input: "hello" })) {
      if (event.type === "response.output_text.delta") break;
    }
    await parts.clientGone();
  });

  Deno.test(`an aborted signal ends a turn over ${transport} with its result, and the server sees the disconnect`, async () => {
    await using parts = await setUp();
    using client = await parts.open({ transport });
    parts.api.enqueue({ manyDeltas: 100_000, gapMs: 1 });
    const stop = new AbortController();
    let last: ResponseEvent | undefined;
    for await (const event of client.turn({ input: "hello" }, { signal: stop.signal })) {
      if (event.type === "response.output_text.delta") stop.abort();
      last = event;
    }
    assert(last?.type === "culvert.result");
    assertEquals([last.status, last.error?.code], ["interrupted", "interrupted"]);
    await parts.clientGone();
  });

  Deno.test(`a stopped turn over ${transport} does not delay the next one`, async () => {
    await using parts = await setUp();
    using client = await parts.open({ transport });
    parts.api.enqueue({ ending: { kind: "stall", afterDeltas: 1 } }, { text: "Here" });
    // Long enough for the stalled answer to begin on a busy machine.
    const stop = AbortSignal.timeout(1_500);
    await assertRejects(client.turn({ input: "hello" }, { signal: stop }).text(), { code: "timeout" });
    assertEquals(await client.turn({ input: "hello" }).text(), "Here");
  });
}

Deno.test("the text of a turn is that of the completed attempt, and rejects if no attempt completed", async () => {
  await using parts = await setUp();
  using client = await parts.open();
  parts.api.enqueue({ text: ["Half", " an"], ending: { kind: "cut", afterDeltas: 2 } }, {
    text: "A whole one",
  });
  assertEquals(await client.turn({ input: INPUT }).text(), "A whole one");
  parts.api.enqueue({ refusal: modelNotFound("gpt-0") });
  await assertRejects(client.turn({ input: INPUT }).text(), (thrown: unknown) => {
    assert(thrown instanceof CulvertError);
    return thrown.code === "not_found" && thrown.message.includes("gpt-0");
  });
});

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`an aborted turn over ${transport} does not wait for the rest of a refusal, and is interrupted`, async () => {
    const stop = new AbortController();
    await using server = await rawServer((socket) => {
      socket.once("data", () => {
        socket.write("HTTP/1.1 403 Forbidden\r\ncontent-length: 1000\r\n\r\n{");
        // The head has arrived; no more of the body does.
        setTimeout(() => stop.abort(), 200);
      });
    });
    using client = await createClient(
      { baseUrl: `http://127.0.0.1:${server.port}/v1`, apiKey: "sk-mine", transport },
      // The time limits of the body do not end.
      { ...worldWith(), home: () => "/", sleep: (ms, signal) => sleep(ms < 1_000 ? ms : Infinity, signal) },
    );
    const text = client.turn({ input: INPUT }, { signal: stop.signal }).text();
    await assertRejects(raceAbort(text, AbortSignal.timeout(10_000)), { code: "interrupted" });
  });
}

Deno.test("events that a program asks for at the same time arrive in order, and none is lost", async () => {
  await using parts = await setUp();
  parts.api.enqueue({ manyDeltas: 20 }, { manyDeltas: 20 });
  using client = await parts.open();
  // Some events are yielded once in a session.
  const turn = () => client.session().turn({ input: INPUT });
  const expected = (await Array.fromAsync(turn())).map(({ type }) => type);
  const events = turn()[Symbol.asyncIterator]();
  const types: string[] = [];
  for (let isDone = false; !isDone;) {
    for (const { done, value } of await Promise.all([events.next(), events.next(), events.next()])) {
      if (done === true) isDone = true;
      else types.push(value.type);
    }
  }
  assertEquals(types, expected);
});

Deno.test("a turn yields no event after its reader has left, also none that had arrived before", async () => {
  await using parts = await setUp();
  parts.api.enqueue({ manyDeltas: 20 }, { manyDeltas: 20 });
  using client = await parts.open();
  for (const isReading of [false, true]) {
    const events = client.turn({ input: INPUT })[Symbol.asyncIterator]();
    await events.next();
    const pending = isReading ? Array.from({ length: 100 }, () => events.next()) : [];
    await events.return?.();
    await Promise.all(pending);
    assertEquals(await events.next(), { done: true, value: undefined });
  }
});

Deno.test("a program that reads only the text of a turn has its result too, also that of a failed one", async () => {
  await using parts = await setUp();
  parts.api.enqueue({ text: "Hello there" }, { refusal: modelNotFound("gpt-0") });
  using client = await parts.open();
  const turn = client.turn({ input: INPUT });
  assertEquals([turn.result], [undefined]);
  await turn.text();
  assertEquals(turn.result?.status, "completed");
  assert((turn.result?.usage?.total_tokens ?? 0) > 0 && turn.result?.response_id !== null);
  const failed = client.turn({ input: INPUT });
  await assertRejects(failed.text(), { code: "not_found" });
  assertEquals(failed.result?.error?.code, "not_found");
});

Deno.test("a turn is read once, and a closed client starts none", async () => {
  await using parts = await setUp();
  const client = await parts.open();
  const turn = client.turn({ input: INPUT });
  await turn.text();
  await assertRejects(turn.text(), { code: "usage" });
  client.close();
  assertThrows(() => client.turn({ input: INPUT }), { code: "usage" });
});

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a turn over ${transport} that was made before its client was closed sends nothing after it`, async () => {
    await using parts = await setUp();
    const client = await parts.open({ transport });
    const turn = client.turn({ input: INPUT });
    client.close();
    await assertRejects(turn.text(), { code: "usage" });
    assertEquals(parts.api.log.all, []);
  });
}

Deno.test("a request that has no JSON is refused, over every transport and by a unary call", async () => {
  await using parts = await setUp();
  const circular: ResponseItem = { ...userMessage("hi") };
  Object.assign(circular, { content: circular });
  const large: ResponseItem = { ...userMessage("hi") };
  Object.assign(large, { content: 5n });
  for (const item of [large, circular]) {
    for (const transport of ["sse", "websocket"] as const) {
      using client = await parts.open({ transport });
      const expected = { code: "usage", message: /^The request cannot be written as JSON: [^\n]+$/ };
      await assertRejects(client.turn({ input: [item] }).text(), expected);
      await assertRejects(client.session().compact({ input: [item] }), expected);
    }
  }
  assertEquals(parts.api.log.turns, []);
});

Deno.test("a closed client starts no session, and a session of it rejects every request", async () => {
  await using parts = await setUp();
  const client = await parts.open({ transport: "websocket" });
  const session = client.session();
  client.close();
  assertThrows(() => client.session(), { code: "usage" });
  assertThrows(() => session.turn({ input: INPUT }), { code: "usage" });
  for (const request of [session.prewarm(), session.preconnect(), session.compact({ input: INPUT })]) {
    await assertRejects(request, { code: "usage" });
  }
});

Deno.test("a function that returns the key is called again after a 401, and its new key is sent once", async () => {
  await using parts = await setUp({ accepts: (token) => token === "sk-2" });
  let asked = 0;
  using client = await parts.open({ apiKey: () => `sk-${++asked}` });
  await client.turn({ input: INPUT }).text();
  const sent = () => parts.api.log.turns.map(({ headers }) => headers["authorization"]);
  assertEquals(sent(), ["Bearer sk-1", "Bearer sk-2"]);
  await assertRejects(client.turn({ input: INPUT }).text(), { code: "auth_rejected" });
  assertEquals(sent().slice(2), ["Bearer sk-3", "Bearer sk-4"]);
  using stubborn = await parts.open({ apiKey: () => Promise.resolve("sk-old") });
  await assertRejects(stubborn.turn({ input: INPUT }).text(), { code: "auth_rejected" });
  assertEquals(sent().slice(4), ["Bearer sk-old"]);
});

Deno.test("a function that fails to return a key ends the turn, and its error is passed only to the program", async () => {
  await using parts = await setUp();
  using client = await parts.open({ apiKey: () => Promise.reject(new Error("vault says sk-secret")) });
  await assertRejects(client.turn({ input: INPUT }).text(), (thrown: unknown) => {
    assert(thrown instanceof CulvertError);
    assertExcludes(JSON.stringify(thrown) + thrown.message, "sk-secret");
    return thrown.code === "auth_missing";
  });
  assertEquals(parts.api.log.turns.length, 0);
});

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`two clients over ${transport} with their own roots and routes do not influence each other`, async () => {
    await using first = await startNetwork({ host: "first.culvert.test" });
    await using second = await startNetwork({ host: "second.culvert.test" });
    await using parts = await setUp();
    using one = await createClient({ transport }, first.world);
    using other = await createClient({ transport }, second.world);
    using direct = await parts.open({ transport });
    const answer = "Mine";
    for (const { api } of [first, second, parts]) api.enqueue({ text: answer }, { text: answer });
    for (let round = 0; round < 2; round++) {
      const texts = [one, other, direct].map((client) => client.turn({ input: "hello" }).text());
      assertEquals(await Promise.all(texts), [answer, answer, answer]);
    }
    for (const { api } of [first, second, parts]) assertEquals(api.log.turns.length, 2);
    for (const { proxyEvents, baseUrl } of [first, second]) {
      const hosts = new Set(proxyEvents.flatMap((event) => event.kind === "connect" ? [event.host] : []));
      assertEquals([...hosts], [new URL(baseUrl).hostname]);
    }
    // The route of one client with the roots of the other fails, although both are known to this process.
    using stranger = await createClient(
      { transport, caCertFile: `${parts.home}/corporate.pem` },
      first.world,
    );
    await assertRejects(stranger.turn({ input: "hello" }).text(), { code: "tls_unknown_issuer" });
  });
}

Deno.test("a 401 for a program's own key is final, and the error says that nothing could be renewed", async () => {
  await using parts = await setUp();
  parts.api.enqueue({ refusal: { status: 401, body: { error: { message: "Incorrect API key" } } } });
  const outcomes: string[] = [];
  using client = await parts.open({
    onObservation: (seen) => void (seen.kind === "recovery" && outcomes.push(seen.outcome)),
  });
  let last: ResponseEvent | undefined;
  for await (const event of client.turn({ input: INPUT })) last = event;
  assert(last?.type === "culvert.result");
  assertEquals([last.error?.code, last.error?.details.recovery_reason], [
    "auth_rejected",
    "not_refreshable_auth",
  ]);
  assertEquals(outcomes, ["recovery_not_run"]);
});

Deno.test("a bundle that cannot be read is a CulvertError before anything is sent", async () => {
  await using parts = await setUp();
  await assertRejects(
    createClient({ baseUrl: parts.api.baseUrl, caCertFile: `${parts.home}/missing.pem` }, parts.world),
    (thrown: unknown) => thrown instanceof CulvertError && thrown.code === "ca_unreadable",
  );
});
