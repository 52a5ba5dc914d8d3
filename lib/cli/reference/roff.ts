/**
 * Renders manual pages with the `man` macros of roff.
 *
 * @module
 */
import { flagTerm, usageLine } from "./help_text.ts";
import type { Row } from "./layout.ts";
import type { Manual } from "./manual.ts";
import type { TopicSection } from "./topic.ts";

/** Options of {@link manualPage}. */
export interface PageOptions {
  readonly version: string;
  /** Sections that follow the flags. */
  readonly shared: readonly TopicSection[];
}

/** Renders the manual page of a command. */
export function manualPage(manual: Manual, { version, shared }: PageOptions): string {
  const { path, brief, description, positionals, commands, flags, examples, seeAlso } = manual;
  const name = path.join("-");
  const sections = [
    `.TH "${escape(name.toUpperCase())}" "1" "" "culvert ${escape(version)}" "User Commands"`,
    `.SH NAME\n${escape(name)} \\- ${escape(brief)}`,
    `.SH SYNOPSIS\n.nf\n${escape(usageLine(manual))}\n.fi`,
    `.SH DESCRIPTION\n${paragraphs(description)}`,
    list("ARGUMENTS", positionals.map((entry) => [entry.name, entry.brief])),
    list("COMMANDS", commands.map((entry) => [entry.name, entry.brief])),
    list("OPTIONS", flags.map((flag) => [flagTerm(flag), flag.brief])),
    ...shared.map(({ heading, text, rows }) =>
      rows === undefined
        ? `.SH ${heading.toUpperCase()}\n${paragraphs(text ?? "")}`
        : list(heading.toUpperCase(), rows)
    ),
    examples.length === 0 ? "" : `.SH EXAMPLES\n${verbatim(examples)}`,
    seeAlso.length === 0 ? "" : `.SH SEE ALSO\n${escape(seeAlso.join(", "))}`,
  ];
  return `${sections.filter((section) => section !== "").join("\n")}\n`;
}

function list(heading: string, rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const items = rows.map(([term, explanation]) => `.TP\n\\fB${escape(term)}\\fR\n${escape(explanation)}`);
  return [`.SH ${heading}`, ...items].join("\n");
}

/** Renders paragraphs, which an empty line separates; indented lines are kept. */
function paragraphs(text: string): string {
  return text.split("\n\n").map((paragraph) => {
    const lines = paragraph.split("\n");
    return lines.every((line) => line.startsWith(" ")) ? verbatim(lines) : lines.map(escape).join("\n");
  }).join("\n.PP\n");
}

function verbatim(lines: readonly string[]): string {
  return [".RS 4", ".nf", ...lines.map(escape), ".fi", ".RE"].join("\n");
}

/**
 * Escapes the text that roff would interpret: the escape character, typographic characters, and a dot at the
 * start.
 */
function escape(text: string): string {
  const escaped = text.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga").replaceAll("^", "\\(ha").replaceAll("~", "\\(ti").replaceAll('"', "\\(dq")
    .replaceAll("…", "...");
  return escaped.startsWith(".") ? `\\&${escaped}` : escaped;
}
