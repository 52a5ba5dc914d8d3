import { type ClientOptions, createClient, type ExternalCredential } from "../../../lib/mod.ts";
import { processWorld } from "../../../lib/cli/app/process.ts";
import { type Network, startNetwork } from "../../../lib/mock/network.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";

const REAL = processWorld();
const NEVER = new Promise<ExternalCredential>(() => {});
const GIVEN: ExternalCredential = { kind: "tokens", accessToken: "refused", accountId: "account-1" };

/** Returns the result of one turn in a world where waits of ten seconds are over at once. */
async function resultOf(network: Network, own: ClientOptions, signal?: AbortSignal) {
  const waits: number[] = [];
  const sleep = (ms: number, called?: AbortSignal) => {
    if (ms === 10_000) waits.push(ms);
    // Where the caller aborts, the time limit is not tested.
    return ms === 10_000 && signal === undefined ? Promise.resolve() : REAL.sleep(ms, called);
  };
  using client = await createClient(own, { ...network.world, sleep });
  const turn = client.turn({ input: "hi" }, signal === undefined ? {} : { signal });
  for await (const event of turn) {
    if (event.type === "culvert.result") return { waits, status: event.status, error: event.error };
  }
  throw new Error("A turn without a result");
}

Deno.test("a program's resolve that never returns ends the turn after ten seconds, with its name", async () => {
  await using network = await startNetwork();
  let told: AbortSignal | undefined;
  const { error, waits } = await resultOf(network, {
    externalAuth: {
      resolve: (signal) => {
        told = signal;
        return NEVER;
      },
    },
  });
  assertEquals([error?.code, waits], ["auth_missing", [10_000]]);
  assertIncludes(
    error?.message ?? "",
    "`resolve` of the externalAuth option failed: it returned nothing within 10 s",
  );
  assertEquals([error?.details["reason"], told?.aborted], ["external_timeout", true]);
});

Deno.test("a program's refresh that never returns ends the turn after ten seconds, as transient", async () => {
  await using network = await startNetwork({ api: { accepts: () => false } });
  const { error, waits } = await resultOf(network, {
    externalAuth: { resolve: () => GIVEN, refresh: () => NEVER },
  });
  assertEquals([error?.code, error?.details["permanent"], waits], ["auth_refresh_failed", false, [10_000]]);
  assertIncludes(
    error?.message ?? "",
    "`refresh` of the externalAuth option failed: it returned nothing within 10 s",
  );
});

Deno.test("a program's resolve that never returns does not block a turn that is cancelled", async () => {
  await using network = await startNetwork();
  const stop = new AbortController();
  const resolve = () => {
    queueMicrotask(() => stop.abort());
    return NEVER;
  };
  assertEquals((await resultOf(network, { externalAuth: { resolve } }, stop.signal)).status, "interrupted");
});

Deno.test("a function that returns its value immediately starts no timer", async () => {
  await using network = await startNetwork();
  const { status, waits } = await resultOf(network, { externalAuth: { resolve: () => GIVEN } });
  assert(status === "completed");
  assertEquals(waits, []);
});

Deno.test("a program's apiKey function that never returns ends the turn after ten seconds, with its name", async () => {
  await using network = await startNetwork();
  let told: AbortSignal | undefined;
  const { error, waits } = await resultOf(network, {
    apiKey: (signal) => {
      told = signal;
      return new Promise(() => {});
    },
  });
  assertEquals([error?.code, waits, told?.aborted], ["auth_missing", [10_000], true]);
  assertIncludes(error?.message ?? "", "`apiKey` failed: it returned nothing within 10 s");
});

Deno.test("a promise of another library has the same time limit", async () => {
  await using network = await startNetwork();
  const foreign = new Promise<ExternalCredential>(() => {});
  Object.setPrototypeOf(foreign, { then: Promise.prototype.then, constructor: Promise });
  const { error, waits } = await resultOf(network, { externalAuth: { resolve: () => foreign } });
  assertEquals([error?.details["reason"], waits], ["external_timeout", [10_000]]);
});
