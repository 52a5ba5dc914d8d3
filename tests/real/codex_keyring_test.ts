/** One login in the keyring and two programs: the codex client and culvert read the entries of each other. */
import { assert, assertEquals, assertIncludes } from "../support/assert.ts";
import { testWith } from "../support/programs.ts";
import { KeyringRig, type Storage } from "./keyring_kit.ts";
import { KEYRING_PROGRAMS } from "./peers/keyring.ts";

const NEEDS = ["codex", ...KEYRING_PROGRAMS];

const PLACES: readonly (readonly [name: string, storage: Storage])[] = [
  ["the keyring", { store: "keyring" }],
  ["the encrypted file", { store: "keyring", inSecrets: true }],
  ["the keyring, chosen by auto,", { store: "auto" }],
];

for (const [place, storage] of PLACES) {
  await testWith(
    NEEDS,
    `the codex client signs in to ${place} and culvert uses, renews and removes that login`,
    async () => {
      await using rig = await KeyringRig.start(storage);
      const login = await rig.codex(["login", "--device-auth", "--experimental_issuer", rig.api.origin]);
      assertEquals(login.code, 0, login.text);
      const { usable, source } = await rig.status();
      assertEquals([usable, source.kind], [true, "keyring"]);
      await rig.answers();
      rig.api.oauth.rejectAccessToken(lastBearer(rig));
      const before = rig.api.oauth.refreshCount;
      await rig.answers();
      assertEquals(rig.api.oauth.refreshCount, before + 1);
      const renewed = lastBearer(rig);
      // It reads the login that culvert stored, not its own copy.
      await rig.codexAnswers();
      assertEquals([rig.api.oauth.refreshCount, lastBearer(rig)], [before + 1, renewed]);
      const logout = await rig.culvert(["auth", "logout"]);
      assertEquals(logout.code, 0, logout.stderr);
      assertIncludes((await rig.codex(["login", "status"])).text, "Not logged in");
    },
  );

  await testWith(
    NEEDS,
    `culvert signs in to ${place} and the codex client uses, renews and removes that login`,
    async () => {
      await using rig = await KeyringRig.start(storage);
      await rig.login();
      const status = await rig.codex(["login", "status"]);
      assertEquals(status.code, 0, status.text);
      assertIncludes(status.text, "ChatGPT");
      await rig.codexAnswers();
      rig.api.oauth.rejectAccessToken(lastBearer(rig));
      const before = rig.api.oauth.refreshCount;
      await rig.codexAnswers();
      assertEquals(rig.api.oauth.refreshCount, before + 1);
      await rig.answers();
      assertEquals(rig.api.oauth.refreshCount, before + 1);
      const logout = await rig.codex(["logout"]);
      assertEquals(logout.code, 0, logout.text);
      assertEquals([(await rig.status())["code"], rig.files().includes("auth.json")], [
        "auth_missing",
        false,
      ]);
    },
  );
}

function lastBearer(rig: KeyringRig): string {
  const bearer = rig.api.log.turns.at(-1)?.headers["authorization"] ?? "";
  assert(bearer.startsWith("Bearer "));
  return bearer.slice("Bearer ".length);
}
