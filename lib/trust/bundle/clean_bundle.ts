/**
 * Writes certificates as one PEM file that every program can read: plain blocks, each once, each under its subject.
 *
 * @module
 */
import { outlineCertificate } from "../certificate/certificate_outline.ts";
import { formatName } from "../encoding/distinguished_name.ts";
import { readSections } from "./bundle_sections.ts";

/** Longest subject in a comment, characters. */
const LONGEST_SUBJECT = 120;

/**
 * Returns certificates as the text of a PEM file.
 *
 * @param pems canonical blocks, in order; repeated ones are dropped
 * @returns the text with a final newline, and the number of certificates in it
 */
export function cleanBundle(pems: Iterable<string>): { readonly text: string; readonly count: number } {
  const blocks = [...new Set(pems)].map((pem) => `# ${subjectOf(pem)}\n${pem}`);
  return { text: blocks.join("\n"), count: blocks.length };
}

function subjectOf(pem: string): string {
  const [candidate] = readSections(new TextEncoder().encode(pem)).candidates;
  const result = candidate === undefined ? undefined : outlineCertificate(candidate.der);
  const subject = result?.ok === true ? formatName(result.outline.subject) : "(unreadable)";
  return subject.length > LONGEST_SUBJECT ? `${subject.slice(0, LONGEST_SUBJECT)}…` : subject;
}
