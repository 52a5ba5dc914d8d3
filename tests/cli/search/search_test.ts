import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

Deno.test("search prints the results as text, and with --json the reply", async () => {
  const text = await culvert(["search", "--provider", "demo", "what is a culvert"]);
  assertEquals([text.code, text.stderr], [0, ""]);
  assertIncludes(text.stdout, "A result for what is a culvert.\n");
  const { stdout } = await culvert(["search", "--provider", "demo", "--json", "x"]);
  const { encrypted_output, results, type } = JSON.parse(stdout);
  assertEquals([type, encrypted_output, results[0].ref_id], ["culvert.search", null, "turn0search0"]);
});

Deno.test("search sends the settings of its flags", async () => {
  await using network = await startNetwork();
  const args = ["search", "--domain", "a.example", "--recency", "7", "--context-size", "low", "-m", "m", "q"];
  const { code, stderr } = await culvert(args, { env: network.env });
  assertEquals(code, 0, stderr);
  const { id: _, ...body } = network.api.log.all[0]?.json ?? {};
  assertEquals(body, {
    model: "m",
    commands: { search_query: [{ q: "q", recency: 7, domains: ["a.example"] }] },
    settings: { search_context_size: "low" },
  });
});
