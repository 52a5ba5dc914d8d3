/** Which of flag and variables chooses the bundle, as `culvert ca inspect` tells it. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { BUNDLE_STATES, type BundleState, deciding, writeBundles } from "../../trust/bundle/bundle_states.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";

const directory = await Deno.realPath(await Deno.makeTempDir({ prefix: "culvert-precedence-" }));
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));
const files = await writeBundles(directory, await createAuthority("Chosen Root"));

type Layers = readonly [first: readonly [string, BundleState], second: readonly [string, BundleState]];

/** The flag over a variable, and the variables over each other. A flag that is unset leaves only the latter. */
const PAIRS: readonly Layers[] = BUNDLE_STATES.flatMap((first) =>
  BUNDLE_STATES.flatMap((second): Layers[] => [
    [["CODEX_CA_CERTIFICATE", first], ["SSL_CERT_FILE", second]],
    ...(first === "unset" ? [] : [[["--ca-cert", first], ["CODEX_CA_CERTIFICATE", second]] as const]),
  ])
);

for (const layers of PAIRS) {
  const [first, second] = layers;
  const choice = deciding(layers);
  const outcome = choice === undefined
    ? "no bundle is in force"
    : choice.state === "good"
    ? `${choice.name} gives the bundle`
    : `${choice.name} is the error`;
  Deno.test(`with ${first.join(" ")} and ${second.join(" ")}, ${outcome}`, async () => {
    const flag = first[0] === "--ca-cert" ? [`--ca-cert=${files[first[1]] ?? ""}`] : [];
    const env: Record<string, string> = {};
    for (const [name, state] of layers) {
      const value = files[state];
      if (name !== "--ca-cert" && value !== undefined) env[name] = value;
    }
    const run = await culvert(["ca", "inspect", "--json", ...flag], { env, cwd: directory });
    const report = JSON.parse(run.stdout);
    if (choice === undefined) {
      assertEquals([run.code, report.error.code], [3, "ca_unreadable"]);
      assertIncludes(run.stderr, "No CA bundle is in force");
      return;
    }
    const kind = choice.name === "--ca-cert" ? "flag" : "variable";
    const path = choice.state === "blank" ? `${directory}/ ` : files[choice.state];
    assertEquals(report.source, { kind, name: choice.name, path });
    if (choice.code === undefined) {
      assertEquals([run.code, run.stderr, report.error], [0, "", undefined]);
      assertEquals(report.certificates.map(({ subject }: { subject: string }) => subject), [
        "CN=Chosen Root",
      ]);
    } else {
      assertEquals([run.code, report.error.code, report.certificates], [3, choice.code, []]);
      for (const part of [choice.name, ...choice.says]) {
        assertIncludes(`${report.error.message}\n${report.error.hint}`, part);
      }
      assertEquals(run.stderr.match(/^culvert: /gm)?.length, 1);
    }
  });
}
