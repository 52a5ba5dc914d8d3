/**
 * The report for people: 80 columns, readable without colour, nothing in it that could move a cursor.
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import { LINE_WIDTH, plainText, wrapText } from "../../text/wrap.ts";
import type { CheckStatus } from "../check.ts";
import type { Report, ReportedCheck } from "./report.ts";

/** How to print. */
export interface RenderOptions {
  readonly color: boolean;
  /** Facts of every check instead of those of the conspicuous ones alone. */
  readonly verbose: boolean;
}

const STATUS_WIDTH = 6;
const ID_WIDTH = 12;
const INDENT = " ".repeat(STATUS_WIDTH + ID_WIDTH);

/** The word says it; the colour only repeats it. */
const WORDS: Readonly<Record<CheckStatus, { readonly word: string; readonly color: string }>> = {
  ok: { word: "ok", color: "32" },
  warn: { word: "WARN", color: "33" },
  fail: { word: "FAIL", color: "31" },
  skipped: { word: "-", color: "90" },
};

/** The report as text with a final newline; no line is wider than 80 columns but a long command. */
export function renderReport(report: Report, options: RenderOptions): string {
  const lines = [
    ...wrapText(`culvert doctor ${report.target ?? "(no target)"}`, "", "  "),
    "",
    ...report.checks.flatMap((check) => renderCheck(check, options)),
    "",
    ...wrapText(`Verdict: ${report.status}. ${report.summary}.`, "", "         "),
    ...command(report.next),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** A command is never broken across lines: it is there to be copied. */
function command(next: string): readonly string[] {
  return `Next:    ${next}`.length <= LINE_WIDTH
    ? [`Next:    ${plainText(next)}`]
    : ["Next:", `  ${plainText(next)}`];
}

function renderCheck(check: ReportedCheck, options: RenderOptions): readonly string[] {
  const { word, color } = WORDS[check.status];
  const label = word.padEnd(STATUS_WIDTH);
  const id = `${plainText(check.id).padEnd(ID_WIDTH - 1)} `;
  const head = wrapText(check.summary, `${label}${id}`, INDENT);
  if (options.color && head[0] !== undefined) {
    head[0] = `\x1b[${color}m${label}\x1b[0m${head[0].slice(STATUS_WIDTH)}`;
  }
  const conspicuous = check.status === "warn" || check.status === "fail";
  const facts = options.verbose || conspicuous ? Object.entries(check.details).flatMap(renderFact) : [];
  const remedy = check.remediation === null
    ? []
    : check.remediation.split("\n").flatMap((line, index) =>
      wrapText(line, `${INDENT}${index === 0 ? "> " : "  "}`, `${INDENT}  `)
    );
  return [...head, ...facts, ...remedy];
}

/** Facts as lines, one a value; what lies deeper is named by its path. */
function renderFact([name, value]: readonly [string, DetailValue]): readonly string[] {
  if (typeof value === "object" && value !== null && !isList(value)) {
    return Object.entries(value).flatMap(([key, entry]) => renderFact([`${name}.${key}`, entry]));
  }
  if (isList(value) && value.some((entry) => typeof entry === "object" && entry !== null)) {
    return value.flatMap((entry, index) => fact(`${name}[${index}]`, inOneLine(entry)));
  }
  return fact(name, inOneLine(value));
}

function fact(name: string, text: string): readonly string[] {
  return text === "" ? [] : wrapText(`${name}: ${text}`, `${INDENT}  `, `${INDENT}    `);
}

function inOneLine(value: DetailValue): string {
  if (value === null) return "";
  if (typeof value !== "object") return String(value);
  if (isList(value)) return value.map(inOneLine).filter((part) => part !== "").join(", ");
  return Object.entries(value).map(([key, entry]) => `${key} ${inOneLine(entry)}`).join("; ");
}

function isList(value: DetailValue): value is readonly DetailValue[] {
  return Array.isArray(value);
}
