/**
 * Every section that cannot be used: alone it is an error that names line, index and reason; beside a good
 * certificate it is skipped with a warning that names the same, and the handshake succeeds.
 */
import { CulvertError } from "../../lib/errors.ts";
import { type Authority } from "../../lib/mock/pki.ts";
import { readBundle } from "../../lib/trust/bundle_reader.ts";
import { assert, assertEquals, assertIncludes, assertThrows } from "../support/assert.ts";
import { request, startPrivateNetwork } from "./handshake.ts";
import * as shape from "./shapes.ts";

interface Row {
  readonly name: string;
  readonly text: string;
  /** Part of the reason. */
  readonly reason: string;
  /** Line of the section, 1-based. Default 1. */
  readonly line?: number;
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";

function rows(authority: Authority): readonly Row[] {
  const { certificate, der } = authority;
  const body = shape.bodyOf(authority);
  const lines = body.trimEnd().split("\n");
  const trusted = (...bytes: number[]) => shape.block("TRUSTED CERTIFICATE", new Uint8Array(bytes));
  const flipped = der.slice();
  flipped[4] = 0x31;
  return [
    { name: "no END line", text: BEGIN + body, reason: "no END line" },
    {
      name: "an END line with four hyphens",
      text: certificate.trimEnd().slice(0, -1) + "\n",
      reason: "its END line 10 is malformed: it has 4 hyphens after",
    },
    {
      name: "an END line with another label",
      text: certificate.replace("END CERTIFICATE", "END RSA PRIVATE KEY"),
      reason: "another label",
    },
    {
      name: "four hyphens behind BEGIN",
      text: certificate.replace("E-----\n", "E----\n"),
      reason: "4 hyphens after the label",
    },
    {
      name: "six hyphens behind BEGIN",
      text: certificate.replace("E-----\n", "E------\n"),
      reason: "6 hyphens after the label",
    },
    { name: "four hyphens before BEGIN", text: certificate.slice(1), reason: "4 hyphens before the label" },
    {
      name: "six hyphens before END",
      text: certificate.replace("-----END", "------END"),
      reason: "6 hyphens before the label",
    },
    {
      name: "dashes of a word processor",
      text: certificate.replaceAll("-----", "\u2014\u2014-"),
      reason: "typographic dashes",
    },
    {
      name: "text behind BEGIN",
      text: certificate.replace("E-----\n", "E----- x\n"),
      reason: "does not end in five hyphens",
    },
    {
      name: "the whole block on one line",
      text: certificate.replaceAll("\n", " ") + "\n",
      reason: "one line",
    },
    {
      name: "newlines written as backslash n",
      text: certificate.replaceAll("\n", "\\n") + "\n",
      reason: "written as \\n",
    },
    { name: "text before BEGIN", text: `ca: ${certificate}`, reason: "without its BEGIN line", line: 10 },
    {
      name: "an illegal character",
      text: `${BEGIN}${lines[0]}\n*${lines.slice(1).join("\n")}\n${END}`,
      reason: 'the character "*" on line 3',
    },
    {
      name: "a comment in the body",
      text: `${BEGIN}${lines[0]}\n# c\n${lines.slice(1).join("\n")}\n${END}`,
      reason: 'the character "#" on line 3',
    },
    {
      name: "a character that no keyboard has",
      text: `${BEGIN}\u00e9${body}${END}`,
      reason: "the character U+00E9 on line 2",
    },
    { name: "the URL alphabet", text: `${BEGIN}AAAA\n__--\n${END}`, reason: "URL alphabet" },
    {
      name: "data behind the padding",
      text: `${BEGIN}AA==\nAAAA\n${END}`,
      reason: "behind the padding on line 3",
    },
    {
      name: "a wrong count of padding",
      text: `${BEGIN}AAA==\n${END}`,
      reason: 'ends in 2 "=" where 1 belong',
    },
    { name: "one character left over", text: `${BEGIN}AAAAA\n${END}`, reason: "cut short" },
    { name: "an empty body", text: BEGIN + END, reason: "empty" },
    {
      name: "garbage that is DER by its length",
      text: `${BEGIN}MAMCAQE=\n${END}`,
      reason: "not a certificate",
    },
    {
      name: "a certificate cut short",
      text: shape.block("CERTIFICATE", der.subarray(0, 100)),
      reason: "DER length is invalid",
    },
    {
      name: "a certificate with its inner tag changed",
      text: shape.block("CERTIFICATE", flipped),
      reason: "not a certificate",
    },
    {
      name: "an encrypted certificate",
      text: `${BEGIN}Proc-Type: 4,ENCRYPTED\nDEK-Info: DES,00\n\n${body}${END}`,
      reason: "encrypted",
    },
    { name: "trusted, empty", text: trusted(), reason: "empty" },
    { name: "trusted, one byte", text: trusted(0x30), reason: "DER length is invalid" },
    { name: "trusted, indefinite length", text: trusted(0x30, 0x80, 0, 0), reason: "DER length is invalid" },
    {
      name: "trusted, length past the end",
      text: trusted(0x30, 0x82, 0xff, 0xff, 0),
      reason: "DER length is invalid",
    },
    {
      name: "trusted, absurd length",
      text: trusted(0x30, 0xff, ...new Array(40).fill(0xff)),
      reason: "DER length is invalid",
    },
    {
      name: "trusted, a good length and no certificate",
      text: trusted(0x30, 3, 2, 1, 1),
      reason: "not a certificate",
    },
    { name: "PKCS#7 that is none", text: shape.block("PKCS7", der), reason: "not PKCS#7" },
    {
      name: "PKCS#7 without certificates",
      text: shape.block("PKCS7", shape.pkcs7([])),
      reason: "no certificates",
    },
  ];
}

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

Deno.test("A broken section alone is an error that names line, index and reason, and beside a good one harms nothing", async (t) => {
  await using network = await startPrivateNetwork();
  const good = network.authority.certificate;
  for (const row of rows(network.authority)) {
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

Deno.test("A file without any certificate says what it holds instead", async (t) => {
  await using network = await startPrivateNetwork();
  const { privateKey, der } = network.authority;
  const cases: readonly (readonly [string, Uint8Array, string])[] = [
    ["empty", new Uint8Array(), "the file is empty"],
    ["blank", shape.utf8(" \n\t\n"), "only blanks"],
    ["prose", shape.utf8("ask IT for the bundle"), "no PEM section"],
    ["a web page", shape.utf8("<!DOCTYPE html><html>Sign in</html>"), "web page"],
    ["base64 alone", shape.utf8(shape.base64(der)), "without its BEGIN and END"],
    ["a key only", shape.utf8(privateKey), "PRIVATE KEY on line 1"],
    ["a revocation list only", shape.utf8(await network.authority.revocationList()), "X509 CRL on line 1"],
    ["PKCS#12", shape.der(0x30, new Uint8Array([2, 1, 3]), new Uint8Array(200)), "openssl pkcs12"],
    ["a Java key store", new Uint8Array([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]), "keytool"],
    ["DER cut short", der.subarray(0, 200), "cut short"],
  ];
  for (const [name, bytes, part] of cases) {
    await t.step(name, () => assertIncludes(invalid(bytes).message, part));
  }
});

Deno.test("An error about many broken sections lists some and counts the rest", () => {
  const error = invalid(shape.utf8((BEGIN + END).repeat(30)));
  assertIncludes(error.message, "and 22 more sections");
  assert(Array.isArray(error.details["skipped"]) && error.details["skipped"].length === 30);
});

Deno.test("A broken section does not take the next one with it", async () => {
  await using network = await startPrivateNetwork();
  const { certificate } = network.authority;
  const bundle = readBundle(shape.utf8(BEGIN + shape.bodyOf(network.authority) + certificate), SOURCE, NOW);
  assertEquals(bundle.certificates.map((entry) => [entry.index, entry.line]), [[2, 10]]);
  assertEquals(bundle.skipped.map((entry) => [entry.index, entry.line]), [[1, 1]]);
});
