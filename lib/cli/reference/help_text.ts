/**
 * Renders `--help`. The parser's own text does not name the values of flags and is wider than a terminal.
 *
 * @module
 */
import { columns, type Row, WIDTH, wrap } from "./layout.ts";
import type { FlagManual, Manual } from "./manual.ts";

/**
 * Renders the help of one command in lines of at most 80 columns.
 *
 * @param topics names and summaries of the help topics, where they are listed
 */
export function helpText(manual: Manual, topics: readonly Row[] = []): string {
  const { description, positionals, commands, flags, examples, seeAlso } = manual;
  const sections: (readonly string[])[] = [
    ["USAGE", `  ${usageLine(manual)}`],
    wrap(description),
    section("ARGUMENTS", columns(positionals.map(({ name, brief }) => [name, brief]))),
    section("COMMANDS", columns(commands.map(({ name, brief }) => [name, brief]))),
    section("TOPICS (culvert help TOPIC)", columns(topics)),
    section("FLAGS", columns(flagRows(flags))),
    section("EXAMPLES", examples.flatMap(exampleLines)),
    seeAlso.length === 0 ? [] : wrap(`See also: ${seeAlso.join(", ")}`),
  ];
  return `${sections.filter((lines) => lines.length > 0).map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

/** Returns the usage line, such as `culvert respond [FLAGS] [PROMPT...]`. */
export function usageLine({ path, positionals, commands }: Manual): string {
  if (commands.length > 0) return `${path.join(" ")} COMMAND`;
  return [...path, "[FLAGS]", ...positionals.map(({ name }) => name)].join(" ");
}

/** Returns the term of a flag, such as `-m, --model NAME`. */
export function flagTerm({ names, value, repeatable }: FlagManual): string {
  const dots = repeatable && value !== undefined ? "..." : "";
  return `${names.join(", ")}${value === undefined ? "" : ` ${value}`}${dots}`;
}

/** Breaks a command that is too wide before a word of the shell, with the backslash that continues a line. */
function exampleLines(command: string): readonly string[] {
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? [];
  const lines: string[] = [];
  let current = " ";
  for (const [index, word] of words.entries()) {
    // Every line but the last ends with a space and a backslash.
    const end = index === words.length - 1 ? 0 : 2;
    if (current.trim() !== "" && current.length + 1 + word.length + end > WIDTH) {
      lines.push(`${current} \\`);
      current = "   ";
    }
    current += ` ${word}`;
  }
  return [...lines, current];
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
