/** The locks of a refresh: this program's around the request, those of the codex client around the write only. */
import { acquireFileLock } from "../../../lib/files/file_lock.ts";
import { logout } from "../../../lib/auth/login/logout.ts";
import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { loginParts } from "../login/login_kit.ts";
import { accessToken, HOUR_MS, loginText, openLogin, TestAuthority, TestHome, testWorld } from "../kit.ts";

const CODEX_LOCKS = ["auth.lock", "auth.json.lock"];
const expired = () => loginText({ access: accessToken("old", Date.now() - HOUR_MS), refresh: "rt-1" });
const fresh = (name: string) => accessToken(name, Date.now() + 240 * HOUR_MS);
const answer = () => Response.json({ access_token: fresh("new"), refresh_token: "rt-2" });

/** Takes a lock as the codex client does, without waiting. */
async function take(home: TestHome, name: string) {
  return await acquireFileLock(join(home.path, name), testWorld(), 0);
}

Deno.test("during the request to the authority the locks of the codex client are free, and ours is held", async () => {
  await using home = new TestHome();
  const seen: string[] = [];
  await using authority = new TestAuthority(async () => {
    for (const name of [...CODEX_LOCKS, "culvert-auth.lock"]) {
      const result = await take(home, name);
      seen.push(`${name} ${result.kind}`);
      if (result.kind === "held") result.lock.release();
    }
    return answer();
  });
  home.store(expired());
  const { login } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals(seen, ["auth.lock held", "auth.json.lock held", "culvert-auth.lock busy"]);
  assertEquals(home.json().tokens["refresh_token"], "rt-2");
});

for (const name of CODEX_LOCKS) {
  Deno.test(`a write waits for another process that holds ${name}, and nothing is lost`, async () => {
    await using home = new TestHome();
    let isReleased = false;
    await using authority = new TestAuthority(async () => {
      const result = await take(home, name);
      assert(result.kind === "held");
      setTimeout(() => {
        isReleased = true;
        result.lock.release();
      }, 300);
      return answer();
    });
    home.store(expired());
    const { login } = await openLogin(home, { env: authority.env });
    await login.renew("unauthorized_recovery");
    assertEquals([isReleased, home.json().tokens["refresh_token"], authority.seen.length], [true, "rt-2", 1]);
  });
}

Deno.test("tokens that another program stores during our refresh stay in the store", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(() => {
    home.store(loginText({ access: fresh("theirs"), refresh: "rt-theirs" }));
    return answer();
  });
  home.store(expired());
  const { login, warnings } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals(home.json().tokens["refresh_token"], "rt-theirs");
  assertEquals([login.record.tokens?.refreshToken, warnings], ["rt-2", []]);
});

Deno.test("a login of another account that is stored during our refresh stays in the store", async () => {
  await using home = new TestHome();
  const other = loginText({ account: "acc-2", access: fresh("other"), refresh: "rt-1" });
  await using authority = new TestAuthority(() => {
    home.store(other);
    return answer();
  });
  home.store(expired());
  const { login } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals(home.text(), other);
});

Deno.test("a lock whose holder was killed is taken over immediately", async () => {
  await using home = new TestHome();
  const path = join(home.path, "culvert-auth.lock");
  const code = `
    const file = await Deno.open(${JSON.stringify(path)}, { read: true, write: true, create: true });
    await file.lock(true);
    console.log("held");
    await new Promise((resolve) => setTimeout(resolve, 60_000));`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--no-config", code],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.getReader();
  await reader.read();
  assertEquals((await take(home, "culvert-auth.lock")).kind, "busy");
  child.kill("SIGKILL");
  await child.status;
  await reader.cancel();
  const result = await take(home, "culvert-auth.lock");
  assert(result.kind === "held");
  result.lock.release();
});

Deno.test("a lock file that its last holder removed is not taken for the one at that path", async () => {
  await using home = new TestHome();
  const path = join(home.path, "lock");
  const first = await acquireFileLock(path, testWorld(), 0);
  assert(first.kind === "held");
  const waiting = acquireFileLock(path, testWorld(), 5_000);
  await new Promise((resolve) => setTimeout(resolve, 50));
  Deno.removeSync(path);
  const third = await acquireFileLock(path, testWorld(), 0);
  assert(third.kind === "held");
  first.lock.release();
  await new Promise((resolve) => setTimeout(resolve, 100));
  third.lock.release();
  const second = await waiting;
  assert(second.kind === "held");
  assertEquals((await acquireFileLock(path, testWorld(), 0)).kind, "busy");
  second.lock.release();
});

Deno.test("a logout removes its lock file", async () => {
  await using home = new TestHome();
  await using authority = new TestAuthority(answer);
  home.store(expired());
  const { login } = await openLogin(home, { env: authority.env });
  await login.renew("unauthorized_recovery");
  assertEquals([...Deno.readDirSync(home.path)].map(({ name }) => name).toSorted(), [
    "auth.json",
    "auth.json.lock",
    "auth.lock",
    "culvert-auth.lock",
  ]);
  const store = fileStore({ codexHome: home.path, world: testWorld() });
  assertEquals((await logout(loginParts(home, authority.base, { store }))).wasSignedIn, true);
  assertEquals([...Deno.readDirSync(home.path)], []);
});
