import { CA } from "../../net/kit.ts";
import { countingServer } from "../../responses/transport/sse/counting_server.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

Deno.test("--repeat-from over SSE makes all of its turns over one kept connection", async () => {
  await using server = await countingServer((response) => response.end());
  const directory = await Deno.makeTempDir({ prefix: "culvert-reuse-" });
  try {
    const [bundle, prompts] = [join(directory, "ca.pem"), join(directory, "prompts.txt")];
    await Deno.writeTextFile(bundle, CA.certificate);
    await Deno.writeTextFile(prompts, "one\ntwo\nthree\nfour\n");
    const args = ["respond", "--base-url", server.baseUrl, "--transport", "sse", "-m", "gpt-test"];
    const { code, stderr } = await culvert([...args, "--repeat-from", prompts], {
      env: { CODEX_CA_CERTIFICATE: bundle, CULVERT_API_KEY: "sk-test" },
    });
    assertEquals([code, server.count.requests], [0, 4], stderr);
    // Not 1: where the machine is busy, the end of a stream may come too late for one of them.
    assert(server.count.connections < 3, `${server.count.connections} connections`);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
