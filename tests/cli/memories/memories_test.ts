import { startNetwork } from "../../../lib/mock/network.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

Deno.test("memories of JSON and JSON lines are printed with one paragraph per file, and --json contains both summaries", async () => {
  await using network = await startNetwork();
  const [one, two] = [join(network.directory, "one.json"), join(network.directory, "two.jsonl")];
  await Deno.writeTextFile(one, '[{"type":"message"}]');
  await Deno.writeTextFile(two, '{"type":"message"}\n\n{"type":"message"}\n');
  const text = await culvert(["memories", one, two], { env: network.env });
  assertEquals(text.stdout, "The user prefers short answers.\n\nThe user prefers short answers.\n");
  const { stdout } = await culvert(["memories", "--json", two], { env: network.env });
  const { memories, type } = JSON.parse(stdout);
  assertEquals([type, memories[0].source_path, memories[0].trace_summary], [
    "culvert.memories",
    two,
    "The session two has 2 items.",
  ]);
});

Deno.test("memories without files prints nothing and sends nothing", async () => {
  await using network = await startNetwork();
  const { code, stdout } = await culvert(["memories"], { env: network.env });
  assertEquals([code, stdout, network.api.log.all.length], [0, "", 0]);
});

Deno.test("memories of a file that is not JSON names the file", async () => {
  const { code, stderr } = await culvert(["memories", "--provider", "demo", "/etc/hostname"]);
  assertEquals(code, 2);
  assertIncludes(stderr, "Cannot use /etc/hostname: not JSON");
});
