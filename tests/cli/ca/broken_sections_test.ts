/** Every section and file that cannot be used, as `culvert ca inspect` tells of it. */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { brokenSections, filesWithoutCertificate } from "../../trust/bundle/broken_sections.ts";
import { assert, assertEquals, assertExcludes, assertIncludes } from "../../support/assert.ts";
import { culvert, type CulvertRun } from "../../support/culvert.ts";

const authority = await createAuthority("Broken Root");
const directory = await Deno.makeTempDir({ prefix: "culvert-broken-" });
Deno.test.afterAll(() => Deno.remove(directory, { recursive: true }));
const good = await createAuthority("Good Root");

async function inspect(
  content: string | Uint8Array,
): Promise<CulvertRun & { readonly path: string; readonly report: Report }> {
  const path = await Deno.makeTempFile({ dir: directory, suffix: ".pem" });
  if (typeof content === "string") await Deno.writeTextFile(path, content);
  else await Deno.writeFile(path, content);
  const run = await culvert(["ca", "inspect", "--json"], { env: { SSL_CERT_FILE: path } });
  return { ...run, path, report: JSON.parse(run.stdout) };
}

/** The part of the report that these tests read. */
interface Report {
  readonly source: { readonly name: string; readonly path: string };
  readonly certificates: readonly { readonly subject: string; readonly index: number }[];
  readonly skipped: readonly { readonly line: number; readonly index?: number; readonly reason: string }[];
  readonly warnings: readonly { readonly code: string; readonly line: number; readonly message: string }[];
  readonly error?: { readonly code: string; readonly message: string; readonly hint: string };
}

/** The error that a file without a usable certificate must lead to. */
function errorOf({ code, stderr, path, report }: Awaited<ReturnType<typeof inspect>>): string {
  assertEquals([code, report.certificates, report.error?.code], [3, [], "ca_invalid"]);
  assertEquals([report.source.name, report.source.path], ["SSL_CERT_FILE", path]);
  const message = report.error?.message ?? "";
  for (const part of ["SSL_CERT_FILE", path]) assertIncludes(message, part);
  assertIncludes(report.error?.hint ?? "", "Unset it");
  // The same words for people, once.
  assertEquals(stderr.split(message).length, 2, stderr);
  assertEquals(stderr.match(/^culvert: /gm)?.length, 1);
  return message;
}

for (const row of brokenSections(authority)) {
  const line = row.line ?? 1;
  Deno.test(`ca inspect refuses a bundle of one broken section with its line and reason: ${row.name}`, async () => {
    const run = await inspect(row.text);
    const message = errorOf(run);
    for (const part of ["certificate 1", `line ${line}`, row.reason]) assertIncludes(message, part);
    assertEquals(run.report.skipped.map((section) => [section.index, section.line]), [[1, line]]);
    assertIncludes(run.report.skipped[0]?.reason ?? "", row.reason);
  });
  Deno.test(`ca inspect skips a broken section after a valid one, with a warning: ${row.name}`, async () => {
    const { code, stderr, report } = await inspect(good.certificate + row.text);
    assertEquals([code, stderr, report.error], [0, "", undefined]);
    assert(report.certificates.some(({ index, subject }) => index === 1 && subject === "CN=Good Root"));
    const skipped = report.skipped.find(({ index }) => index === 2);
    assertEquals(skipped?.line, line + 10);
    const warning = report.warnings.find((entry) => entry.code === "ca_certificate_skipped");
    assertEquals(warning?.line, line + 10);
    for (const part of ["certificate 2", skipped?.reason ?? "no reason"]) {
      assertIncludes(warning?.message ?? "", part);
    }
  });
}

for (const [name, bytes, says] of await filesWithoutCertificate(authority)) {
  Deno.test(`ca inspect reports what a file without a certificate contains instead: ${name}`, async () => {
    const run = await inspect(bytes);
    assertIncludes(errorOf(run), says);
    assertExcludes(run.stdout + run.stderr, authority.privateKey.split("\n")[1] ?? "no key");
  });
}
