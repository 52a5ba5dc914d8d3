/** The recipes of the README, extracted from it and run as written, in a company's network with a simulated vendor. */
import { capture } from "../../lib/cli/reference/topics/capture.ts";
import { assert, assertEquals, assertIncludes, assertMatch } from "../support/assert.ts";
import { lacksNodePackages } from "../support/node_packages.ts";
import { runIn, workplace } from "../support/on_path.ts";
import { join } from "../support/paths.ts";
import { installed } from "../support/programs.ts";
import { skippedIf } from "../support/skipped.ts";
import { vendorNetwork } from "./capture_kit.ts";

const KEY = "sk-planted-0123456789abcdef";
const README = await Deno.readTextFile(new URL("../../README.md", import.meta.url));

/** The program `ask.mjs` of the recipes. */
const ASK = `
import OpenAI from "openai";
const stream = await new OpenAI({ maxRetries: 0 }).responses.create({ model: "gpt-5.2", input: "hello", stream: true });
for await (const event of stream) if (event.type === "response.output_text.delta") process.stdout.write(event.delta);
`;

/** The expected results of each recipe. */
const EXPECTED: Readonly<Record<string, (stdout: string, directory: string) => void | Promise<void>>> = {
  codex: (stdout) => {
    assertIncludes(stdout, "Recipe answered.");
    assertMatch(
      stdout,
      /\{"transport":"websocket","model":"[^"]+","first_token_ms":[\d.]+,"input_tokens":\d+/,
    );
  },
  openai: (stdout) => {
    assertIncludes(stdout, "Recipe answered.");
    assertIncludes(stdout, "curl ");
    assertIncludes(stdout, "https://api.openai.com/v1/responses");
  },
  curl: async (stdout, directory) => {
    assertIncludes(stdout, '"data"');
    const har = JSON.parse(await Deno.readTextFile(join(directory, "curl-run.har")));
    assertEquals(har.log.entries.length, 1);
  },
  replay: (stdout) => assertEquals(stdout, "Recipe answered.\nRecipe answered.\n"),
  serve: (stdout) => assertIncludes(stdout, '"data"'),
  share: async (_stdout, directory) => {
    const page = await Deno.readTextFile(join(directory, "share.html"));
    assert(!page.includes("Recipe answered") && !page.includes("Say hello"));
  },
};

const recipes = [...README.matchAll(/<!-- recipe: (\w+); needs: ?([\w ]*?) ?-->\n\n```sh\n(.*?)```/gs)]
  .map(([, name = "", needs = "", script = ""]) => ({
    name,
    needs: needs.split(" ").filter(Boolean),
    script,
  }));

Deno.test("the README has a recipe for every expectation, and no other recipe", () => {
  assertEquals(recipes.map(({ name }) => name).toSorted(), Object.keys(EXPECTED).toSorted());
});

for (const { name, needs, script } of recipes) {
  const missing: string[] = [];
  for (const program of needs) if (!await installed(program)) missing.push(program);
  const lacks = missing.length > 0
    ? `${missing.join(", ")} not installed`
    : name === "openai"
    ? await lacksNodePackages("openai")
    : undefined;
  Deno.test(skippedIf(lacks, `the recipe ${name} of the README runs as written`), async () => {
    await using vendor = await vendorNetwork("api key", { scenario: { text: "Recipe answered." } });
    const { HOME: _home, DENO_DIR: _cache, ...env } = vendor.env;
    await using place = await workplace({ ...env, OPENAI_API_KEY: KEY });
    const { directory } = place;
    if (name === "openai") {
      await Deno.writeTextFile(join(directory, "ask.mjs"), ASK);
      const packages = join(Deno.env.get("CULVERT_NODE_PACKAGES") ?? "", "node_modules");
      await Deno.symlink(packages, join(directory, "node_modules"));
    }
    const run = await runIn(place, "bash", ["-e", "-o", "pipefail", "-c", script]);
    assertEquals(run.code, 0, `${run.stdout}\n${run.stderr}`);
    await EXPECTED[name]?.(run.stdout, directory);
    assert(!run.stdout.includes(KEY) && !run.stderr.includes(KEY));
  });
}

Deno.test("help capture names the same programs as the comparison of the README", () => {
  const table = /^\| Program .*?\n\n/ms.exec(README)?.[0] ?? "";
  const programs = [...table.matchAll(/^\| ([^|`-][^|]*?) +\|/gm)].map(([, program]) => program)
    .filter((program) => program !== "Program");
  const section = capture.find(({ heading }) => heading === "What each mode covers");
  assertEquals(section?.rows?.map(([term]) => term), programs);
});
