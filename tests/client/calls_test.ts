import { createClient, CulvertError, userMessage } from "../../lib/mod.ts";
import { writeLogin } from "../../lib/mock/oauth/login_file.ts";
import { type Network, startNetwork } from "../../lib/testing.ts";
import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { join } from "../support/paths.ts";

/** The environment of a program with a ChatGPT login inside the network. */
async function worldWithLogin(network: Network): Promise<{ env: (name: string) => string | undefined }> {
  await writeLogin(network.env["CODEX_HOME"] ?? "", network.api.oauth);
  return { env: (name) => name === "CULVERT_API_KEY" ? undefined : network.env[name] };
}

Deno.test("a client has the model list, the usage, tasks, images, search and memories", async () => {
  await using network = await startNetwork();
  using client = await createClient({}, await worldWithLogin(network));
  assertEquals((await client.models()).models[0]?.slug, "gpt-6.1-sol");
  assertEquals((await client.models()).source, "cache");
  assertEquals((await client.usage()).planType, "plus");
  assertEquals((await client.tasks({ limit: 1 })).tasks.length, 1);
  assertEquals((await client.images({ prompt: "a river", model: "gpt-image-1" })).images.length, 1);
  assert(
    (await client.search({ commands: { search_query: [{ q: "culvert" }] } })).output.includes("culvert"),
  );
  assertEquals(await client.summarizeTraces({ traces: [] }), []);
  const searched = network.api.log.all.find(({ path }) => path.endsWith("/search"));
  assertEquals(searched?.json?.["model"], client.model);
});

Deno.test("a client uploads a file and names it in a turn", async () => {
  await using network = await startNetwork();
  using client = await createClient({ transport: "sse" }, await worldWithLogin(network));
  const path = join(network.directory, "note.txt");
  await Deno.writeTextFile(path, "hello");
  const { fileId, uri } = await client.uploadFile(path);
  assertEquals(uri, `sediment://${fileId}`);
  const content = [{ type: "input_file", file_id: fileId } as const];
  await client.turn({ input: [{ type: "message", role: "user", content }] }).text();
  assert(JSON.stringify(network.api.log.turns[0]?.json).includes(fileId));
});

Deno.test("a session compacts its conversation, and its next turn uses the next window with the state of the reply", async () => {
  await using network = await startNetwork();
  using client = await createClient({ transport: "sse" }, network.world);
  using session = client.session();
  const items = await session.compact({ input: [userMessage("hello")] });
  assertEquals(items.map(({ type }) => type), ["message", "compaction"]);
  await session.turn({ input: items }).text();
  const headers = network.api.log.turns[0]?.headers ?? {};
  assert(headers["x-codex-window-id"]?.endsWith(":1"));
  assert((headers["x-codex-turn-state"] ?? "") !== "");
});

Deno.test("a call of a closed client, and a call that needs a login, fail with a CulvertError", async () => {
  await using network = await startNetwork();
  const client = await createClient({}, network.world);
  await assertRejects(
    client.usage(),
    (error: unknown) => error instanceof CulvertError && error.code === "auth_missing",
  );
  client.close();
  await assertRejects(
    client.models(),
    (error: unknown) => error instanceof CulvertError && error.code === "usage",
  );
});
