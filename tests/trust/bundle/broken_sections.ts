/**
 * Sections and files without a usable certificate: one table for the tests of the reader and of the program.
 */
import type { Authority } from "../../../lib/pki/pki.ts";
import * as shape from "./shapes.ts";

/** One section that cannot be used. */
export interface BrokenSection {
  readonly name: string;
  readonly text: string;
  /** Part of the reason. */
  readonly reason: string;
  /** Line of the section, 1-based. Default 1. */
  readonly line?: number;
}

const BEGIN = "-----BEGIN CERTIFICATE-----\n";
const END = "-----END CERTIFICATE-----\n";

/**
 * Writes them all.
 *
 * @param authority its certificate is used in the broken sections
 */
export function brokenSections(authority: Authority): readonly BrokenSection[] {
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
    { name: "text before BEGIN", text: `ca: ${certificate}`, reason: "has no BEGIN line", line: 10 },
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
      reason: "after the padding on line 3",
    },
    {
      name: "a wrong count of padding",
      text: `${BEGIN}AAA==\n${END}`,
      reason: 'ends in 2 "=" instead of 1',
    },
    { name: "one character left over", text: `${BEGIN}AAAAA\n${END}`, reason: "truncated" },
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

/** A file without any certificate: name, content, and a part of the message about it. */
export type EmptyFile = readonly [name: string, bytes: Uint8Array, says: string];

/**
 * Writes them all.
 *
 * @param authority its key, its revocation list and its certificate in part are among them
 */
export async function filesWithoutCertificate(authority: Authority): Promise<readonly EmptyFile[]> {
  const { privateKey, der } = authority;
  return [
    ["empty", new Uint8Array(), "the file is empty"],
    ["blank", shape.utf8(" \n\t\n"), "only blanks"],
    ["prose", shape.utf8("ask IT for the bundle"), "no PEM section"],
    ["a web page", shape.utf8("<!DOCTYPE html><html>Sign in</html>"), "web page"],
    ["base64 alone", shape.utf8(shape.base64(der)), "without its BEGIN and END"],
    ["a key only", shape.utf8(privateKey), "PRIVATE KEY on line 1"],
    ["a revocation list only", shape.utf8(await authority.revocationList()), "X509 CRL on line 1"],
    ["PKCS#12", shape.der(0x30, new Uint8Array([2, 1, 3]), new Uint8Array(200)), "openssl pkcs12"],
    ["a Java key store", new Uint8Array([0xfe, 0xed, 0xfe, 0xed, 0, 0, 0, 2]), "keytool"],
    ["DER cut short", der.subarray(0, 200), "cut short"],
  ];
}
