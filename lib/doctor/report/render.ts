/**
 * Renders the report as text: it fits the terminal, is complete without color, and contains no control
 * characters.
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import { createStyle, type Style } from "../../text/style.ts";
import { LINE_WIDTH, plainText, wrapText } from "../../text/wrap.ts";
import type { CheckStatus } from "../check.ts";
import type { Report, ReportedCheck } from "./report.ts";

/** Options of {@link renderReport}. */
export interface RenderOptions {
  readonly color: boolean;
  /** Prints the facts of every check instead of only those with a problem. */
  readonly verbose: boolean;
  /** Columns of the terminal. Default 80; narrower than 40 counts as 40. */
  readonly columns?: number;
}

const STATUS_WIDTH = 6;
const ID_WIDTH = 12;
const INDENT = " ".repeat(STATUS_WIDTH + ID_WIDTH);
/** Below this width the indentation leaves too little of a line. */
const MIN_COLUMNS = 40;

/** The word for each status. The color only repeats it. */
const WORDS: Readonly<Record<CheckStatus, { readonly word: string; readonly color: keyof Style }>> = {
  ok: { word: "ok", color: "good" },
  warn: { word: "WARN", color: "warning" },
  fail: { word: "FAIL", color: "error" },
  skipped: { word: "-", color: "faint" },
};

/**
 * Renders a report with a final newline. Only a command and a single word may be wider than the terminal: they are
 * never broken.
 */
export function renderReport(report: Report, options: RenderOptions): string {
  const columns = Math.max(MIN_COLUMNS, options.columns ?? LINE_WIDTH);
  const lines = [
    ...wrapText(`culvert doctor ${report.target ?? "(no target)"}`, "", "  ", columns),
    "",
    ...report.checks.flatMap((check) => renderCheck(check, options, columns)),
    "",
    ...wrapText(`Result:  ${report.status}. ${report.summary}.`, "", "         ", columns),
    ...renderCommand(report.next, columns),
  ];
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}

/** Renders the command to run next on one line, so that it can be copied. */
function renderCommand(next: string, columns: number): readonly string[] {
  return `Next:    ${next}`.length <= columns
    ? [`Next:    ${plainText(next)}`]
    : ["Next:", `  ${plainText(next)}`];
}

function renderCheck(check: ReportedCheck, options: RenderOptions, columns: number): readonly string[] {
  const { word, color } = WORDS[check.status];
  const label = word.padEnd(STATUS_WIDTH);
  const id = `${plainText(check.id).padEnd(ID_WIDTH - 1)} `;
  const head = wrapText(check.summary, `${label}${id}`, INDENT, columns);
  if (options.color && head[0] !== undefined) {
    head[0] = `${createStyle(true)[color](label)}${head[0].slice(STATUS_WIDTH)}`;
  }
  const isProblem = check.status === "warn" || check.status === "fail";
  const entries = Object.entries(check.details).filter(([, value]) => options.verbose || !isTable(value));
  const facts = options.verbose || isProblem ? entries.flatMap((entry) => renderFact(entry, columns)) : [];
  const remedy = check.remediation === null
    ? []
    : check.remediation.split("\n").flatMap((line, index) =>
      wrapText(line, `${INDENT}${index === 0 ? "> " : "  "}`, `${INDENT}  `, columns)
    );
  return [...head, ...remedy, ...facts];
}

/**
 * Returns whether a fact is a list of objects, such as a certificate chain, which is printed only with `-v`.
 */
function isTable(value: DetailValue): boolean {
  return isList(value) && value.some((entry) => typeof entry === "object" && entry !== null);
}

/** Renders one line per fact. A nested fact is named by its path. */
function renderFact([name, value]: readonly [string, DetailValue], columns: number): readonly string[] {
  if (typeof value === "object" && value !== null && !isList(value)) {
    return Object.entries(value).flatMap(([key, entry]) => renderFact([`${name}.${key}`, entry], columns));
  }
  if (isList(value) && isTable(value)) {
    return value.flatMap((entry, index) => fact(`${name}[${index}]`, inOneLine(entry), columns));
  }
  return fact(name, inOneLine(value), columns);
}

function fact(name: string, text: string, columns: number): readonly string[] {
  return text === "" ? [] : wrapText(`${name}: ${text}`, `${INDENT}  `, `${INDENT}    `, columns);
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
