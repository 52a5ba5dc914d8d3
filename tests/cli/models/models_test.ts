import { startNetwork } from "../../../lib/mock/network.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

Deno.test("models prints a table that fits 80 columns, with the current model marked", async () => {
  const { code, stderr, stdout } = await culvert(["models", "--provider", "demo"]);
  assertEquals([code, stderr], [0, ""]);
  const lines = stdout.trimEnd().split("\n");
  assertEquals(lines[0]?.split(/ +/), ["MODEL", "CONTEXT", "REASONING"]);
  assertIncludes(stdout, "gpt-6.1-sol *");
  assert(lines.every((line) => line.length <= 80));
});

Deno.test("models caches the list of a login, and prints it offline without a request", async () => {
  await using network = await startNetwork();
  const home = network.env["CODEX_HOME"] ?? "";
  await writeLogin(home, network.api.oauth);
  const env = { ...network.env, CULVERT_API_KEY: "" };
  const json = async (...args: readonly string[]) => {
    const run = await culvert(["models", "--json", ...args], { env });
    assertEquals(run.code, 0, run.stderr);
    return JSON.parse(run.stdout);
  };
  assertEquals((await json()).source, "server");
  const cached = JSON.parse(await Deno.readTextFile(join(home, "models_cache.json")));
  assertEquals([cached.etag, cached.client_version], ['"mock-models-1"', "0.171.0"]);
  assertEquals([(await json()).source, (await json("--offline")).source], ["cache", "cache"]);
  const list = await json("--refresh");
  assertEquals([list.source, list.etag, list.models[0].slug], [
    "confirmed",
    '"mock-models-1"',
    "gpt-6.1-sol",
  ]);
  assertEquals(network.api.log.all.filter(({ path }) => path === "/v1/models").length, 2);
});

Deno.test("models with an API key prints the list of the platform", async () => {
  await using network = await startNetwork();
  const { code, stdout } = await culvert(["models"], { env: network.env });
  assertEquals([code, stdout.split("\n")[0]], [0, "MODEL"]);
  assertEquals(network.api.log.all[0]?.search, "");
});

Deno.test("models --offline without a cached list explains how to get one", async () => {
  const { code, stderr, stdout } = await culvert(["models", "--provider", "demo", "--offline", "--json"]);
  assertEquals(code, 2);
  assertIncludes(stderr, "There is no cached model list");
  assertEquals(JSON.parse(stdout).error.code, "usage");
});
