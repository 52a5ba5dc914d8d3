/** Every shape of bundle that is taken, trusted by `culvert respond` in a handshake with an API under its CA. */
import { bundleShapes } from "../../trust/bundle/bundle_shapes.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { jsonLines } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";
import { bench } from "./kit.ts";

const b = await bench({ scenario: { text: "trusted" } });
Deno.test.afterAll(async () => await b[Symbol.asyncDispose]());

Deno.test("without a bundle the same API is not trusted", async () => {
  const run = await b.respond(["--json", "hi"], { env: { CODEX_CA_CERTIFICATE: "" } });
  assertEquals(run.code, 3);
  assertIncludes(JSON.stringify(jsonLines(run.stdout).at(-1)), "tls_unknown_issuer");
});

for (const [number, row] of (await bundleShapes(b.api.authority)).entries()) {
  if (row.isVariant === true) continue;
  Deno.test(`respond trusts the API with a bundle in the form: ${row.name}`, async () => {
    const file = join(b.directory, `${number}.pem`);
    await Deno.writeFile(file, row.bytes);
    const run = await b.respond(["hi"], { env: { CODEX_CA_CERTIFICATE: file } });
    assertEquals([run.code, run.stdout], [0, "trusted\n"], run.stderr);
    const said = run.stderr.split("\n").filter((line) => line !== "");
    // One line for each warning, and nothing else.
    assertEquals(said.length, row.warnings?.length ?? 0, run.stderr);
    for (const line of said) assertIncludes(line, `${file}`);
  });
}
