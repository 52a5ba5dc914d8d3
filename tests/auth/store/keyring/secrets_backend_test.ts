import { openSecrets, sealSecrets } from "../../../../lib/auth/store/keyring/secrets_document.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { accessToken, HOUR_MS, loginText, TestHome, writeRecord } from "../../kit.ts";
import { MemoryKeyring, storesOn } from "./memory_keyring.ts";

const LOGIN = { "global/CODEX_AUTH": '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-1"}' };
const OTHER = { "global/OTHER": "another program's" };
const PASSPHRASE = "pass";

const pathIn = (home: TestHome) => join(home.path, "secrets", "codex_auth.age");

async function keep(home: TestHome, secrets: Readonly<Record<string, string>>): Promise<void> {
  Deno.mkdirSync(join(home.path, "secrets"));
  Deno.writeFileSync(pathIn(home), await sealSecrets({ others: { version: 1 }, secrets }, PASSPHRASE));
}

async function kept(home: TestHome): Promise<Readonly<Record<string, string>> | undefined> {
  try {
    return (await openSecrets(Deno.readFileSync(pathIn(home)), PASSPHRASE, "")).secrets;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

Deno.test("a logout removes the login from the encrypted file and keeps its other secrets", async () => {
  const keyring = new MemoryKeyring();
  keyring.secrets.set("codex", PASSPHRASE);
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, OTHER]);
  assertEquals([await inSecrets.remove(), await kept(home)], [false, OTHER]);
});

Deno.test("a logout removes an encrypted file without other secrets", async () => {
  const keyring = new MemoryKeyring();
  keyring.secrets.set("codex", PASSPHRASE);
  await using home = new TestHome();
  await keep(home, LOGIN);
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, undefined]);
});

Deno.test("a logout removes an encrypted file that cannot be decrypted", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, undefined]);
});

Deno.test("auto saves in auth.json where the passphrase of the encrypted file is missing, and keeps that file", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  home.store(loginText({ access: accessToken("a", Date.now() + HOUR_MS) }));
  const { autoWithSecrets, warnings } = await storesOn(keyring, home);
  await writeRecord(autoWithSecrets, { auth_mode: "apikey", OPENAI_API_KEY: "sk-2" });
  assertEquals([home.json()["OPENAI_API_KEY"], await kept(home)], ["sk-2", { ...LOGIN, ...OTHER }]);
  assertIncludes(warnings[0]?.message ?? "", "its passphrase is not in");
});
