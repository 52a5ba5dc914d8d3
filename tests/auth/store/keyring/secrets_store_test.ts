import { openSecrets, sealSecrets } from "../../../../lib/auth/store/keyring/secrets_document.ts";
import { assertEquals, assertIncludes } from "../../../support/assert.ts";
import { join } from "../../../support/paths.ts";
import { accessToken, HOUR_MS, loginText, TestHome } from "../../kit.ts";
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

Deno.test("a logout takes the login out of the encrypted file, and leaves what else is in it", async () => {
  const keyring = new MemoryKeyring();
  keyring.secrets.set("codex", PASSPHRASE);
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, OTHER]);
  assertEquals([await inSecrets.remove(), await kept(home)], [false, OTHER]);
});

Deno.test("a logout removes an encrypted file with nothing else in it", async () => {
  const keyring = new MemoryKeyring();
  keyring.secrets.set("codex", PASSPHRASE);
  await using home = new TestHome();
  await keep(home, LOGIN);
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, undefined]);
});

Deno.test("a logout removes an encrypted file that nobody can open", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  const { inSecrets } = await storesOn(keyring, home);
  assertEquals([await inSecrets.remove(), await kept(home)], [true, undefined]);
});

Deno.test("auto with an encrypted file whose passphrase is out of reach saves beside it and leaves it", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  await keep(home, { ...LOGIN, ...OTHER });
  home.store(loginText({ access: accessToken("a", Date.now() + HOUR_MS) }));
  const { autoWithSecrets, warnings } = await storesOn(keyring, home);
  await (await autoWithSecrets.reserve()).commit({ auth_mode: "apikey", OPENAI_API_KEY: "sk-2" });
  assertEquals([home.json()["OPENAI_API_KEY"], await kept(home)], ["sk-2", { ...LOGIN, ...OTHER }]);
  assertIncludes(warnings[0]?.message ?? "", "its passphrase is not in");
});
