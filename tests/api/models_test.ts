import { listModels, modelsIn } from "../../lib/api/models.ts";
import { assertEquals } from "../support/assert.ts";
import { tokens } from "../responses/kit.ts";
import { apiRig } from "./kit.ts";

Deno.test("the list of the ChatGPT backend is sorted by priority and has its ETag", async () => {
  const models = [
    { slug: "gpt-b", priority: 2, display_name: "B", context_window: 1000 },
    { slug: "gpt-a", priority: 1, visibility: "hide" },
    { slug: "gpt-c" },
  ];
  await using rig = apiRig([() => Response.json({ models }, { headers: { etag: '"abc"' } })], {
    authenticator: tokens("chatgpt", "token-0123456789"),
  });
  const list = await listModels(rig.connection);
  assertEquals(list.etag, '"abc"');
  assertEquals(list.models.map(({ raw: _, ...model }) => model), [
    { slug: "gpt-a", visibility: "hide", priority: 1 },
    { slug: "gpt-b", displayName: "B", priority: 2, contextWindow: 1000 },
    { slug: "gpt-c" },
  ]);
  assertEquals(rig.seen[0]?.url.searchParams.get("client_version"), "0.171.0");
});

Deno.test("the list of the platform keeps its order, and an API key sends no client version", async () => {
  await using rig = apiRig([
    () => Response.json({ object: "list", data: [{ id: "z" }, { id: "a" }, { id: "z" }] }),
  ]);
  const { etag, models } = await listModels(rig.connection);
  assertEquals([etag, models.map(({ slug }) => slug)], [undefined, ["z", "a"]]);
  assertEquals(rig.seen[0]?.url.search, "");
});

Deno.test("a value that is not a model list is distinguished from an empty list", () => {
  assertEquals(modelsIn({ models: [] }), []);
  assertEquals(modelsIn({ things: [] }), undefined);
  assertEquals(modelsIn("text"), undefined);
});
