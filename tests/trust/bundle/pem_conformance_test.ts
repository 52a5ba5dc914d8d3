/**
 * The forms in the tests of other readers, each with the verdict of this reader, which is the lenient one if
 * two of them differ. Rebuilt from descriptions of the tests of rustls pki-types (`tests/pem.rs`), of OpenSSL
 * (`04-test_pem_reading.t`, 3.0) and of Go (`encoding/pem`, 1.19); no data of theirs is used.
 */
import { createAuthority } from "../../../lib/pki/pki.ts";
import { CulvertError } from "../../../lib/errors.ts";
import { readBundle } from "../../../lib/trust/bundle/bundle_reader.ts";
import { readSections } from "../../../lib/trust/bundle/bundle_sections.ts";
import { readPemSections } from "../../../lib/trust/encoding/pem.ts";
import { assert, assertEquals } from "../../support/assert.ts";
import * as shape from "./shapes.ts";

const authority = await createAuthority("Conformance Root");
const { certificate, privateKey } = authority;
const body = shape.bodyOf(authority);
const lines = body.trimEnd().split("\n");
const list = await authority.revocationList();
const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";
const columns = (width: number) => shape.block("CERTIFICATE", authority.der, width);
const first = (width: number) => {
  const one = lines.join("");
  return `${BEGIN}${one.slice(0, width)}\n${base64Rest(one.slice(width))}${END}`;
};
const base64Rest = (text: string) => text.replace(/.{1,64}/g, "$&\n");

/** Name; text; number of certificates in the result; number of skipped sections. */
type Row = readonly [name: string, text: string, certificates: number, skipped: number];

const PKI_TYPES: readonly Row[] = [
  ["mixed line ends", certificate.replace("\n", "\r\n").replace(/\n(?=[^\n]*\n$)/, "\r"), 1, 0],
  ["binary junk between blocks", `${certificate}\u0000\u0001\ufffd{{{\n${certificate}`, 2, 0],
  ["white space before the marker", `  ${certificate}`, 1, 0],
  ["no final newline", certificate.trimEnd(), 1, 0],
  [
    "twelve kinds in order",
    [
      "RSA PRIVATE KEY",
      "PRIVATE KEY",
      "EC PRIVATE KEY",
      "CERTIFICATE",
      "X509 CRL",
      "CERTIFICATE REQUEST",
      "PUBLIC KEY",
      "ECHCONFIG",
      "X509 CERTIFICATE",
      "PKCS7",
      "EC PARAMETERS",
      "DSA PRIVATE KEY",
    ].map((label) => shape.block(label, authority.der)).join(""),
    2,
    10,
  ],
  ["four certificates and a list", certificate.repeat(4) + list, 4, 1],
  ["an unknown kind, well formed", shape.block("JUNK", authority.der) + certificate, 1, 1],
  ["end of file inside a section", certificate + BEGIN + body, 1, 1],
  ["bad base64 in a kind it knows", `${BEGIN}A=======\n${END}${certificate}`, 1, 1],
  ["a certificate, then a key", certificate + privateKey, 1, 1],
];

const OPENSSL: readonly Row[] = [
  ...[254, 255, 256, 257, 1023, 1024, 1025].map((width): Row => [
    `a first line of ${width} characters`,
    first(width),
    1,
    0,
  ]),
  ["76 columns", columns(76), 1, 0],
  ["one column", columns(1), 1, 0],
  ["one line", columns(100_000), 1, 0],
  ["a byte-order mark", `\ufeff${certificate}`, 1, 0],
  ["a comment before", `comment\n${certificate}`, 1, 0],
  [
    "a comment in the middle",
    `${BEGIN}${lines[0]}\n# comment\n${lines.slice(1).join("\n")}\n${END}`,
    0,
    1,
  ],
  [
    "the first line shortened",
    `${BEGIN}${lines[0]?.slice(0, 60)}\n${lines[0]?.slice(60)}\n${lines.slice(1).join("\n")}\n${END}`,
    1,
    0,
  ],
  ["a line missing", `${BEGIN}${lines.slice(1).join("\n")}\n${END}`, 0, 1],
  ["leading white space", `${BEGIN}${lines.map((line) => ` ${line}`).join("\n")}\n${END}`, 1, 0],
  [
    "trailing white space",
    `${BEGIN}${lines.map((line) => `${line}   `).join("\n")}\n${END}`,
    1,
    0,
  ],
  ["no padding", certificate.replace(/=+\n/, "\n"), 1, 0],
  ["padding in the middle", `${BEGIN}AA==\n${body}${END}`, 0, 1],
  [
    "earlier padding on the last line",
    certificate.replace(/..(=*)\n-----END/, "==$1\n-----END").replace("====", "==="),
    0,
    1,
  ],
  ["a stray hyphen in the body", certificate.replace(lines[2] ?? "", `-${lines[2]}`), 0, 1],
];

const GO: readonly Row[] = [
  ["too few dashes at the end of BEGIN", certificate.replace("E-----\n", "E----\n"), 0, 1],
  ["too many dashes at the end of BEGIN", certificate.replace("E-----\n", "E------\n"), 0, 1],
  ["too few dashes at the end of END", certificate.replace(/-\n$/, "\n"), 0, 1],
  ["too few dashes at the start of END", certificate.replace("-----END", "----END"), 0, 1],
  ["another type at END", certificate.replace("END CERTIFICATE", "END FOO"), 0, 1],
  ["a missing ending space", certificate.replace("-----END ", "-----ENDBAR "), 0, 1],
  ["junk behind END, on its line", certificate.replace(/\n$/, ".\n"), 1, 0],
  ["BEGIN not at the start of its line", `x${certificate}`, 0, 1],
  ["headers, then the body", `${BEGIN}A: b\nC: d\n\n${body}${END}`, 1, 0],
  ["headers only", `${BEGIN}A: b\n\n${END}`, 0, 1],
  [
    "a broken block before a good one",
    `-----BEGIN FOO-----\nAAAA\n${certificate}`,
    1,
    1,
  ],
  ["a repeating BEGIN", BEGIN + certificate, 1, 1],
  ["an END without BEGIN, then a good one", END + certificate, 1, 1],
];

/** How many certificates are used and how many sections are not. */
function verdict(text: string): readonly [number, number] {
  try {
    const bundle = readBundle(shape.utf8(text), { kind: "file", name: "FILE", path: "/f" }, {
      now: Date.now(),
    });
    // The reader drops repeated certificates; the shapes count sections.
    const repeated = readSections(shape.utf8(text)).candidates.length;
    assertEquals(bundle.certificates.map(({ der }) => der), [authority.der]);
    return [repeated, bundle.skipped.length];
  } catch (error) {
    assert(error instanceof CulvertError && Array.isArray(error.details["skipped"]), String(error));
    return [0, error.details["skipped"].length];
  }
}

for (const [reader, rows] of [["rustls pki-types", PKI_TYPES], ["OpenSSL", OPENSSL], ["Go", GO]] as const) {
  Deno.test(`the forms in the tests of ${reader} have the verdicts stated for them`, async (t) => {
    for (const [name, text, certificates, skipped] of rows) {
      await t.step(name, () => {
        assertEquals(verdict(text), [certificates, skipped]);
      });
    }
  });
}

Deno.test("64 columns, cut at any point, give the same section", () => {
  const [whole] = readPemSections(certificate);
  for (let width = 1; width < 130; width++) {
    const [section] = readPemSections(columns(width));
    assertEquals(
      section?.body.map((line) => line.text).join(""),
      whole?.body.map((line) => line.text).join(""),
    );
  }
});
