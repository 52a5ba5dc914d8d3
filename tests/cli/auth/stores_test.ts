import { unlessLacking } from "../../support/runtime_abilities.ts";
import { accessToken, HOUR_MS, loginText } from "../../auth/kit.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { FakeKeyring, type Manner } from "./fake_secret_tool.ts";
import { OFF_LINUX, skippedIf } from "../../support/skipped.ts";

const KEYRING = 'cli_auth_credentials_store = "keyring"';
const AUTO = 'cli_auth_credentials_store = "auto"';
const EPHEMERAL = 'cli_auth_credentials_store = "ephemeral"';
const SECRETS = `[features]\nsecret_auth_storage = true`;
const KEY = "sk-proj-0123456789abcdef";
const keyRecord = (key: string) => `{"auth_mode":"apikey","OPENAI_API_KEY":"${key}"}`;
const login = (lastRefresh: string, refresh: string) =>
  loginText({ access: accessToken(refresh, Date.now() + HOUR_MS), refresh, lastRefresh });

/** A test that needs `secret-tool` as the way to the keyring. */
function onLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...skippedIf(OFF_LINUX, name), fn });
}

Deno.test("an unknown store is a configuration error that names the known ones", async () => {
  await using rig = new FakeKeyring('cli_auth_credentials_store = "keychain"');
  const run = await rig.run(["auth", "status"]);
  assertEquals(run.code, 2);
  for (const part of ["cli_auth_credentials_store", "keyring", "ephemeral"]) assertIncludes(run.stderr, part);
});

onLinux("with the file store, given or by default, no keyring is accessed", async () => {
  for (const config of ['cli_auth_credentials_store = "file"', SECRETS, ""]) {
    await using rig = new FakeKeyring(config);
    assertEquals((await rig.run(["auth", "login", "--api-key"], { stdin: KEY })).code, 0);
    assertEquals((await rig.run(["auth", "status"])).code, 0);
    assertEquals((await rig.run(["auth", "logout"])).code, 0);
    assertEquals(rig.calls(), []);
  }
});

onLinux("with an API key in the environment no keyring is accessed", async () => {
  for (const args of [["auth", "status"], ["respond", "--dry-run", "hi"]]) {
    await using rig = new FakeKeyring(KEYRING);
    assertEquals((await rig.run(args, { env: { OPENAI_API_KEY: KEY } })).code, 0);
    assertEquals(rig.calls(), []);
  }
});

Deno.test(
  unlessLacking("the demo keeps its login in a file, with any store in the user's configuration"),
  async () => {
    await using rig = new FakeKeyring(KEYRING);
    const run = await rig.run(["respond", "--provider", "demo", "hi"]);
    assertEquals([run.code, rig.calls()], [0, []], run.stderr);
  },
);

for (const [place, config] of [["keyring", KEYRING], ["encrypted file", `${KEYRING}\n${SECRETS}`]] as const) {
  onLinux(`with the ${place} no secret is in an argument list`, async () => {
    await using rig = new FakeKeyring(config);
    const login = await rig.run(["auth", "login", "--api-key"], { stdin: KEY });
    assertEquals(login.code, 0, login.stderr);
    assertEquals((await rig.run(["auth", "status"])).code, 0);
    assertEquals((await rig.run(["auth", "logout"])).code, 0);
    const calls = rig.calls().join("\n");
    assert(calls.includes("store") && calls.includes("lookup"));
    assertExcludes(calls, KEY);
    const passphrase = rig.entry("codex");
    assertEquals(passphrase === undefined, place === "keyring");
    if (passphrase !== undefined) assertExcludes(calls, passphrase);
  });
}

onLinux(
  "the record in the keyring is compact, and a login with an API key clears the tokens in it",
  async () => {
    await using rig = new FakeKeyring(KEYRING);
    rig.keep("Codex Auth", login("2026-01-01T00:00:00Z", ""));
    assertEquals((await rig.run(["auth", "login", "--api-key"], { stdin: KEY })).code, 0);
    assertEquals(rig.entry("Codex Auth"), keyRecord(KEY));
  },
);

interface FailureRow {
  readonly manner: Manner;
  readonly args: readonly string[];
  readonly says: readonly string[];
}

const FAILURES: readonly FailureRow[] = [
  {
    manner: "missing",
    args: ["auth", "status"],
    says: ["secret-tool is not installed", "libsecret-tools"],
  },
  {
    manner: "missing",
    args: ["auth", "login", "--api-key"],
    says: ["secret-tool is not installed", 'cli_auth_credentials_store = "file"'],
  },
  {
    manner: "unreachable",
    args: ["auth", "status"],
    says: ["no keyring service is available in this session", "D-Bus session bus"],
  },
  {
    manner: "forgetful",
    args: ["auth", "login", "--api-key"],
    says: ["returned a value other than the stored one"],
  },
  { manner: "killed", args: ["auth", "status"], says: ["secret-tool ended with 137"] },
];

for (const { manner, args, says } of FAILURES) {
  onLinux(
    `${args.join(" ")} with a keyring that is ${manner} exits 4, with the reason and the remedy`,
    async () => {
      await using rig = new FakeKeyring(KEYRING);
      rig.home.store(keyRecord("sk-in-the-file"));
      const run = await rig.run(args, { manner, stdin: KEY });
      assertEquals([run.code, rig.home.text()], [4, keyRecord("sk-in-the-file")]);
      for (const part of says) assertIncludes(run.stdout + run.stderr, part);
      assertExcludes(run.stdout + run.stderr, KEY);
    },
  );
}

onLinux(
  "a logout whose read of the keyring is interrupted reports this, and not a complete logout",
  async () => {
    await using rig = new FakeKeyring(KEYRING);
    rig.keep("Codex Auth", keyRecord(KEY));
    const run = await rig.run(["auth", "logout"], { manner: "killed" });
    assertEquals([run.code, rig.entry("Codex Auth")], [4, keyRecord(KEY)]);
    assertIncludes(run.stderr, "secret-tool ended with 137");
  },
);

onLinux("an entry of the keyring that cannot be parsed is not changed", async () => {
  await using rig = new FakeKeyring(KEYRING);
  rig.keep("Codex Auth", '{"auth_mode":');
  for (const args of [["auth", "status"], ["auth", "login", "--api-key"]]) {
    const run = await rig.run(args, { stdin: KEY });
    assertEquals(run.code, 4);
    assertIncludes(run.stdout + run.stderr, "not complete JSON");
    assertEquals(rig.entry("Codex Auth"), '{"auth_mode":');
  }
});

interface AutoRow {
  readonly name: string;
  readonly entry?: string;
  readonly file?: string;
  readonly manner?: Manner;
  /** The source of the credential. */
  readonly from: "keyring" | "file" | "none";
  readonly warns?: boolean;
}

const older = login("2026-01-01T00:00:00Z", "rt-older");
const newer = login("2026-02-01T00:00:00Z", "rt-newer");
const AUTO_ROWS: readonly AutoRow[] = [
  { name: "a login in the keyring", entry: keyRecord(KEY), file: keyRecord(KEY), from: "keyring" },
  { name: "an empty keyring", file: keyRecord(KEY), from: "file" },
  { name: "an empty keyring and no file", from: "none" },
  {
    name: "a keyring that cannot be reached",
    entry: keyRecord(KEY),
    file: keyRecord(KEY),
    manner: "unreachable",
    from: "file",
    warns: true,
  },
  { name: "no keyring", file: keyRecord(KEY), manner: "missing", from: "file", warns: true },
  { name: "an entry that cannot be parsed", entry: "{", file: keyRecord(KEY), from: "file", warns: true },
  { name: "a file that was renewed later", entry: older, file: newer, from: "file" },
  { name: "a keyring that was renewed later", entry: newer, file: older, from: "keyring" },
];

for (const { name, entry, file, manner = "good", from, warns = false } of AUTO_ROWS) {
  onLinux(`auto, with ${name}, reads ${from === "none" ? "nothing" : `the ${from}`}`, async () => {
    await using rig = new FakeKeyring(AUTO);
    if (entry !== undefined) rig.keep("Codex Auth", entry);
    if (file !== undefined) rig.home.store(file);
    const run = await rig.run(["auth", "status", "--json"], { manner });
    assertEquals(JSON.parse(run.stdout).source.kind, from);
    assertEquals(run.stderr.includes("warning: "), warns, run.stderr);
    assertEquals(run.code, from === "none" ? 4 : 0);
  });
}

for (const manner of ["forgetful", "unreachable", "missing"] as const) {
  onLinux(`auto saves to the file, with a warning, if the keyring is ${manner}`, async () => {
    await using rig = new FakeKeyring(AUTO);
    const run = await rig.run(["auth", "login", "--api-key", "--json"], { manner, stdin: KEY });
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stderr, "warning: ");
    assertEquals(JSON.parse(run.stdout).path, rig.home.authPath);
    assertEquals(rig.home.json()["OPENAI_API_KEY"], KEY);
    for (const says of ["Signed out", "Not signed in"]) {
      const logout = await rig.run(["auth", "logout"], { manner });
      assertEquals([logout.code, rig.files()], [0, []], logout.stderr);
      assertIncludes(logout.stderr, says);
    }
  });
}

onLinux("if auto saves to the file, an earlier login in the keyring does not take precedence", async () => {
  await using rig = new FakeKeyring(AUTO);
  rig.keep("Codex Auth", keyRecord("sk-former-0123456789"));
  const run = await rig.run(["auth", "login", "--api-key"], { manner: "forgetful", stdin: KEY });
  assertEquals([run.code, rig.entry("Codex Auth")], [0, undefined], run.stderr);
  const status = await rig.run(["auth", "status", "--json"]);
  assertEquals(JSON.parse(status.stdout).key, "sk-proj-***bcdef");
});

Deno.test("an ephemeral login writes nothing to disk, and reports that it ends with the command", async () => {
  await using rig = new FakeKeyring(EPHEMERAL);
  const run = await rig.run(["auth", "login", "--api-key"], { stdin: KEY });
  assertEquals([run.code, rig.files()], [0, []], run.stderr);
  assertIncludes(run.stderr, "The login ends with this command");
  const status = await rig.run(["auth", "status"]);
  assertEquals(status.code, 4);
  assertIncludes(status.stdout, "ephemeral");
  assertEquals((await rig.run(["auth", "logout"])).code, 0);
  assertEquals([rig.files(), rig.calls()], [[], []]);
});

Deno.test("secret-tool runs without the keys of the environment", async () => {
  await using rig = new FakeKeyring('cli_auth_credentials_store = "keyring"');
  const env = { OPENAI_API_KEY: "sk-CANARY", MY_SECRET: "CANARY", DBUS_SESSION_BUS_ADDRESS: "unix:path=/x" };
  const run = await rig.run(["auth", "login", "--api-key"], { stdin: "sk-key-for-the-keyring", env });
  assertEquals(run.code, 0, run.stderr);
  assertExcludes(rig.environment(), "CANARY");
  assertIncludes(rig.environment(), "DBUS_SESSION_BUS_ADDRESS=unix:path=/x");
});
