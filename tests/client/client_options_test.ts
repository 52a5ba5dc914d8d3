import { createClient } from "../../lib/mod.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import {
  assertEquals,
  assertExcludes,
  assertIncludes,
  assertRejects,
  assertThrows,
} from "../support/assert.ts";

const WORLD = { env: () => undefined };

async function mockApi(): Promise<MockApi & AsyncDisposable> {
  const api = await startMockApi();
  return Object.assign(api, { [Symbol.asyncDispose]: () => api.close() });
}

Deno.test("a program trusts a CA that it passes as PEM text", async () => {
  await using api = await mockApi();
  using client = await createClient({
    baseUrl: api.baseUrl,
    apiKey: "sk-test-0123456789",
    caCertPem: api.authority.certificate,
  }, WORLD);
  api.enqueue({ text: "Here" });
  assertEquals(await client.turn({ input: "hello" }).text(), "Here");
  assertIncludes(client.roots, "caCertPem");
});

Deno.test("errors for a program name options and not flags", async () => {
  const cases = [[{ baseUrl: "api.test" }, "the option baseUrl"], [
    { clientCertFile: "/missing.pem" },
    "the option clientCertFile",
  ]] as const;
  for (const [options, name] of cases) {
    const { hint, message } = await createClient(options, WORLD).then(() => {
      throw new Error("It was opened");
    }, asCulvertError);
    assertIncludes(message, name);
    assertExcludes(`${message}${hint}`, "--");
  }
  await using api = await mockApi();
  using client = await createClient({ baseUrl: api.baseUrl, apiKey: "sk-test-0123456789" }, WORLD);
  const error = await client.turn({ input: "hello" }).text().then(() => undefined, asCulvertError);
  assertEquals(error?.code, "tls_unknown_issuer");
  assertExcludes(error?.hint ?? "", "--ca-cert");
  assertIncludes(error?.hint ?? "", "caCertFile");
});

Deno.test("an option of another type than declared is refused by name, without its value", async () => {
  const values = {
    ...{ apiKey: 5, externalAuth: { resolve: 5 }, apiKeyFile: "", provider: null, profile: 5, model: {} },
    ...{ baseUrl: new URL("http://127.0.0.1:1/v1"), proxy: new URL("http://user:secret@127.0.0.1:1") },
    ...{ reasoningEffort: 5, transport: "ws", caCertFile: 5, caCertPem: null, clientCertFile: 5 },
    ...{ clientKeyFile: [], serverTimings: "yes", maxRetryAfterMs: NaN, attestation: 5, telemetry: 1 },
    ...{ inferenceTraces: 5, onObservation: null, onWarning: {} },
  };
  for (const name of Object.keys(values)) {
    // The values of `Reflect.get` have the type `any`, as those of a program in JavaScript.
    const error = await createClient({ [name]: Reflect.get(values, name) }, WORLD).then(() => {
      throw new Error(`${name} was accepted`);
    }, asCulvertError);
    assertEquals(error.code, "usage", name);
    assertIncludes(error.message, `The option ${name} of the client is not `);
    assertExcludes(error.message, "secret");
  }
});

Deno.test("an empty base URL is refused instead of sending the key to the default server", async () => {
  await assertRejects(createClient({ baseUrl: "", apiKey: "sk-gateway" }, WORLD), { code: "usage" });
});

Deno.test("a turn of another type than declared is refused before it is read", async () => {
  using client = await createClient({ apiKey: "sk-any" }, WORLD);
  const requests = {
    none: undefined,
    null: null,
    text: "hi",
    empty: {},
    number: { input: 5 },
    item: { input: [5] },
  };
  for (const name of Object.keys(requests)) {
    assertThrows(() => client.turn(Reflect.get(requests, name)), { code: "usage" });
  }
  const options = {
    signal: 5,
    timeoutMs: NaN,
    maxResponses: 0,
    toolFunctions: { add: 5 },
    restartAfterText: "no",
  };
  for (const name of Object.keys(options)) {
    const turn = () => client.turn({ input: "hi" }, { [name]: Reflect.get(options, name) });
    assertThrows(turn, { code: "usage" });
  }
  await assertRejects(client.models(JSON.parse('{"refresh":"sometimes"}')), { code: "usage" });
  await assertRejects(client.session().compact(Reflect.get({}, "none")), { code: "usage" });
});

Deno.test("a turn that exceeds its time limit ends with timeout, not as interrupted", async () => {
  await using api = await mockApi();
  using client = await createClient({
    baseUrl: api.baseUrl,
    apiKey: "sk-test-0123456789",
    caCertPem: api.authority.certificate,
  }, WORLD);
  api.enqueue({ ending: { kind: "stall", afterDeltas: 1 } });
  const error = await client.turn({ input: "hello" }, { timeoutMs: 300 }).text().then(
    () => undefined,
    asCulvertError,
  );
  assertEquals([error?.code, error?.exitStatus], ["timeout", 5]);
});

Deno.test("a client answers from the simulated network where config.toml or an option chooses the provider demo", async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-client-demo-" });
  try {
    await Deno.writeTextFile(`${home}/config.toml`, `model_provider = "demo"\n`);
    const env = (name: string) => name === "CODEX_HOME" ? home : undefined;
    const cases = [[{}, { env }], [{ provider: "demo" }, WORLD]] as const;
    for (const [options, world] of cases) {
      for (const transport of ["sse", "websocket"] as const) {
        await using client = await createClient({ ...options, transport }, world);
        assertEquals(client.provider, "demo");
        assertIncludes(await client.turn({ input: "hello" }).text(), "A culvert carries");
        assertEquals((await client.models()).models.length > 0, true);
      }
    }
    // `close()` must also leave nothing open, which the test runner checks.
    const closed = await createClient({ provider: "demo" }, WORLD);
    closed.close();
    await new Promise((resolve) => setTimeout(resolve, 200));
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});
