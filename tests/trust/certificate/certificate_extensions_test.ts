/** Extensions for which a TLS library refuses a certificate, as `culvert ca inspect` shows them. */
import { readExtensions } from "../../../lib/trust/certificate/certificate_extensions.ts";
import { createAuthority } from "../../../lib/pki/pki.ts";
import { assertEquals, assertIncludes } from "../../support/assert.ts";
import { culvert } from "../../support/culvert.ts";
import * as shape from "../bundle/shapes.ts";

const ascii = (text: string) => new TextEncoder().encode(text);

/** A GeneralSubtree with one name (RFC 5280 §4.2.1.10). */
const subtree = (tag: number, content: Uint8Array) => shape.der(0x30, shape.der(tag, content));

const CONSTRAINTS = shape.der(
  0x30,
  shape.der(
    0xa0,
    subtree(0x82, ascii("corp.example")),
    subtree(0x87, new Uint8Array([10, 0, 0, 0, 255, 0, 0, 0])),
    subtree(0x86, ascii(".corp.example")),
  ),
  shape.der(0xa1, subtree(0x82, ascii("evil\x1b.example"))),
);

/** A CA with the given extensions. */
async function withExtensions(
  ...extensions: readonly (readonly [id: string, critical: boolean, value: Uint8Array<ArrayBuffer>])[]
): Promise<{ readonly der: Uint8Array; readonly pem: string }> {
  const x509 = await import("@peculiar/x509");
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: "CN=Constrained Root",
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      ...extensions.map(([id, critical, value]) => new x509.Extension(id, critical, value)),
    ],
  });
  return { der: new Uint8Array(certificate.rawData), pem: `${certificate.toString("pem")}\n` };
}

Deno.test("name constraints are read by kind, and control characters in them are replaced", async () => {
  const { der } = await withExtensions(["2.5.29.30", true, CONSTRAINTS]);
  assertEquals(readExtensions(der), {
    unknownCritical: [],
    dnsNames: [],
    nameConstraints: {
      permitted: ["DNS:corp.example", "IP:10.0.0.0/255.0.0.0", "URI:.corp.example"],
      excluded: ["DNS:evil\ufffd.example"],
    },
  });
});

Deno.test("a certificate without such extensions has none", async () => {
  assertEquals(readExtensions((await createAuthority("Plain")).der), { unknownCritical: [], dnsNames: [] });
});

Deno.test("ca inspect shows constraints, unknown critical extensions and an address written as a DNS name", async () => {
  const names = shape.der(0x30, shape.der(0x82, ascii("10.1.2.3")), shape.der(0x82, ascii("corp.example")));
  const { pem } = await withExtensions(
    ["2.5.29.30", true, CONSTRAINTS],
    ["2.5.29.36", true, new Uint8Array([0x30, 3, 0x80, 1, 0])],
    ["2.5.29.17", false, names],
  );
  const json = await culvert(["ca", "inspect", "-", "--json"], { stdin: pem });
  assertEquals(json.code, 0);
  const { certificates: [certificate], warnings } = JSON.parse(json.stdout);
  assertEquals(certificate.unknown_critical_extensions, ["2.5.29.36"]);
  assertEquals(certificate.name_constraints.excluded, ["DNS:evil\ufffd.example"]);
  assertEquals(warnings.map(({ code }: { code: string }) => code).toSorted(), [
    "address_as_dns_name",
    "unknown_critical_extension",
    "unprocessed_name_constraints",
  ]);
  const text = (await culvert(["ca", "inspect", "-"], { stdin: pem })).stdout.replace(/\s+/g, " ");
  for (
    const part of [
      "permitted DNS:corp.example, IP:10.0.0.0/255.0.0.0",
      "critical 2.5.29.36",
      "10.1.2.3 as a DNS name",
    ]
  ) {
    assertIncludes(text, part);
  }
});

Deno.test("bytes after the trust settings of a TRUSTED CERTIFICATE cause a warning, and the settings are read", async () => {
  const { der } = await createAuthority("Trusted Root");
  const settings = shape.aux({ trust: [shape.SERVER_AUTH], alias: "an alias" });
  const pem = shape.block("TRUSTED CERTIFICATE", shape.concat(der, settings, new Uint8Array([1, 2, 3])));
  const run = await culvert(["ca", "inspect", "-", "--json"], { stdin: pem });
  const { certificates: [certificate], warnings } = JSON.parse(run.stdout);
  assertEquals(certificate.aux, { trust: ["serverAuth"], reject: [], alias: "an alias" });
  assertEquals(warnings.map(({ code }: { code: string }) => code), ["ca_trailing_bytes"]);
  assertIncludes(warnings[0].message, "3 bytes that are not part of it");
  const clean = shape.block("TRUSTED CERTIFICATE", shape.concat(der, settings));
  assertEquals(
    JSON.parse((await culvert(["ca", "inspect", "-", "--json"], { stdin: clean })).stdout).warnings,
    [],
  );
});
