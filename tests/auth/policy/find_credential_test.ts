import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { findCredential } from "../../../lib/auth/policy/find_credential.ts";
import type { Provider } from "../../../lib/config/provider.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { ALL_KEYS, CREDENTIAL_ROWS, sourceIn } from "./credential_rows.ts";
import { failureOf, TestHome, testProvider, testWorld } from "../kit.ts";

interface Query {
  readonly env?: Readonly<Record<string, string>>;
  readonly provider?: Partial<Provider>;
  readonly apiKeyFile?: string;
}

async function find(home: TestHome, query: Query = {}) {
  const world = testWorld(query.env);
  return await findCredential({
    provider: testProvider(query.provider),
    world,
    store: () => Promise.resolve(fileStore({ codexHome: home.path, world })),
    ...(query.apiKeyFile === undefined ? {} : { apiKeyFile: query.apiKeyFile }),
  });
}

const OPEN: Partial<Provider> = { id: "mine", name: "Mine", requiresOpenAiAuth: false };
for (const row of CREDENTIAL_ROWS) {
  Deno.test(`order of the credentials: ${row.name}`, async () => {
    await using home = new TestHome();
    if (row.stored !== undefined) home.store(row.stored);
    const keyFile = join(home.path, "key.txt");
    if (row.keyFile !== undefined) Deno.writeTextFileSync(keyFile, row.keyFile);
    const found = await find(home, {
      ...(row.env === undefined ? {} : { env: row.env }),
      ...(row.provider === undefined ? {} : { provider: row.provider.fields }),
      ...(row.keyFile === undefined ? {} : { apiKeyFile: keyFile }),
    });
    const { kind, name } = sourceIn(row, home.path);
    assertEquals([found.kind, found.source], [row.kind, { kind, name }]);
    if (found.kind === "bearer") assertEquals(found.token, row.token);
  });
}

Deno.test("without any credential the error names every way to give one", async () => {
  await using home = new TestHome();
  const error = await failureOf(find(home));
  assertEquals(error.code, "auth_missing");
  for (
    const way of [
      "culvert auth login",
      "--api-key",
      "--api-key-file",
      "CULVERT_API_KEY",
      "CODEX_API_KEY",
      "OPENAI_API_KEY",
      "CODEX_ACCESS_TOKEN",
    ]
  ) assertIncludes(error.hint ?? "", way);
});

Deno.test("a missing env_key is an error that names the variable and the configured instructions", async () => {
  await using home = new TestHome();
  const provider = { ...OPEN, envKey: "MY_KEY", envKeyInstructions: "Ask the platform team." };
  const error = await failureOf(find(home, { env: { ...ALL_KEYS, MY_KEY: " " }, provider }));
  assertEquals([error.code, error.hint], ["auth_missing", "Ask the platform team."]);
  assertIncludes(error.message, "MY_KEY");
});

Deno.test("a mode without its credential is an error that says so", async () => {
  await using home = new TestHome();
  for (const text of ['{"auth_mode":"apikey","OPENAI_API_KEY":null}', '{"auth_mode":"chatgpt"}', "{}"]) {
    home.store(text);
    assertIncludes(
      (await failureOf(find(home))).message,
      "does not contain the values that its mode requires",
    );
  }
});

Deno.test("Bedrock credentials are an error for any other provider", async () => {
  await using home = new TestHome();
  home.store('{"bedrock_api_key":{"api_key":"secret-aws","region":"us-east-1"}}');
  const error = await failureOf(find(home));
  assertIncludes(error.message, "Amazon Bedrock only");
  assert(!JSON.stringify([error.message, error.hint, error.details]).includes("secret-aws"));
});

Deno.test("an incomplete auth.json is reported as such and not as a missing login", async () => {
  await using home = new TestHome();
  home.store('{"auth_mode":');
  assertEquals((await failureOf(find(home))).code, "auth_storage");
});

Deno.test("a key file that is missing, empty or contains more than a key is refused with its path", async () => {
  await using home = new TestHome();
  const path = join(home.path, "key.txt");
  assertEquals((await failureOf(find(home, { apiKeyFile: path }))).code, "input_unreadable");
  for (const text of ["", "sk-1 sk-2", "key: sk-secret\nmore", "sk-\u00e9"]) {
    Deno.writeTextFileSync(path, text);
    const error = await failureOf(find(home, { apiKeyFile: path }));
    assertIncludes(error.message, path);
    assert(!error.message.includes("sk-"));
  }
});
