import { AuthFile } from "../../lib/auth/auth_file.ts";
import { findCredential } from "../../lib/auth/credential.ts";
import type { Provider } from "../../lib/config/provider.ts";
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { join } from "../support/paths.ts";
import { failureOf, loginText, TestHome, testProvider, testWorld } from "./kit.ts";

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
    file: new AuthFile({ codexHome: home.path, world }),
    ...(query.apiKeyFile === undefined ? {} : { apiKeyFile: query.apiKeyFile }),
  });
}

const OPEN: Partial<Provider> = { id: "mine", name: "Mine", requiresOpenAiAuth: false };
const ALL = {
  CULVERT_API_KEY: "sk-culvert",
  CODEX_API_KEY: "sk-codex",
  OPENAI_API_KEY: "sk-openai",
  CODEX_ACCESS_TOKEN: "at-token",
};

Deno.test("each source gives way to the one before it: file flag, three keys, access token, auth.json", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: "stored" }));
  const keyFile = join(home.path, "key.txt");
  Deno.writeTextFileSync(keyFile, "sk-file\n");
  const left: Record<string, string> = { ...ALL };
  const first = await find(home, { env: left, apiKeyFile: keyFile });
  assertEquals([first.kind === "bearer" && first.token, first.source.kind], ["sk-file", "flag"]);
  for (const name of ["CULVERT_API_KEY", "CODEX_API_KEY", "OPENAI_API_KEY"]) {
    const found = await find(home, { env: left });
    assertEquals([found.kind === "bearer" && found.token, found.source], [left[name], { kind: "env", name }]);
    delete left[name];
  }
  assertEquals((await find(home, { env: left })).kind, "personal_access_token");
  delete left["CODEX_ACCESS_TOKEN"];
  const stored = await find(home, { env: left });
  assertEquals([stored.kind, stored.source], ["managed", { kind: "file", name: home.authPath }]);
});

Deno.test("a blank variable counts as unset, and a value is trimmed", async () => {
  await using home = new TestHome();
  const found = await find(home, { env: { CULVERT_API_KEY: "  ", CODEX_API_KEY: " sk-1\n" } });
  assertEquals([found.kind === "bearer" && found.token, found.source.name], ["sk-1", "CODEX_API_KEY"]);
});

Deno.test("an access token without the at- prefix is an agent identity", async () => {
  await using home = new TestHome();
  assertEquals((await find(home, { env: { CODEX_ACCESS_TOKEN: "eyJ.a.b" } })).kind, "agent_identity");
});

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

Deno.test("a provider's env_key is used before any key of the user's", async () => {
  await using home = new TestHome();
  const found = await find(home, { env: { ...ALL, MY_KEY: "own" }, provider: { ...OPEN, envKey: "MY_KEY" } });
  assertEquals([found.kind === "bearer" && found.token, found.source.kind], ["own", "provider_env"]);
});

Deno.test("a missing env_key is an error that names the variable and the configured instructions", async () => {
  await using home = new TestHome();
  const provider = { ...OPEN, envKey: "MY_KEY", envKeyInstructions: "Ask the platform team." };
  const error = await failureOf(find(home, { env: { ...ALL, MY_KEY: " " }, provider }));
  assertEquals([error.code, error.hint], ["auth_missing", "Ask the platform team."]);
  assertIncludes(error.message, "MY_KEY");
});

Deno.test("a configured bearer token is used, and never named by its value", async () => {
  await using home = new TestHome();
  const found = await find(home, { env: ALL, provider: { ...OPEN, bearerToken: "literal-token" } });
  assertEquals([found.kind === "bearer" && found.token, found.source.kind], [
    "literal-token",
    "provider_token",
  ]);
  assert(!found.source.name.includes("literal-token"));
});

Deno.test("command auth replaces the user's own credential", async () => {
  await using home = new TestHome();
  const commandAuth = { command: "token", args: [], timeoutMs: 1, refreshIntervalMs: 1, cwd: "/" };
  assertEquals((await find(home, { env: ALL, provider: { ...OPEN, commandAuth } })).kind, "command");
});

Deno.test("a bare base URL takes the usual keys, and neither an access token nor auth.json", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: "stored" }));
  const provider = { id: "custom", name: "custom", requiresOpenAiAuth: false };
  const found = await find(home, { env: { OPENAI_API_KEY: "sk-openai" }, provider });
  assertEquals(found.source.name, "OPENAI_API_KEY");
  assertEquals((await find(home, { env: { CODEX_ACCESS_TOKEN: "at-1" }, provider })).kind, "none");
});

Deno.test("a provider of the user's own never receives a key that is meant for OpenAI", async () => {
  await using home = new TestHome();
  home.store(loginText({ access: "stored" }));
  assertEquals((await find(home, { env: { ...ALL, CULVERT_API_KEY: "" }, provider: OPEN })).kind, "none");
  assertEquals((await find(home, { env: ALL, provider: OPEN })).source.name, "CULVERT_API_KEY");
});

Deno.test("local model servers get no header whatever is set", async () => {
  await using home = new TestHome();
  for (const id of ["ollama", "lmstudio"]) {
    const provider = { id, name: "gpt-oss", requiresOpenAiAuth: false };
    assertEquals((await find(home, { env: ALL, provider })).kind, "none");
  }
});

Deno.test("an API key in auth.json is used, and tokens beside it are not, where no mode is named", async () => {
  await using home = new TestHome();
  const legacy = JSON.parse(loginText({ access: "stored", extra: { OPENAI_API_KEY: "sk-legacy" } }));
  delete legacy.auth_mode;
  home.store(JSON.stringify(legacy));
  const found = await find(home);
  assertEquals([found.kind === "bearer" && found.token, found.source.kind], ["sk-legacy", "file"]);
});

Deno.test("a mode without its material is no credential, and the error says so", async () => {
  await using home = new TestHome();
  for (const text of ['{"auth_mode":"apikey","OPENAI_API_KEY":null}', '{"auth_mode":"chatgpt"}', "{}"]) {
    home.store(text);
    assertIncludes((await failureOf(find(home))).message, "lacks what its mode says");
  }
});

Deno.test("Bedrock credentials are an error for any other provider", async () => {
  await using home = new TestHome();
  home.store('{"bedrock_api_key":{"api_key":"secret-aws","region":"us-east-1"}}');
  const error = await failureOf(find(home));
  assertIncludes(error.message, "Amazon Bedrock only");
  assert(!JSON.stringify([error.message, error.hint, error.details]).includes("secret-aws"));
});

Deno.test("a torn auth.json is an error of its own and not a missing login", async () => {
  await using home = new TestHome();
  home.store('{"auth_mode":');
  assertEquals((await failureOf(find(home))).code, "auth_storage");
});

Deno.test("a key file that is missing, empty or holds more than a key is refused by name", async () => {
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

Deno.test("a personal access token in auth.json needs no mode beside it", async () => {
  await using home = new TestHome();
  home.store('{"OPENAI_API_KEY":null,"personal_access_token":"at-stored"}');
  const found = await find(home);
  assertEquals([found.kind, found.source.kind], ["personal_access_token", "file"]);
});
