/**
 * Every section that cannot be used: alone it is an error that names line, index and reason; beside a good
 * certificate it is skipped with a warning that names the same, and the handshake succeeds.
 */
import { CulvertError } from "../../../lib/errors.ts";
import { readBundle } from "../../../lib/trust/bundle/bundle_reader.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../../support/assert.ts";
import { brokenSections, filesWithoutCertificate } from "./broken_sections.ts";
import { request, startPrivateNetwork } from "../handshake.ts";
import * as shape from "./shapes.ts";

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";
const SOURCE = { kind: "variable", name: "CODEX_CA_CERTIFICATE", path: "/etc/corp.pem" } as const;
const NOW = { now: Date.now() };

function invalid(bytes: Uint8Array): CulvertError {
  let caught: unknown;
  assertThrows(() => readBundle(bytes, SOURCE, NOW), (error: unknown) => {
    caught = error;
    return true;
  });
  assert(caught instanceof CulvertError);
  assertEquals(caught.code, "ca_invalid");
  assertEquals(caught.details["variable"], "CODEX_CA_CERTIFICATE");
  assertEquals(caught.details["path"], "/etc/corp.pem");
  assertIncludes(caught.message, "CODEX_CA_CERTIFICATE");
  assertIncludes(caught.message, "/etc/corp.pem");
  assertIncludes(caught.hint ?? "", "SSL_CERT_FILE");
  assertIncludes(caught.hint ?? "", "Unset it");
  return caught;
}

Deno.test("a broken section alone is an error with line, index and reason, and does not affect a valid one", async (t) => {
  await using network = await startPrivateNetwork();
  const good = network.authority.certificate;
  for (const row of brokenSections(network.authority)) {
    const line = row.line ?? 1;
    await t.step(row.name, async () => {
      const error = invalid(shape.utf8(row.text));
      assertEquals([error.details["line"], error.details["index"]], [line, 1]);
      assertIncludes(error.message, `line ${line}`);
      assertIncludes(error.message, row.reason);
      for (const [text, offset, index] of [[row.text + good, 0, 1], [good + row.text, 10, 2]] as const) {
        const bundle = readBundle(shape.utf8(text), SOURCE, NOW);
        const skipped = bundle.skipped.find((section) => section.index === index);
        assert(skipped !== undefined, JSON.stringify(bundle.skipped));
        assertEquals(skipped.line, line + offset);
        assertIncludes(
          skipped.reason.replace(/line \d+/, ""),
          row.reason.replace(/line \d+/, "").replace(/ on $/, ""),
        );
        const warning = bundle.warnings.find((entry) => entry.code === "ca_certificate_skipped");
        assertEquals(warning?.line, line + offset);
        assertIncludes(warning?.message ?? "", `certificate ${index}`);
        assertEquals(await request(network.server, bundle.certificates.map((entry) => entry.pem)), "ok");
      }
    });
  }
});

Deno.test("a file without a certificate is reported with what it contains instead", async (t) => {
  await using network = await startPrivateNetwork();
  for (const [name, bytes, part] of await filesWithoutCertificate(network.authority)) {
    await t.step(name, () => assertIncludes(invalid(bytes).message, part));
  }
});

Deno.test("an error about many broken sections lists some and counts the rest", () => {
  const error = invalid(shape.utf8((BEGIN + END).repeat(30)));
  assertIncludes(error.message, "and 22 more sections");
  assert(Array.isArray(error.details["skipped"]) && error.details["skipped"].length === 30);
});

Deno.test("a broken section does not hide the next one", async () => {
  await using network = await startPrivateNetwork();
  const { certificate } = network.authority;
  const bundle = readBundle(shape.utf8(BEGIN + shape.bodyOf(network.authority) + certificate), SOURCE, NOW);
  assertEquals(bundle.certificates.map((entry) => [entry.index, entry.line]), [[2, 10]]);
  assertEquals(bundle.skipped.map((entry) => [entry.index, entry.line]), [[1, 1]]);
});
