import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { closedPort } from "../../support/closed_port.ts";
import { fromFileUrl } from "../../support/paths.ts";
import { scrubbedEnv } from "../../support/scrubbed_env.ts";

Deno.test("a run from source that cannot fetch its packages names the package, the reason and the remedy, and exits 5", async () => {
  const cache = await Deno.makeTempDir({ prefix: "culvert-cache-" });
  try {
    const registry = `http://127.0.0.1:${closedPort()}`;
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--no-check",
        "--quiet",
        fromFileUrl(new URL("../../../main.ts", import.meta.url)),
        "--help",
      ],
      clearEnv: true,
      env: scrubbedEnv({ DENO_DIR: cache, NPM_CONFIG_REGISTRY: registry, NO_COLOR: "1" }),
      stdin: "null",
    }).output();
    const message = new TextDecoder().decode(stderr);
    assertEquals(code, 5, message);
    assertIncludes(message, "Cannot fetch the npm package ");
    assertIncludes(message, "Connection refused");
    assertIncludes(message, "NODE_EXTRA_CA_CERTS");
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
});
