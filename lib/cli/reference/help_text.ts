/**
 * Renders `--help`. The parser's own text does not name the values of flags and is wider than a terminal.
 *
 * @module
 */
import { columns, type Row, wrap } from "./layout.ts";
import type { FlagManual, Manual } from "./manual.ts";

/** Renders the help of one command in lines of at most 80 columns. */
export function helpText(manual: Manual): string {
  const { description, positionals, commands, flags, examples, seeAlso } = manual;
  const sections: (readonly string[])[] = [
    ["USAGE", `  ${usageLine(manual)}`],
    wrap(description),
    section("ARGUMENTS", columns(positionals.map(({ name, brief }) => [name, brief]))),
    section("COMMANDS", columns(commands.map(({ name, brief }) => [name, brief]))),
    section("FLAGS", columns(flagRows(flags))),
    section("EXAMPLES", examples.map((line) => `  ${line}`)),
    seeAlso.length === 0 ? [] : wrap(`See also: ${seeAlso.join(", ")}`),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** `culvert respond [FLAGS] [PROMPT...]`. */
export function usageLine({ path, positionals, commands }: Manual): string {
  if (commands.length > 0) return `${path.join(" ")} COMMAND`;
  return [...path, "[FLAGS]", ...positionals.map(({ name }) => name)].join(" ");
}

/** `-m, --model NAME`. */
export function flagTerm({ names, value, repeatable }: FlagManual): string {
  const dots = repeatable && value !== undefined ? "..." : "";
  return `${names.join(", ")}${value === undefined ? "" : ` ${value}`}${dots}`;
}

function section(heading: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [heading, ...lines];
}

function flagRows(flags: readonly FlagManual[]): Row[] {
  return flags.map((flag) => {
    // Long names are aligned, with or without a short name before them.
    const indent = flag.names.length === 1 ? "    " : "";
    return [`${indent}${flagTerm(flag)}`, flag.brief];
  });
}
