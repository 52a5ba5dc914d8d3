import { createClient, type ExternalAuth } from "../../lib/mod.ts";
import { startNetwork } from "../../lib/testing.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";

const credential = (accessToken: string) => ({ kind: "tokens", accessToken, accountId: "acc-1" } as const);

for (const transport of ["sse", "websocket"] as const) {
  Deno.test(`a program's tokens that the server refuses over ${transport} are refreshed, and the turn succeeds`, async () => {
    const sent: string[] = [];
    const accepts = (token: string) => sent.push(token) > 0 && token === "new";
    await using network = await startNetwork({ api: { accepts } });
    const outcomes: string[] = [];
    using client = await createClient({
      transport,
      externalAuth: { resolve: () => credential("old"), refresh: () => credential("new") },
      onObservation: (seen) =>
        void (seen.kind === "recovery" && outcomes.push(`${seen.mode} ${seen.outcome}`)),
    }, network.world);
    network.api.enqueue({ text: "Hello" });
    assertEquals(await client.turn({ input: "hi" }).text(), "Hello");
    assertEquals(outcomes, ["external recovery_succeeded"]);
    assertEquals(sent, ["old", "new"]);
    const accounts = network.api.log.turns.map(({ headers }) => headers["chatgpt-account-id"]);
    assert(accounts.every((account) => account === "acc-1"), accounts.join());
  });

  Deno.test(`a program's headers reach the server over ${transport}, and no credential of the environment does`, async () => {
    await using network = await startNetwork({ api: { open: true } });
    const env = (name: string) => name === "OPENAI_API_KEY" ? "sk-of-the-user" : network.world.env(name);
    using client = await createClient({
      transport,
      externalAuth: {
        resolve: () => ({ kind: "headers", headers: { "X-Corp-Pass": "one", "X-Corp": "2" } }),
      },
    }, { ...network.world, env });
    await client.turn({ input: "hi" }).text();
    const headers = network.api.log.all.at(-1)?.headers ?? {};
    assertEquals([headers["x-corp-pass"], headers["x-corp"], headers["authorization"]], [
      "one",
      "2",
      undefined,
    ]);
    assertEquals(headers["chatgpt-account-id"], undefined);
  });
}

Deno.test("a program's credential is not written to disk, and a stored login is neither used nor changed", async () => {
  const home = await Deno.makeTempDir({ prefix: "culvert-external-" });
  try {
    await using network = await startNetwork({ api: { accepts: (token) => token === "new" } });
    const stored = '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stored"}';
    await Deno.writeTextFile(`${home}/auth.json`, stored);
    await Deno.copyFile(`${network.env["CODEX_HOME"]}/config.toml`, `${home}/config.toml`);
    const env = (name: string) => name === "CODEX_HOME" ? home : network.world.env(name);
    const externalAuth: ExternalAuth = { resolve: () => credential("old"), refresh: () => credential("new") };
    using client = await createClient({ externalAuth, transport: "sse" }, { ...network.world, env });
    await client.turn({ input: "hi" }).text();
    assertEquals(await Deno.readTextFile(`${home}/auth.json`), stored);
    for await (const { name } of Deno.readDir(home)) {
      assert(!/"(old|new)"|acc-1/.test(await Deno.readTextFile(`${home}/${name}`)), name);
    }
  } finally {
    await Deno.remove(home, { recursive: true });
  }
});

Deno.test("a key together with a program's login is refused", async () => {
  await using network = await startNetwork();
  const externalAuth: ExternalAuth = { resolve: () => credential("t") };
  await assertRejects(createClient({ apiKey: "sk-1", externalAuth }, network.world), { code: "usage" });
});
