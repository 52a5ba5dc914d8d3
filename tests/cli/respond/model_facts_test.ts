/** The effect of a turn on the cached model list, and the facts of the list in the error of a turn. */
import { type Network, startNetwork } from "../../../lib/mock/network.ts";
import { writeLogin } from "../../../lib/mock/oauth/login_file.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert, jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { unlessLacking } from "../../support/runtime_abilities.ts";

/** A network with a login, and a model list that was cached. */
async function cachedList(network: Network) {
  const home = network.env["CODEX_HOME"] ?? "";
  await writeLogin(home, network.api.oauth);
  const env = { ...network.env, CULVERT_API_KEY: "" };
  const models = async () => {
    const run = await culvert(["models", "--json"], { env });
    assertEquals(run.code, 0, run.stderr);
    return JSON.parse(run.stdout);
  };
  assertEquals((await models()).source, "server");
  return { env, models, path: join(home, "models_cache.json") };
}

const fetches = (network: Network) => network.api.log.all.filter(({ path }) => path === "/v1/models").length;

Deno.test(
  unlessLacking(
    "two turns that report another ETag of the model list cause exactly one fetch, by the next reader",
  ),
  async () => {
    await using network = await startNetwork();
    const { env, models, path } = await cachedList(network);
    const known = await culvert(["respond", "hi"], { env });
    assertEquals([known.code, known.stderr, (await models()).source], [0, "", "cache"]);
    const cached = JSON.parse(await Deno.readTextFile(path));
    await Deno.writeTextFile(path, JSON.stringify({ ...cached, etag: '"older"' }));
    for (let turn = 0; turn < 2; turn++) assertEquals((await culvert(["respond", "hi"], { env })).code, 0);
    assertEquals(fetches(network), 1);
    assertEquals([(await models()).source, (await models()).source, fetches(network)], [
      "server",
      "cache",
      2,
    ]);
    assertEquals((await culvert(["respond", "hi"], { env })).code, 0);
    assertEquals([(await models()).source, fetches(network)], ["cache", 2]);
  },
);

Deno.test(
  unlessLacking("an error about the context window reports its size and the part of it for input"),
  async () => {
    await using network = await startNetwork();
    const { env, path } = await cachedList(network);
    const cached = JSON.parse(await Deno.readTextFile(path));
    const [model] = cached.models;
    await Deno.writeTextFile(
      path,
      JSON.stringify({ ...cached, models: [{ ...model, context_window: 200_000 }] }),
    );
    const ending = { kind: "failed", code: "context_length_exceeded", message: "too long" } as const;
    network.api.enqueue({ ending }, { ending });
    const run = await culvert(["respond", "--json", "-m", model.slug, "hi"], { env });
    const result = JSON.parse(JSON.stringify(jsonLines(run.stdout).at(-1)));
    assertEquals([run.code, result.error.code], [8, "context_window"]);
    assertEquals([result.error.details.context_window, result.error.details.usable_context_window], [
      200_000,
      190_000,
    ]);
    assertIncludes(run.stderr, "190000 are for input");
    const other = await culvert(["respond", "--json", "-m", "gpt-unlisted", "hi"], { env });
    const plain = JSON.parse(JSON.stringify(jsonLines(other.stdout).at(-1)));
    assertEquals([plain.error.code, plain.error.details.context_window], ["context_window", undefined]);
  },
);
