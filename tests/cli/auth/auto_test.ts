import { accessToken, HOUR_MS, loginText, TestAuthority } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { join } from "../../support/paths.ts";
import { FakeKeyring } from "./fake_secret_tool.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";

const AUTO = 'cli_auth_credentials_store = "auto"';
const KEY = "sk-proj-0123456789abcdef";
const FOREIGN = '{"auth_mode":"futureMode","OPENAI_API_KEY":"sk-future-secret"}';
const keyRecord = `{"auth_mode":"apikey","OPENAI_API_KEY":"${KEY}"}`;
const login = (refresh: string, expiresIn = HOUR_MS, extra = {}) =>
  loginText({ access: accessToken(refresh, Date.now() + expiresIn), refresh, extra });

/** A test that needs `secret-tool` as the way to the keyring. */
function onLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...skippedIf(OFF_LINUX, name), fn });
}

function renewing(): TestAuthority {
  const token = accessToken("new", Date.now() + 240 * HOUR_MS);
  return new TestAuthority(() => Response.json({ access_token: token, refresh_token: "rt-2" }));
}

for (const manner of ["unreachable", "missing", "locked"] as const) {
  onLinux(
    `a login that auto saved to the file because the keyring was ${manner} is used when the keyring works again`,
    async () => {
      await using rig = new FakeKeyring(AUTO);
      rig.keep("Codex Auth", login("rt-former"));
      const signIn = await rig.run(["auth", "login", "--api-key"], { manner, stdin: KEY });
      assertEquals(signIn.code, 0, signIn.stderr);
      assertIncludes(signIn.stderr, "the codex client uses that one first");
      const status = JSON.parse((await rig.run(["auth", "status", "--json"])).stdout);
      assertEquals([status.mode, status.source.kind], ["apikey", "file"]);
      assert(rig.entry("Codex Auth") !== undefined, "looking removes nothing");
      const again = await rig.run(["auth", "login", "--api-key"], { stdin: KEY });
      assertEquals([again.code, rig.files()], [0, []], again.stderr);
      assertIncludes(rig.entry("Codex Auth") ?? "", KEY);
    },
  );
}

onLinux("a login under auto does not overwrite an entry of the keyring that cannot be parsed", async () => {
  await using rig = new FakeKeyring(AUTO);
  rig.keep("Codex Auth", FOREIGN);
  const run = await rig.run(["auth", "login", "--api-key"], { stdin: KEY });
  assertEquals([run.code, rig.entry("Codex Auth")], [0, FOREIGN], run.stderr);
  assertEquals(rig.home.json()["OPENAI_API_KEY"], KEY);
});

onLinux("a refresh under auto does not overwrite an entry of the keyring that cannot be parsed", async () => {
  await using rig = new FakeKeyring(AUTO);
  await using authority = renewing();
  rig.keep("Codex Auth", FOREIGN);
  rig.home.store(login("rt-1", -HOUR_MS));
  const run = await rig.run(["auth", "refresh"], { env: authority.env });
  assertEquals([run.code, rig.entry("Codex Auth")], [0, FOREIGN], run.stderr);
  assertEquals(rig.home.json().tokens["refresh_token"], "rt-2");
});

onLinux("under auto an auth.json that cannot be parsed does not hide the login in the keyring", async () => {
  for (const text of ["{", FOREIGN]) {
    await using rig = new FakeKeyring(AUTO);
    rig.keep("Codex Auth", login("rt-1"));
    rig.home.store(text);
    const run = await rig.run(["auth", "status", "--json"]);
    assertEquals([run.code, JSON.parse(run.stdout).source.kind], [0, "keyring"], run.stderr);
    assertIncludes(run.stderr, "warning: ");
    assertExcludes(run.stderr, "sk-future-secret");
  }
});

for (const manner of ["missing", "unreachable", "good"] as const) {
  onLinux(
    `a logout under auto fails if auth.json cannot be removed, with a keyring that is ${manner}`,
    async () => {
      await using rig = new FakeKeyring(AUTO);
      Deno.mkdirSync(rig.home.authPath);
      Deno.writeTextFileSync(join(rig.home.authPath, "x"), "");
      const run = await rig.run(["auth", "logout"], { manner });
      assertEquals(run.code, 4, run.stderr);
      assertIncludes(run.stderr, "Cannot remove");
    },
  );
}

onLinux("a logout under auto removes auth.json, and fails if the keyring remains locked", async () => {
  await using rig = new FakeKeyring(AUTO);
  rig.keep("Codex Auth", login("rt-1"));
  rig.home.store(keyRecord);
  for (let time = 0; time < 2; time++) {
    const run = await rig.run(["auth", "logout"], { manner: "locked" });
    assertEquals([run.code, rig.files()], [4, []], run.stderr);
    assertIncludes(run.stderr, "it is locked");
  }
});

onLinux("a renewed login that secret-tool cannot store leaves no spent token in the keyring", async () => {
  await using rig = new FakeKeyring(AUTO);
  await using authority = renewing();
  rig.keep("Codex Auth", login("rt-1", -HOUR_MS, { future: "x".repeat(9_000) }));
  const run = await rig.run(["auth", "refresh"], { env: authority.env });
  assertEquals([run.code, rig.entry("Codex Auth")], [0, undefined], run.stderr);
  assertEquals(rig.home.json().tokens["refresh_token"], "rt-2");
});

interface HangRow {
  readonly store: string;
  readonly args: readonly string[];
}

const HANGS: readonly HangRow[] = [
  { store: "keyring", args: ["respond", "--transport", "sse", "hi"] },
  { store: "auto", args: ["respond", "hi"] },
  { store: "auto", args: ["respond", "--dry-run", "hi"] },
  { store: "keyring", args: ["auth", "refresh"] },
  { store: "auto", args: ["auth", "login", "--api-key"] },
  { store: "auto", args: ["auth", "login", "--device"] },
  { store: "keyring", args: ["report"] },
];

for (const { store, args } of HANGS) {
  onLinux(
    `${
      args.join(" ")
    } under "${store}" ends at SIGTERM while the keyring hangs, and ends its keyring program`,
    async () => {
      await using rig = new FakeKeyring(`cli_auth_credentials_store = "${store}"`);
      const child = await rig.startHanging(args, KEY);
      child.kill("SIGTERM");
      const { code, stderr } = await child.output();
      assertEquals(code, 143, new TextDecoder().decode(stderr));
      assertEquals(rig.hanging().length, 1);
      for (const pid of rig.hanging()) while (isAlive(pid)) await new Promise((r) => setTimeout(r, 10));
    },
  );
}

function isAlive(pid: number): boolean {
  try {
    // A process that has ended and was not waited for does not count.
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
