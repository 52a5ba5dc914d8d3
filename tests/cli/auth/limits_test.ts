/** How long the program waits for an authority that cannot be reached. */
import { accessToken, HOUR_MS, loginText, TestHome } from "../../auth/kit.ts";
import { assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { blackHole } from "../../support/black_hole.ts";
import { culvert } from "../../support/culvert.ts";
import { ON_WINDOWS, skippedIf } from "../../support/skipped.ts";

// The behavior of a full queue depends on the system.

Deno.test({
  ...skippedIf(
    ON_WINDOWS,
    "a refresh at an authority that accepts no connection ends after ten seconds",
  ),
}, async () => {
  await using home = new TestHome();
  using hole = await blackHole();
  const stored = loginText({ access: accessToken("a", Date.now() + HOUR_MS) });
  home.store(stored);
  const authority = `http://127.0.0.1:${hole.port}`;
  const env = { CODEX_HOME: home.path, CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${authority}/oauth/token` };
  // A process that runs longer is killed, and has no exit status.
  const [login, device, refresh] = await Promise.all([
    culvert(["auth", "login", "--issuer", authority, "--port", "0"], { env, limitMs: 25_000 }),
    culvert(["auth", "login", "--issuer", authority, "--device"], { env, limitMs: 25_000 }),
    culvert(["auth", "refresh"], { env, limitMs: 25_000 }),
  ]);
  assertEquals([login.code, device.code, refresh.code], [5, 5, 4]);
  for (const { stderr } of [login, device, refresh]) {
    assertIncludes(stderr, "no TCP connection was made within 10 s");
  }
  assertExcludes(login.stderr, "/oauth/authorize?");
  assertEquals(home.text(), stored);
});
