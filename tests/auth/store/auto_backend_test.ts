import type { CredentialStore } from "../../../lib/auth/store/credential_store.ts";
import { assert, assertEquals, assertIncludes } from "../../support/assert.ts";
import {
  accessToken,
  failureOf,
  filesIn,
  HOUR_MS,
  loginIn,
  loginText,
  TestAuthority,
  TestHome,
  writeRecord,
} from "../kit.ts";
import { MemoryKeyring, storesOn } from "./keyring/memory_keyring.ts";

const LOGIN = "Codex Auth";
const expired = loginText({ access: accessToken("old", Date.now() - HOUR_MS) });
const keyRecord = { auth_mode: "apikey", OPENAI_API_KEY: "sk-later" };

async function save(
  store: CredentialStore,
  raw: Readonly<Record<string, unknown>> = keyRecord,
): Promise<void> {
  await writeRecord(store, raw);
}

function refreshToken(text: string | undefined): unknown {
  return JSON.parse(text ?? "{}").tokens?.refresh_token;
}

Deno.test("auto keeps renewed tokens although the keyring fails between the request and the save", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  await using authority = new TestAuthority(() => {
    keyring.fail("locked", 1);
    const token = accessToken("new", Date.now() + 240 * HOUR_MS);
    return Response.json({ access_token: token, refresh_token: "rt-2" });
  });
  keyring.secrets.set(LOGIN, expired);
  const { auto } = await storesOn(keyring, home);
  const login = await loginIn(auto, authority.env);
  assert(await login.renew("unauthorized_recovery"));
  assertEquals([authority.seen.length, refreshToken(keyring.secrets.get(LOGIN))], [1, "rt-2"]);
});

Deno.test("auto reports that the keyring fails, not that the login was removed", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  keyring.secrets.set(LOGIN, expired);
  const { auto } = await storesOn(keyring, home);
  const login = await loginIn(auto);
  for (const problem of ["locked", "timeout"]) {
    keyring.fail(problem);
    assertEquals((await failureOf(login.reload())).details["problem"], problem);
  }
  // A login that came from the keyring is read there until the program ends.
  keyring.fail("", 0);
  assertEquals(await login.reload(), false);
});

for (const problem of ["timeout", "no_service", "not_installed"]) {
  Deno.test(`auto calls a keyring that fails with ${problem} only once`, async () => {
    const keyring = new MemoryKeyring();
    await using home = new TestHome();
    keyring.fail(problem);
    const { auto } = await storesOn(keyring, home);
    await auto.read();
    await save(auto);
    const result = await auto.lock(1_000);
    await save(auto);
    await auto.read();
    if (result.kind === "held") result.lock.release();
    assertEquals([result.kind, keyring.calls.length, auto.source.kind], ["held", 1, "file"]);
  });
}

Deno.test("a logout fails where the keyring does not answer in time", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  keyring.fail("timeout");
  home.store(JSON.stringify(keyRecord));
  const { auto } = await storesOn(keyring, home);
  await auto.read();
  assertEquals((await failureOf(auto.remove())).details["problem"], "timeout");
});

Deno.test("auto warns that the codex client still uses a former login that could not be removed", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  keyring.secrets.set(LOGIN, expired);
  keyring.fail("locked");
  const { auto, warnings } = await storesOn(keyring, home);
  await save(auto);
  assertIncludes(warnings.map(({ message }) => message).join("\n"), "the codex client uses that one first");
  keyring.fail("", 0);
  assertEquals([(await auto.read())?.apiKey, auto.source.kind], ["sk-later", "file"]);
});

Deno.test("a later login in the keyring comes before an older one in the file", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  let now = Date.now();
  const { auto } = await storesOn(keyring, home, () => now++);
  keyring.fail("locked");
  await save(auto, { auth_mode: "apikey", OPENAI_API_KEY: "sk-older" });
  const left = home.text();
  keyring.fail("", 0);
  await save(auto);
  home.store(left);
  assertEquals([(await auto.read())?.apiKey, auto.source.kind], ["sk-later", "keyring"]);
});

Deno.test("a record that the codex client rewrote is dated by its last refresh", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  const { auto } = await storesOn(keyring, home);
  await save(auto);
  const at = (ms: number) => new Date(Date.now() + ms).toISOString();
  for (const [lastRefresh, from] of [[at(-HOUR_MS), "keyring"], [at(HOUR_MS), "file"]] as const) {
    home.store(loginText({ access: accessToken("a", Date.now() + HOUR_MS), lastRefresh }));
    await auto.read();
    assertEquals(auto.source.kind, from);
  }
});

Deno.test("an auth.json that cannot be parsed is not removed after a login was saved in the keyring", async () => {
  const keyring = new MemoryKeyring();
  await using home = new TestHome();
  const foreign = '{"auth_mode":"futureMode","OPENAI_API_KEY":"sk-1"}';
  home.store(foreign);
  keyring.secrets.set(LOGIN, expired);
  const { auto, warnings } = await storesOn(keyring, home);
  await save(auto);
  assertEquals(home.text(), foreign);
  assertEquals(warnings.map(({ code }) => code), ["auth_file_left"]);
  home.store("");
  await save(auto);
  await auto.read();
  assertEquals(filesIn(home.path), []);
});
