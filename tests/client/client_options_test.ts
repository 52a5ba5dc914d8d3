import { createClient } from "../../lib/mod.ts";
import { asCulvertError } from "../../lib/errors.ts";
import { type MockApi, startMockApi } from "../../lib/mock/api/api.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";

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

Deno.test("hints for a program name options and not flags", async () => {
  await using api = await mockApi();
  using client = await createClient({ baseUrl: api.baseUrl, apiKey: "sk-test-0123456789" }, WORLD);
  const error = await client.turn({ input: "hello" }).text().then(() => undefined, asCulvertError);
  assertEquals(error?.code, "tls_unknown_issuer");
  assertExcludes(error?.hint ?? "", "--ca-cert");
  assertIncludes(error?.hint ?? "", "caCertFile");
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
