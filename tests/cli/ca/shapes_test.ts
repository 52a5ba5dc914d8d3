/** Every shape of bundle that is taken, looked at by `culvert ca inspect`. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import type { Inspection } from "../../../lib/trust/bundle/inspection.ts";
import { bundleShapes, describeSkipped } from "../../trust/bundle/bundle_shapes.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import { join } from "../../support/paths.ts";

const authority = await createAuthority("Shape Root");
const directory = await Deno.makeTempDir({ prefix: "culvert-shapes-" });
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));

for (const [number, row] of (await bundleShapes(authority)).entries()) {
  const labels = row.labels ?? ["CERTIFICATE"];
  const count = labels.length === 1 ? "the one certificate" : `all ${labels.length} certificates`;
  Deno.test(`ca inspect finds ${count} in the form: ${row.name}`, async () => {
    const file = join(directory, `${number}.pem`);
    await Deno.writeFile(file, row.bytes);
    const run = await culvert(["ca", "inspect", "--json", file]);
    assertEquals([run.code, run.stderr], [0, ""]);
    const report: Inspection = JSON.parse(run.stdout);
    assertEquals(report.certificates.map(({ label }) => label), labels);
    assert(report.certificates.some(({ subject }) => subject === "CN=Shape Root"), run.stdout);
    if (row.lines !== undefined) assertEquals(report.certificates.map(({ line }) => line), row.lines);
    assertEquals(report.skipped.map(describeSkipped), row.skipped ?? []);
    assertEquals(report.warnings.map(({ code }) => code), [...row.warnings ?? [], ...row.inspected ?? []]);
  });
}
