import type { CredentialStore } from "../../../lib/auth/store/credential_store.ts";
import { memoryStore } from "../../../lib/auth/store/memory_backend.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import {
  accessToken,
  HOUR_MS,
  loginIn,
  loginText,
  TestAuthority,
  TestHome,
  testWorld,
  writeRecord,
} from "../kit.ts";

function open(home: TestHome): CredentialStore {
  return memoryStore({ codexHome: home.path, key: home.path, world: testWorld() });
}

Deno.test("an ephemeral login is shared by all stores of the process, and no file is created", async () => {
  await using home = new TestHome();
  await using other = new TestHome();
  assertEquals(await open(home).read(), undefined);
  await writeRecord(open(home), { auth_mode: "apikey", OPENAI_API_KEY: "sk-1" });
  assertEquals((await open(home).read())?.apiKey, "sk-1");
  assertEquals(await open(other).read(), undefined);
  assertEquals([...Deno.readDirSync(home.path)], []);
  assertEquals([await open(home).remove(), await open(home).remove()], [true, false]);
  assertEquals(await open(home).read(), undefined);
});

Deno.test("clients of one process renew an ephemeral login with one request", async () => {
  await using home = new TestHome();
  const fresh = accessToken("new", Date.now() + 240 * HOUR_MS);
  await using authority = new TestAuthority(() =>
    Response.json({ access_token: fresh, refresh_token: "rt-2" })
  );
  const expired = loginText({ access: accessToken("old", Date.now() - HOUR_MS) });
  await writeRecord(open(home), JSON.parse(expired));
  const logins = await Promise.all(Array.from({ length: 5 }, () => loginIn(open(home), authority.env)));
  const records = await Promise.all(logins.map((login) => login.current()));
  assertEquals(authority.seen.length, 1);
  assertEquals(new Set(records.map(({ tokens }) => tokens?.accessToken)), new Set([fresh]));
  assertEquals([...Deno.readDirSync(home.path)], []);
});

Deno.test("the lock of an ephemeral login has one holder, and waiting for it has a time limit", async () => {
  await using home = new TestHome();
  const first = await open(home).lock(1_000);
  assert(first.kind === "held");
  assertEquals((await open(home).lock(20)).kind, "busy");
  const waiting = open(home).lock(30_000);
  first.lock.release();
  const second = await waiting;
  assert(second.kind === "held");
  second.lock.release();
});
