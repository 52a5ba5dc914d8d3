import { loginByBrowser } from "../../../../lib/auth/login/browser_login.ts";
import { loginByDevice } from "../../../../lib/auth/login/device_login.ts";
import { assertEquals } from "../../../support/assert.ts";
import { failureOf, TestAuthority, TestHome } from "../../kit.ts";
import { loginParts } from "../../login/login_kit.ts";
import { MemoryKeyring, storesOn } from "./memory_keyring.ts";

for (const [name, login] of [["browser", loginByBrowser], ["device", loginByDevice]] as const) {
  Deno.test(`a keyring that is too small for a ChatGPT login is reported before the ${name} login starts`, async () => {
    const keyring = new MemoryKeyring();
    keyring.limit = 4_000;
    await using home = new TestHome();
    await using authority = new TestAuthority(() => Response.json({}));
    const { inKeyring } = await storesOn(keyring, home);
    const error = await failureOf(login(loginParts(home, authority.base, { store: inKeyring })));
    assertEquals([error.details["problem"], authority.seen.length], ["too_large", 0]);
  });
}

Deno.test("a keyring that is too small for a ChatGPT login stores an API key", async () => {
  const keyring = new MemoryKeyring();
  keyring.limit = 4_000;
  await using home = new TestHome();
  const { inKeyring } = await storesOn(keyring, home);
  await inKeyring.check();
});
