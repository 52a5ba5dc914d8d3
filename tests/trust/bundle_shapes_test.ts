/**
 * Every shape of bundle that is taken, proven by a handshake: a TLS server under a fresh CA, and a client that
 * trusts what came out of the file. The columns of `others` say who else takes the shape, as seen with
 * curl 7.88 (OpenSSL 3.0), Node 20 and Deno 2.9.6, and with the codex client 0.169.0.
 */
import { readBundle } from "../../lib/trust/bundle_reader.ts";
import { type Authority, createAuthority } from "../../lib/mock/pki.ts";
import { assertEquals } from "../support/assert.ts";
import { request, startPrivateNetwork } from "./handshake.ts";
import * as shape from "./shapes.ts";

interface Row {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Labels of the certificates that come out. Default: one CERTIFICATE. */
  readonly labels?: readonly string[];
  /** Lines of the certificates. */
  readonly lines?: readonly number[];
  /** Codes of the warnings. Default: none. */
  readonly warnings?: readonly string[];
  /** Kinds and lines of what was skipped. Default: nothing. */
  readonly skipped?: readonly string[];
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";

async function rows(authority: Authority): Promise<readonly Row[]> {
  const other = await createAuthority("Another Root");
  const { certificate } = authority;
  const body = shape.bodyOf(authority);
  const lines = body.trimEnd().split("\n");
  const oneLine = lines.join("");
  const text = (name: string, content: string, more: Partial<Row> = {}): Row => ({
    name,
    bytes: shape.utf8(content),
    ...more,
  });
  const two = { labels: ["CERTIFICATE", "CERTIFICATE"] };
  const serverAuth = { trust: [shape.SERVER_AUTH] };
  const trusted = (settings: Parameters<typeof shape.aux>[0]) =>
    shape.block("TRUSTED CERTIFICATE", shape.concat(authority.der, shape.aux(settings)));
  const isTrusted = { labels: ["TRUSTED CERTIFICATE"] };
  return [
    text("one certificate", certificate),
    text("several, unordered", other.certificate + certificate, two),
    text("the same one twice, without a warning", certificate + certificate),
    text("leading comments", `# our company\n# one root\n${certificate}`, { lines: [3] }),
    text("a text dump before the block", `Certificate:\n    Data:\n        Version: 3 (0x2)\n${certificate}`),
    text("attributes of a key store before the block", `Bag Attributes\n    friendlyName: x\n${certificate}`),
    text("CRLF", certificate.replaceAll("\n", "\r\n")),
    text("CR only", certificate.replaceAll("\n", "\r")),
    text(
      "a mixture of line ends",
      lines.reduce((all, line, at) => `${all}${line}${["\r", "\n", "\r\n"][at % 3]}`, BEGIN) + END,
    ),
    text("blank lines in the body", `${BEGIN}${lines.join("\n\n")}\n${END}`),
    text("a blank line before the body", `${BEGIN}\n${body}${END}`),
    text("indented body lines", `${BEGIN}${lines.map((line) => `\t  ${line}  `).join("\n")}\n${END}`),
    text("a body on one line", `${BEGIN}${oneLine}\n${END}`),
    text("a body of one column", `${BEGIN}${[...oneLine].join("\n")}\n${END}`),
    ...[63, 65, 76, 254, 255, 256, 257, 1023, 1024, 1025].map((columns) =>
      text(`a body of ${columns} columns`, shape.block("CERTIFICATE", authority.der, columns))
    ),
    text("vertical tabs and form feeds in the body", `${BEGIN}${lines.join("\v\f\n")}\n${END}`),
    text("no padding", `${BEGIN}${oneLine.replace(/=+$/, "")}\n${END}`),
    text("no final newline", certificate.trimEnd()),
    text("blanks behind both markers", certificate.replaceAll("E-----", "E-----  \t")),
    text("junk behind the END line", certificate.replace("END CERTIFICATE-----", "END CERTIFICATE-----junk")),
    text("six hyphens behind the END label, the last one junk", certificate.trimEnd() + "-\n"),
    text("a byte-order mark before the marker", `\ufeff${certificate}`),
    text("a byte-order mark before each of two files", `\ufeff${certificate}\ufeff${other.certificate}`, two),
    text("a byte-order mark before a comment", `\ufeff# comment\n${certificate}`),
    { name: "UTF-16, little-endian", bytes: shape.utf16(certificate, "le", true) },
    { name: "UTF-16, big-endian", bytes: shape.utf16(certificate, "be", true) },
    { name: "UTF-16, little-endian without a mark", bytes: shape.utf16(certificate, "le", false) },
    { name: "UTF-16, big-endian without a mark", bytes: shape.utf16(certificate, "be", false) },
    {
      name: "NUL and Latin-1 bytes between blocks",
      bytes: shape.concat(new Uint8Array([0xe9, 0, 0xff, 10]), shape.utf8(certificate)),
    },
    { name: "raw DER", bytes: authority.der, labels: ["DER"] },
    {
      name: "two raw DER certificates in a row",
      bytes: shape.concat(other.der, authority.der),
      labels: ["DER", "DER"],
    },
    {
      name: "raw DER with a newline behind it",
      bytes: shape.concat(authority.der, shape.utf8("\n")),
      labels: ["DER"],
      warnings: ["ca_trailing_bytes"],
    },
    { name: "PKCS#7 in DER", bytes: shape.pkcs7([other.der, authority.der]), labels: ["PKCS7", "PKCS7"] },
    {
      name: "PKCS#7 in BER with indefinite lengths",
      bytes: shape.pkcs7([authority.der], shape.indefinite),
      labels: ["PKCS7"],
    },
    text("PKCS#7 in PEM", shape.block("PKCS7", shape.pkcs7([other.der, authority.der])), {
      labels: ["PKCS7", "PKCS7"],
    }),
    text("PKCS#7 in PEM, the long label", shape.block("PKCS #7 SIGNED DATA", shape.pkcs7([authority.der])), {
      labels: ["PKCS #7 SIGNED DATA"],
    }),
    text("PKCS#7 beside a certificate", shape.block("PKCS7", shape.pkcs7([other.der])) + certificate, {
      labels: ["PKCS7", "CERTIFICATE"],
    }),
    text("the label X509 CERTIFICATE", certificate.replaceAll("CERTIFICATE", "X509 CERTIFICATE"), {
      labels: ["X509 CERTIFICATE"],
    }),
    text("a lower-case label", certificate.replaceAll("CERTIFICATE", "certificate"), {
      labels: ["certificate"],
    }),
    text(
      "lower-case markers",
      certificate.replace("BEGIN CERTIFICATE", "begin certificate").replace(
        "END CERTIFICATE",
        "end certificate",
      ),
      { labels: ["certificate"] },
    ),
    text("a blank behind the label", certificate.replaceAll("CERTIFICATE-", "CERTIFICATE -")),
    text("everything indented, as YAML has it", certificate.replace(/^/gm, "    ")),
    text("the END line alone indented", certificate.replace("-----END", "  -----END")),
    text("attribute headers", `${BEGIN}Comment: hello\nX-More: there\n\n${body}${END}`),
    text("attribute headers with a continuation", `${BEGIN}Comment: hello\n there\n\n${body}${END}`),
    text("attribute headers without the blank line", `${BEGIN}Comment: hello\n${body}${END}`),
    text("a Proc-Type that is not encryption", `${BEGIN}Proc-Type: 4,MIC-CLEAR\n\n${body}${END}`),
    text("two blocks glued at their markers", certificate.trimEnd() + other.certificate, two),
    text("TRUSTED CERTIFICATE with trust settings", trusted(serverAuth), isTrusted),
    text("TRUSTED CERTIFICATE without any", shape.block("TRUSTED CERTIFICATE", authority.der), isTrusted),
    text(
      "TRUSTED CERTIFICATE behind comments, beside another",
      `# c\n${trusted(serverAuth)}${other.certificate}`,
      { labels: ["TRUSTED CERTIFICATE", "CERTIFICATE"], lines: [2, 13] },
    ),
    text(
      "TRUSTED CERTIFICATE that ends as CERTIFICATE",
      trusted(serverAuth).replace("END TRUSTED ", "END "),
      isTrusted,
    ),
    text("the phrase TRUSTED CERTIFICATE in a comment only", `# BEGIN TRUSTED CERTIFICATE\n${certificate}`),
    text(
      "TRUSTED CERTIFICATE rejected for servers: trusted here, and said so",
      trusted({ reject: [shape.SERVER_AUTH] }),
      { ...isTrusted, warnings: ["ca_rejects_servers"] },
    ),
    text(
      "an ordinary certificate with trailing bytes, as curl and Node take it",
      shape.block("CERTIFICATE", shape.concat(authority.der, shape.utf8("junk"))),
      { warnings: ["ca_trailing_bytes"] },
    ),
    text(
      "an outer length in more bytes than needed, as curl and Node take it",
      shape.block("CERTIFICATE", shape.concat(new Uint8Array([0x30, 0x83, 0]), authority.der.subarray(2))),
    ),
    text("X.509 version 1", shape.block("CERTIFICATE", shape.asVersion1(authority.der))),
    text("a revocation list after", certificate + await authority.revocationList(), {
      skipped: ["X509 CRL:11"],
    }),
    text("a revocation list before", await authority.revocationList() + certificate, {
      skipped: ["X509 CRL:1"],
    }),
    text(
      "a revocation list of four characters",
      `${certificate}-----BEGIN X509 CRL-----\nMIIC\n-----END X509 CRL-----\n`,
      { skipped: ["X509 CRL:11"] },
    ),
    text("an empty revocation list", `${certificate}-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n`, {
      skipped: ["X509 CRL:11"],
    }),
    text(
      "a revocation list with bad base64",
      `-----BEGIN X509 CRL-----\n!!!!\n-----END X509 CRL-----\n${certificate}`,
      { skipped: ["X509 CRL:1"], warnings: ["ca_section_skipped"] },
    ),
    text("a revocation list without its end", `${certificate}-----BEGIN X509 CRL-----\nMIIC\n`, {
      skipped: ["X509 CRL:11"],
      warnings: ["ca_section_skipped"],
    }),
    text("a private key beside it", certificate + authority.privateKey, {
      skipped: ["PRIVATE KEY:11"],
      warnings: ["ca_private_key"],
    }),
    text(
      "an encrypted private key beside it",
      certificate + shape.block("ENCRYPTED PRIVATE KEY", authority.der),
      { skipped: ["ENCRYPTED PRIVATE KEY:11"], warnings: ["ca_private_key"] },
    ),
    text(
      "a legacy encrypted key beside it",
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n${certificate}`,
      { skipped: ["RSA PRIVATE KEY:1"], warnings: ["ca_private_key"] },
    ),
    text("a signing request beside it", certificate + shape.block("CERTIFICATE REQUEST", authority.der), {
      skipped: ["CERTIFICATE REQUEST:11"],
    }),
    text(
      "a section nobody knows, with headers",
      `-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\nabc\n=x/y=\n-----END PGP PUBLIC KEY BLOCK-----\n${certificate}`,
      { skipped: ["PGP PUBLIC KEY BLOCK:1"] },
    ),
    text("a section nobody knows, left open", `${certificate}-----BEGIN FOO-----\nabc\n`, {
      skipped: ["FOO:11"],
      warnings: ["ca_section_skipped"],
    }),
  ];
}

Deno.test("Every shape of bundle that any reader takes ends in a verified handshake", async (t) => {
  await using network = await startPrivateNetwork();
  await t.step("and without the bundle the handshake fails", async () => {
    const failure = await request(network.server, []);
    if (!failure.includes("UnknownIssuer")) throw new Error(failure);
  });
  for (const row of await rows(network.authority)) {
    await t.step(row.name, async () => {
      const source = { kind: "file", name: "FILE", path: "/bundle" } as const;
      const bundle = readBundle(row.bytes, source, { now: Date.now() });
      assertEquals(
        bundle.certificates.map((certificate) => certificate.label),
        row.labels ?? ["CERTIFICATE"],
      );
      if (row.lines !== undefined) {
        assertEquals(bundle.certificates.map((certificate) => certificate.line), row.lines);
      }
      assertEquals(bundle.skipped.map((section) => `${section.kind}:${section.line}`), row.skipped ?? []);
      assertEquals(bundle.warnings.map((warning) => warning.code), row.warnings ?? []);
      const roots = bundle.certificates.map((certificate) => certificate.pem);
      assertEquals(await request(network.server, roots), "ok");
    });
  }
});
