import { createClient, CulvertError, type ResponseEvent, userMessage } from "../../lib/mod.ts";
import { startMockApi } from "../../lib/mock/api.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { worldWith } from "../net/kit.ts";

/** A mock API, and a world whose bundle holds its CA and whose home is empty. */
async function setUp() {
  const home = await Deno.makeTempDir({ prefix: "culvert-client-" });
  const api = await startMockApi();
  const bundle = `${home}/corporate.pem`;
  await Deno.writeTextFile(bundle, api.authority.certificate);
  const world = worldWith({ CODEX_HOME: home, SSL_CERT_FILE: bundle });
  return {
    api,
    home,
    world,
    [Symbol.asyncDispose]: async () => {
      await api.close();
      await Deno.remove(home, { recursive: true });
    },
  };
}

const INPUT = [userMessage("hello")];

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a program gets an answer over ${transport} with a bundle from the environment and a key of its own`, async () => {
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

Deno.test("turns of one session share a connection; leaving the loop of one cancels it", async () => {
  await using parts = await setUp();
  using client = await createClient(
    { baseUrl: parts.api.baseUrl, apiKey: "sk-mine", transport: "websocket" },
    parts.world,
  );
  using session = client.session();
  for (let turn = 0; turn < 2; turn++) {
    for await (const event of session.turn({ input: INPUT })) {
      assert(event.type !== "culvert.result" || event.status === "completed");
    }
  }
  assertEquals(parts.api.handshakes(), 1);
  parts.api.enqueue({ manyDeltas: 100_000, gapMs: 1 });
  for await (const event of session.turn({ input: INPUT })) {
    if (event.type === "response.output_text.delta") break;
  }
  const [, , third] = parts.api.log.all;
  await new Promise<void>((resolve) => {
    if (third?.clientGone.aborted !== false) return resolve();
    third.clientGone.addEventListener("abort", () => resolve());
  });
});

Deno.test("a 401 for a key of the program's own stands, and says that nothing could be renewed", async () => {
  await using parts = await setUp();
  parts.api.enqueue({ refusal: { status: 401, body: { error: { message: "Incorrect API key" } } } });
  using client = await createClient({ baseUrl: parts.api.baseUrl, apiKey: "sk-mine" }, parts.world);
  let last: ResponseEvent | undefined;
  for await (const event of client.turn({ input: INPUT })) last = event;
  assert(last?.type === "culvert.result");
  assertEquals([last.error?.code, last.error?.details.recovery_reason], [
    "auth_rejected",
    "not_refreshable_auth",
  ]);
});

Deno.test("a bundle that cannot be read is an error of the family before anything is sent", async () => {
  await using parts = await setUp();
  await assertRejects(
    createClient({ baseUrl: parts.api.baseUrl, caCertFile: `${parts.home}/missing.pem` }, parts.world),
    (thrown: unknown) => thrown instanceof CulvertError && thrown.code === "ca_unreadable",
  );
});
