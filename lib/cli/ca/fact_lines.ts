/**
 * Renders facts about certificates as two columns of text, at most 80 characters wide.
 *
 * @module
 */
import type { DescribedCertificate } from "../../trust/bundle/inspection.ts";
import { wrapText } from "../../text/wrap.ts";

/** A fact: its name and its value. */
export type FactRow = readonly [name: string, value: string];

const INDENT = "  ";
/** Width of the first column, characters. A fingerprint of 64 characters fits on the same line. */
const NAME_WIDTH = 13;

/** Renders one fact per line. A long value is wrapped within its column. */
export function factLines(rows: readonly FactRow[]): string[] {
  const rest = INDENT + " ".repeat(NAME_WIDTH);
  return rows.flatMap(([name, value]) => wrapText(value, `${INDENT}${name.padEnd(NAME_WIDTH)}`, rest));
}

/** Returns the facts that every certificate has. @param label of its PEM section, if it has one */
export function certificateRows(certificate: DescribedCertificate, label?: string): FactRow[] {
  const kinds = [
    certificate.is_ca ? "CA" : "not a CA",
    ...(certificate.self_signed ? ["self-signed"] : []),
    ...(label === undefined ? [] : [label]),
  ];
  return [
    ["subject", certificate.subject],
    ["issuer", certificate.self_signed ? "itself" : certificate.issuer],
    ["valid", `${certificate.not_before} to ${certificate.not_after}`],
    ["kind", kinds.join(", ")],
    ["key", `${certificate.key}, signed with ${certificate.signature_hash}`],
    ["SHA-256", certificate.sha256],
  ];
}
