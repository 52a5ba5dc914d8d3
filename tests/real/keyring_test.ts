/** The login in a real keyring: gnome-keyring on a session bus of its own. */
import { join } from "../support/paths.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../support/assert.ts";
import { jsonLines } from "../support/culvert.ts";
import { testWith } from "../support/programs.ts";
import { KeyringRig } from "./keyring_kit.ts";
import { KEYRING_PROGRAMS } from "./peers/keyring.ts";

const HOUR_MS = 3_600_000;

await testWith(
  KEYRING_PROGRAMS,
  "a login is stored in the keyring under the codex client's name, auth.json is removed, and logout removes both",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    rig.home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stale"}');
    const login = await rig.login();
    assertIncludes(login.stderr, "stored in the keyring");
    assertEquals([rig.files(), (await rig.entry())["auth_mode"]], [[], "chatgpt"]);
    assertEquals(await rig.keyring.attributes("Codex Auth"), [
      "attribute.application = rust-keyring",
      "attribute.service = Codex Auth",
      "attribute.target = default",
      `attribute.username = ${await rig.account()}`,
      "schema = org.freedesktop.Secret.Generic",
    ]);
    const { usable, source } = await rig.status();
    assertEquals([usable, source.kind], [true, "keyring"]);
    assertIncludes(source.name, await rig.account());
    rig.home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stale"}');
    const logout = await rig.culvert(["auth", "logout", "--json"]);
    assertEquals([logout.code, JSON.parse(logout.stdout)["was_signed_in"]], [0, true], logout.stderr);
    assertEquals([rig.files(), await rig.keyring.read("Codex Auth")], [[], undefined]);
    assertEquals(rig.api.oauth.revoked.length, 1);
    assertEquals((await rig.status())["usable"], false);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "a login in the keyring is used, is renewed in its place, and keeps its unknown fields",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    const expired = await rig.storeLogin(-60_000, { future_key: { kept: true } });
    await rig.answers();
    const entry = await rig.entry();
    assert(entry.tokens["access_token"] !== expired);
    assertEquals(entry["future_key"], { kept: true });
    assertEquals([rig.api.oauth.refreshCount, rig.files()], [1, []]);
    const refused = entry.tokens["access_token"] ?? "";
    rig.api.oauth.rejectAccessToken(refused);
    await rig.answers();
    assert((await rig.entry()).tokens["access_token"] !== refused);
    const refresh = await rig.culvert(["auth", "refresh", "--json"]);
    assertEquals([refresh.code, JSON.parse(refresh.stdout).source.kind], [0, "keyring"], refresh.stderr);
    assertEquals(rig.api.oauth.refreshCount, 3);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "twenty processes with one expired token in the keyring make one POST and get twenty answers",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    await rig.storeLogin(-60_000);
    await Promise.all(Array.from({ length: 20 }, () => rig.answers()));
    assertEquals(rig.api.oauth.refreshCount, 1);
    const bearers = rig.api.log.turns.map(({ headers }) => headers["authorization"]);
    const { tokens } = await rig.entry();
    assertEquals([bearers.length, ...new Set(bearers)], [20, `Bearer ${tokens["access_token"]}`]);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "a locked keyring causes a specific error in each command, and is never treated as an empty one",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    await rig.storeLogin(HOUR_MS);
    await rig.keyring.lock();
    const commands = [
      ["auth", "status", "--json"],
      ["auth", "refresh", "--json"],
      ["auth", "login", "--device", "--issuer", rig.api.origin],
      ["respond", "--json", "hi"],
      ["doctor", "--offline", "--json"],
    ];
    for (const args of commands) {
      const run = await rig.culvert(args);
      assertEquals(run.code, 4, `${args.join(" ")}: ${run.stdout}${run.stderr}`);
      for (const part of ["is locked", "Unlock the keyring", "cli_auth_credentials_store"]) {
        assertIncludes(run.stdout + run.stderr, part);
      }
    }
    assertEquals(rig.api.log.turns.length, 0);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "logout with a locked keyring removes the file, and reports what remains",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    await rig.storeLogin(HOUR_MS);
    await rig.keyring.lock();
    rig.home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stale"}');
    const run = await rig.culvert(["auth", "logout"]);
    assertEquals([run.code, rig.files()], [4, []], run.stderr);
    for (const part of ["is locked", "The login was removed from the other places"]) {
      assertIncludes(run.stderr, part);
    }
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "a login that secret-tool would truncate is refused, and the earlier one is kept",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    await rig.storeLogin(HOUR_MS);
    const before = await rig.entry();
    const stdin = `sk-${"x".repeat(9_000)}`;
    const refused = await rig.culvert(["auth", "login", "--api-key"], { stdin });
    assertEquals(refused.code, 4);
    for (const part of ["8191 bytes", "secret_auth_storage = true"]) assertIncludes(refused.stderr, part);
    assertEquals(await rig.entry(), before);
    rig.configure({ store: "keyring", inSecrets: true });
    const taken = await rig.culvert(["auth", "login", "--api-key"], { stdin });
    assertEquals(taken.code, 0, taken.stderr);
    assertEquals((await rig.status())["mode"], "apikey");
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "a login whose renewal could not be stored is not renewed: the refresh token is not spent",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    await rig.storeLogin(-60_000);
    const { length } = JSON.stringify(await rig.entry());
    await rig.storeLogin(-60_000, { padding: "x".repeat(8_100 - length) });
    const before = await rig.entry();
    const run = await rig.culvert(["auth", "refresh"]);
    assertEquals([run.code, rig.api.oauth.refreshCount], [4, 0], run.stderr);
    assertIncludes(run.stderr, "8191 bytes");
    assertEquals(await rig.entry(), before);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "the report names the keyring as source of the credential, and contains no part of it",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring" });
    const token = await rig.storeLogin(HOUR_MS);
    const run = await rig.culvert(["report", "--json"]);
    assertEquals(run.code, 0, run.stderr);
    assertIncludes(run.stdout, '"auth_credential_source": "keyring"');
    assertExcludes(run.stdout, token);
    assertExcludes(run.stdout, (await rig.entry()).tokens["refresh_token"] ?? "none");
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "an encrypted file contains the login, the keyring its passphrase, and logout removes the login and the earlier entry",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring", inSecrets: true });
    await rig.storeLogin(HOUR_MS);
    rig.home.store('{"auth_mode":"apikey","OPENAI_API_KEY":"sk-stale"}');
    await rig.login();
    const path = join(rig.home.path, "secrets", "codex_auth.age");
    assertEquals([rig.files(), (Deno.statSync(path).mode ?? 0) & 0o777], [["secrets"], 0o600]);
    const bytes = new TextDecoder().decode(Deno.readFileSync(path));
    assert(bytes.startsWith("age-encryption.org/v1\n-> scrypt "));
    assertExcludes(bytes, "access_token");
    assertEquals((await rig.keyring.read("codex"))?.length, 44);
    const answer = await rig.answers();
    assertEquals(jsonLines(answer.stdout).at(-1)?.["status"], "completed");
    const before = Deno.readFileSync(path);
    const refresh = await rig.culvert(["auth", "refresh"]);
    assertEquals(refresh.code, 0, refresh.stderr);
    assert(before.toHex() !== Deno.readFileSync(path).toHex());
    assertEquals((await rig.status()).source.kind, "keyring");
    const logout = await rig.culvert(["auth", "logout"]);
    assertEquals(logout.code, 0, logout.stderr);
    const left = [...Deno.readDirSync(join(rig.home.path, "secrets"))];
    assertEquals([left, await rig.keyring.read("Codex Auth")], [[], undefined]);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "twenty processes with one expired token in the encrypted file make one POST",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring", inSecrets: true });
    await rig.login();
    const first = await rig.culvert(["respond", "--transport", "sse", "hello"]);
    assertEquals(first.code, 0, first.stderr);
    rig.api.oauth.rejectAccessToken(
      rig.api.log.turns.at(-1)?.headers["authorization"]?.replace("Bearer ", "") ?? "",
    );
    await Promise.all(Array.from({ length: 20 }, () => rig.answers()));
    assertEquals(rig.api.oauth.refreshCount, 1);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "an encrypted file without its passphrase is reported as such, and logout removes it",
  async () => {
    await using rig = await KeyringRig.start({ store: "keyring", inSecrets: true });
    await rig.login();
    await rig.keyring.write("codex", (await rig.account()).replace("cli", "secrets"), "another passphrase");
    const other = await rig.culvert(["auth", "status"]);
    assertEquals(other.code, 4);
    assertIncludes(other.stdout, "encrypted with a passphrase other than");
    const logout = await rig.culvert(["auth", "logout"]);
    assertEquals([logout.code, (await rig.status())["code"]], [0, "auth_missing"], logout.stderr);
    await rig.login();
    assertEquals((await rig.status())["usable"], true);
  },
);

await testWith(
  KEYRING_PROGRAMS,
  "auto stores the login in the keyring if there is one, and otherwise in the file with a warning",
  async () => {
    await using rig = await KeyringRig.start({ store: "auto" });
    await rig.login();
    assertEquals([rig.files(), (await rig.status()).source.kind], [[], "keyring"]);
    const env = { DBUS_SESSION_BUS_ADDRESS: "unix:path=/nonexistent-culvert" };
    const without = ["auth", "login", "--api-key"];
    const login = await rig.culvert(without, { env, stdin: "sk-file-0123456789abcdef" });
    assertEquals([login.code, rig.files()], [0, ["auth.json"]], login.stderr);
    assertIncludes(login.stderr, "warning: ");
    assertIncludes(login.stderr, "no keyring service is available in this session");
    const status = await rig.culvert(["auth", "status", "--json"], { env });
    assertEquals(JSON.parse(status.stdout).source, { kind: "file", name: rig.home.authPath });
    const logout = await rig.culvert(["auth", "logout"], { env });
    assertEquals([logout.code, rig.files()], [0, []], logout.stderr);
    assertIncludes(logout.stderr, "no keyring service is available in this session");
  },
);
