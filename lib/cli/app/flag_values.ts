/**
 * Prepares arguments that the parser would misinterpret: `--model=`, `--json=x`, `-mNAME`.
 *
 * @module
 */
import { HELP_FLAG } from "../command/program_flags.ts";
import { kebab } from "../command/kebab.ts";
import { manualOf, type Target, targetAt } from "../reference/manual.ts";
import { commandWords } from "./command_words.ts";

/**
 * Splits `--flag=value` if the parser would read it as a positional argument and send it as a prompt: if the
 * value is empty, because a variable of the shell was not set, and if it contains a newline. (Observed in
 * `@stricli/core` 1.3.0, whose pattern for such words is `=(.+)$`.)
 */
export function splitOddValues(args: readonly string[]): readonly string[] {
  const end = endOfFlags(args);
  return args.flatMap((word, at) => {
    const [, flag, value] = at < end
      ? /^(-[a-z]|--[a-z][a-z\d._-]+)=(|.*[\n\r\u2028\u2029].*)$/is.exec(word) ?? []
      : [];
    return flag === undefined || value === undefined ? [word] : [flag, value];
  });
}

/**
 * Splits `-mNAME` into `-m` and `NAME`. The parser reads the letters after a short flag as further short
 * flags.
 *
 * @param root the command that the words name, or all
 */
export function splitShortValues(args: readonly string[], root: Target): readonly string[] {
  const end = endOfFlags(args);
  let takingValue: ReadonlySet<string> | undefined;
  return args.flatMap((word, at) => {
    const [, flag, value] = at < end ? /^(-[A-Za-z])([^=].*)$/s.exec(word) ?? [] : [];
    if (flag === undefined || value === undefined) return [word];
    takingValue ??= new Set(
      manualOf(targetOf(args.slice(0, end), root), [], []).flags
        .filter((entry) => entry.value !== undefined).flatMap(({ names }) => names),
    );
    return takingValue.has(flag) ? [flag, value] : [word];
  });
}

/**
 * Finds the first flag that takes no value and has one after `=`, even an empty one. If it was split, its
 * value would become a part of the prompt.
 *
 * @param root the command that the words name, or all
 * @returns the flag as it was typed, without the value
 */
export function needlessValue(args: readonly string[], root: Target): string | undefined {
  const words = args.slice(0, endOfFlags(args));
  let target: Target | undefined;
  return words.flatMap((word) => /^(--?[a-z][\w.-]*)=/i.exec(word)?.[1] ?? []).find((flag) => {
    // Several short flags, which cannot have a value.
    if (/^-[a-z]{2,}$/i.test(flag)) return true;
    target ??= targetOf(words, root);
    const name = kebab(flag);
    return manualOf(target, [], [HELP_FLAG]).flags
      .some(({ names, value }) =>
        value === undefined && (names.includes(name) || names.includes(name.replace(/^--no-/, "--")))
      );
  });
}

/**
 * Finds a long flag that was typed with one dash, such as `-model`. The parser would read it as `-m odel`.
 *
 * @param root the command that the words name, or all
 * @returns the long flag without its value
 */
export function singleDash(args: readonly string[], root: Target): string | undefined {
  const words = args.slice(0, endOfFlags(args));
  const names = words.flatMap((word) => /^-([a-z][\w-]+)(?:=|$)/i.exec(word)?.[1] ?? []).map(kebab);
  if (names.length === 0) return undefined;
  const { flags } = manualOf(targetOf(words, root), [], [HELP_FLAG]);
  return names.map((name) => `--${name}`).find((flag) =>
    flags.some(({ names: known }) => known.includes(flag))
  );
}

/** Returns the command or group that the first words name. */
function targetOf(words: readonly string[], root: Target): Target {
  return targetAt(root, commandWords(words, root)) ?? root;
}

function endOfFlags(args: readonly string[]): number {
  return args.includes("--") ? args.indexOf("--") : args.length;
}
