/**
 * Renders the report as text.
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";

const INDENT = "  ";

/** Returns the report as indented lines of names and values, without empty ones. */
export function renderReport(report: DetailValue): string {
  return `${lines(report, "").join("\n")}\n`;
}

function lines(value: DetailValue, indent: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [`${indent}${plain(value)}`];
  return entries(value).flatMap(([name, entry]) => {
    if (isEmpty(entry)) return [];
    if (typeof entry === "object" && entry !== null) {
      return [`${indent}${name}:`, ...lines(entry, indent + INDENT)];
    }
    return [`${indent}${name}: ${plain(entry)}`];
  });
}

function entries(value: object): readonly (readonly [string, DetailValue])[] {
  if (!Array.isArray(value)) return Object.entries(value);
  return value.map((entry: DetailValue, index) => [String(index + 1), entry] as const);
}

function isEmpty(value: DetailValue): boolean {
  if (value === null || value === "") return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}

/** Returns a text on one line without control characters. */
function plain(value: DetailValue): string {
  return String(value).replace(/\s+/g, " ").replace(/\p{Cc}/gu, "?");
}
