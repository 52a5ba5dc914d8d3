/** The SDK of the vendor (npm `openai`) as a client of `culvert serve`. */
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { skippedIf } from "../support/skipped.ts";
import { serving } from "../cli/serve/kit.ts";

const PACKAGE = "npm:openai@7.57.0";

const PROGRAM = `
import OpenAI from "${PACKAGE}";
const client = new OpenAI({ maxRetries: 0 });
const models = await client.models.list();
console.log("models", models.data.length > 0);
const stream = await client.responses.create({ model: "gpt-5.2", input: "hello", stream: true });
let text = "";
const types = new Set();
for await (const event of stream) {
  types.add(event.type);
  if (event.type === "response.output_text.delta") text += event.delta;
}
console.log("text", text, types.has("response.completed"));
const stranger = new OpenAI({ apiKey: "wrong", maxRetries: 0 });
await stranger.models.list().catch((error) => console.log("stranger", error.status, error.code, error.type));
`;

/** Runs a program by this Deno, apart from the project, with the module cache only. */
async function run(
  program: string,
  env: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number; readonly text: string }> {
  const directory = await Deno.makeTempDir({ prefix: "culvert-sdk-" });
  try {
    const file = join(directory, "program.mjs");
    await Deno.writeTextFile(file, program);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "--cached-only",
        "--no-config",
        "--no-lock",
        "--node-modules-dir=none",
        file,
      ],
      env: { ...env },
      cwd: directory,
    }).output();
    return { code, text: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const isCached = (await run(`import "${PACKAGE}";`)).code === 0;
const lacks = isCached ? undefined : `${PACKAGE} is not in the module cache`;

Deno.test(skippedIf(lacks, "the vendor's SDK lists models and streams an answer through serve"), async () => {
  await using scene = await serving({ network: { api: { scenario: { text: "Served." } } } });
  const { code, text } = await run(PROGRAM, { OPENAI_BASE_URL: scene.baseUrl, OPENAI_API_KEY: scene.token });
  assertEquals(code, 0, text);
  assertIncludes(text, "models true\n");
  assertIncludes(text, "text Served. true\n");
  assertIncludes(text, "stranger 401 local_auth culvert_relay\n");
  assertEquals(scene.network.api.log.turns[0]?.headers["authorization"], `Bearer ${scene.network.apiKey}`);
});
