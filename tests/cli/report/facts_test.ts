import { Secrets } from "../../../lib/redaction/secrets.ts";
import { fileStore } from "../../../lib/auth/store/auth_file.ts";
import { createAuthenticator } from "../../../lib/connect/create_authenticator.ts";
import { authStatus } from "../../../lib/auth/policy/status.ts";
import { buildReport } from "../../../lib/cli/report/build_report.ts";
import { loadSettings } from "../../../lib/config/load_settings.ts";
import { SILENT } from "../../../lib/net/observer.ts";
import { VERSION } from "../../../lib/version.ts";
import { TestHome, testWorld } from "../../auth/kit.ts";
import { dialerFor } from "../../net/kit.ts";
import { assertEquals } from "../../support/assert.ts";

/** A report of nothing but these tags. */
async function reportWith(tags: Readonly<Record<string, string>>) {
  await using home = new TestHome();
  const world = testWorld({ CODEX_HOME: home.path });
  const settings = await loadSettings({}, world);
  const dialer = await dialerFor();
  const authenticator = createAuthenticator({ settings, dialer, world });
  await using connection = {
    settings,
    world,
    dialer,
    authenticator,
    observer: SILENT,
    secrets: new Secrets(),
    trust: dialer.trust,
    routes: dialer.routes,
    hold: () => {},
    finish: () => undefined,
    close: () => dialer.close(),
    [Symbol.asyncDispose]: () => Promise.resolve(dialer.close()),
  };
  const store = () => Promise.resolve(fileStore({ codexHome: home.path, world }));
  const status = await authStatus({ provider: settings.provider, world, store });
  return buildReport({ connection, status, attempts: [], seen: [], warnings: [], failedRuns: [], tags });
}

Deno.test("a tag with the name of a field of the report does not replace the field", async () => {
  const plain = await reportWith({});
  const forged = Object.fromEntries(Object.keys(plain).map((name) => [name, "forged"]));
  const { tags, created_at: _, ...facts } = await reportWith({ ...forged, auth_mode: "Chatgpt" });
  const { tags: _none, created_at: _then, ...before } = plain;
  assertEquals(facts, before);
  assertEquals([facts["type"], Object(facts["versions"]).culvert], ["culvert.report", VERSION]);
  assertEquals(tags, { ...forged, auth_mode: "Chatgpt" });
});
