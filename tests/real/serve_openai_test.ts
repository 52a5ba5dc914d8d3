/** The SDK of the vendor (npm `openai`) as a client of `culvert serve`. */
import { assertEquals, assertIncludes } from "../support/assert.ts";
import { skippedIf } from "../support/skipped.ts";
import { serving } from "../cli/serve/kit.ts";
import { PACKAGE, runProgram, sdkMissing } from "./openai_sdk.ts";

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

Deno.test(
  skippedIf(sdkMissing, "the vendor's SDK lists models and streams an answer through serve"),
  async () => {
    await using scene = await serving({ network: { api: { scenario: { text: "Served." } } } });
    const { code, text } = await runProgram(PROGRAM, {
      OPENAI_BASE_URL: scene.baseUrl,
      OPENAI_API_KEY: scene.token,
    });
    assertEquals(code, 0, text);
    assertIncludes(text, "models true\n");
    assertIncludes(text, "text Served. true\n");
    assertIncludes(text, "stranger 401 local_auth culvert_relay\n");
    assertEquals(scene.network.api.log.turns[0]?.headers["authorization"], `Bearer ${scene.network.apiKey}`);
  },
);
