/**
 * `--help`. The parser's own text leaves out what a flag's value is and runs past the edge of a terminal.
 *
 * @module
 */
import { columns, type Row, wrap } from "./layout.ts";
import type { FlagManual, Manual } from "./manual.ts";

/** The help of one command: at most 80 columns wide, and to be kept under 60 lines. */
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
    // Long names stand below each other, whether or not there is a short one before them.
    const indent = flag.names.length === 1 ? "    " : "";
    return [`${indent}${flagTerm(flag)}`, flag.brief];
  });
}
