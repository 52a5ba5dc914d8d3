/**
 * Every accepted form of a bundle: one table for the tests of the reader and of the program. The forms were
 * compared with curl 7.88 (OpenSSL 3.0), Node 20, Deno 2.9.6 and the codex client 0.169.0; it contains every
 * form that one of them accepts.
 */
import { type Authority, createAuthority } from "../../../lib/pki/pki.ts";
import type { SkippedSection } from "../../../lib/trust/bundle/bundle.ts";
import * as shape from "./shapes.ts";

/** One form of a bundle that contains the CA of the test's server. */
export interface BundleShape {
  /** Completes "the bundle is …". */
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Labels of the certificates in the result. Default: one CERTIFICATE. */
  readonly labels?: readonly string[];
  /** Lines of the certificates. */
  readonly lines?: readonly number[];
  /** Codes of the warnings. Default: none. */
  readonly warnings?: readonly string[];
  /** Codes of the warnings that only `ca inspect` adds, which looks closer. Default: none. */
  readonly inspected?: readonly string[];
  /** The skipped sections: kind, line and reason. Default: nothing. */
  readonly skipped?: readonly string[];
  /**
   * One of several forms that differ only in a number; tests that make a whole turn use only the smallest.
   */
  readonly isVariant?: true;
}

/** A skipped section as {@link BundleShape.skipped} has it. */
export function describeSkipped(section: Pick<SkippedSection, "kind" | "line" | "reason">): string {
  return `${section.kind} on line ${section.line}: ${section.reason}`;
}

function lineCount(text: string): number {
  return text.trimEnd().split("\n").length;
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";

/**
 * Writes them all.
 *
 * @param authority its certificate is in each of them
 */
export async function bundleShapes(authority: Authority): Promise<readonly BundleShape[]> {
  const other = await createAuthority("Another Root");
  const { certificate } = authority;
  const body = shape.bodyOf(authority);
  const lines = body.trimEnd().split("\n");
  const oneLine = lines.join("");
  const text = (name: string, content: string, more: Partial<BundleShape> = {}): BundleShape => ({
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
      text(`a body of ${columns} columns`, shape.block("CERTIFICATE", authority.der, columns), {
        ...(columns === 63 ? {} : { isVariant: true }),
      })
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
      { labels: ["TRUSTED CERTIFICATE", "CERTIFICATE"], lines: [2, 2 + lineCount(trusted(serverAuth))] },
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
    text("X.509 version 1", shape.block("CERTIFICATE", shape.asVersion1(authority.der)), {
      inspected: ["version_1"],
    }),
    text("a revocation list after", certificate + await authority.revocationList(), {
      skipped: ["X509 CRL on line 11: revocation lists are not used"],
    }),
    text("a revocation list before", await authority.revocationList() + certificate, {
      skipped: ["X509 CRL on line 1: revocation lists are not used"],
    }),
    text(
      "a revocation list of four characters",
      `${certificate}-----BEGIN X509 CRL-----\nMIIC\n-----END X509 CRL-----\n`,
      { skipped: ["X509 CRL on line 11: revocation lists are not used"] },
    ),
    text("an empty revocation list", `${certificate}-----BEGIN X509 CRL-----\n-----END X509 CRL-----\n`, {
      skipped: ["X509 CRL on line 11: revocation lists are not used"],
    }),
    text(
      "a revocation list with bad base64",
      `-----BEGIN X509 CRL-----\n!!!!\n-----END X509 CRL-----\n${certificate}`,
      {
        skipped: [
          'X509 CRL on line 1: revocation lists are not used, and its body has the character "!" on line 2',
        ],
        warnings: ["ca_section_skipped"],
      },
    ),
    text("a revocation list without its end", `${certificate}-----BEGIN X509 CRL-----\nMIIC\n`, {
      skipped: ["X509 CRL on line 11: revocation lists are not used, and it has no END line"],
      warnings: ["ca_section_skipped"],
    }),
    text("a private key beside it", certificate + authority.privateKey, {
      skipped: ["PRIVATE KEY on line 11: a private key is not a certificate"],
      warnings: ["ca_private_key"],
    }),
    text(
      "an encrypted private key beside it",
      certificate + shape.block("ENCRYPTED PRIVATE KEY", authority.der),
      {
        skipped: ["ENCRYPTED PRIVATE KEY on line 11: a private key is not a certificate"],
        warnings: ["ca_private_key"],
      },
    ),
    text(
      "a legacy encrypted key beside it",
      `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n${certificate}`,
      {
        skipped: ["RSA PRIVATE KEY on line 1: a private key is not a certificate"],
        warnings: ["ca_private_key"],
      },
    ),
    text("a signing request beside it", certificate + shape.block("CERTIFICATE REQUEST", authority.der), {
      skipped: ["CERTIFICATE REQUEST on line 11: a signing request is not a certificate"],
    }),
    text(
      "a section nobody knows, with headers",
      `-----BEGIN PGP PUBLIC KEY BLOCK-----\nVersion: 1\n\nabc\n=x/y=\n-----END PGP PUBLIC KEY BLOCK-----\n${certificate}`,
      { skipped: ["PGP PUBLIC KEY BLOCK on line 1: this kind of section is not a certificate"] },
    ),
    text("a section nobody knows, left open", `${certificate}-----BEGIN FOO-----\nabc\n`, {
      skipped: ["FOO on line 11: this kind of section is not a certificate, and it has no END line"],
      warnings: ["ca_section_skipped"],
    }),
  ];
}
