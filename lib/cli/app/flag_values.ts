/**
 * Words such as `--model=` and `--json=x`, of which the parser and the person who typed them think differently.
 *
 * @module
 */
import { HELP_FLAG } from "../command/program_flags.ts";
import { kebab } from "../command/kebab.ts";
import { manualOf, type Target, targetAt } from "../reference/manual.ts";

/**
 * Takes apart `--flag=value` where the parser would take the whole for an argument, and a prompt would be sent that
 * nobody wrote: where the value is empty, as an unset variable of the shell leaves it, and where it has a newline.
 * (Seen in `@stricli/core` 1.3.0, whose pattern for such words is `=(.+)$`.)
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
 * The first flag that takes no value and was given one behind `=`, an empty one too: taken apart, its value would
 * be a word of the prompt.
 *
 * @param root the command that the words name, or all
 * @returns the flag as it was typed, without the value
 */
export function needlessValue(args: readonly string[], root: Target): string | undefined {
  const words = args.slice(0, endOfFlags(args));
  let target: Target | undefined;
  return words.flatMap((word) => /^(--?[a-z][\w.-]*)=/i.exec(word)?.[1] ?? []).find((flag) => {
    // Several short ones, of which none could be meant.
    if (/^-[a-z]{2,}$/i.test(flag)) return true;
    target ??= targetOf(words, root);
    const name = kebab(flag);
    return manualOf(target, [], [HELP_FLAG]).flags
      .some(({ names, value }) =>
        value === undefined && (names.includes(name) || names.includes(name.replace(/^--no-/, "--")))
      );
  });
}

/** The command or group that the first words lead to. */
function targetOf(words: readonly string[], root: Target): Target {
  let target = root;
  for (let count = 1; count <= words.length; count++) {
    const next = targetAt(root, words.slice(0, count));
    if (next === undefined) break;
    target = next;
  }
  return target;
}

function endOfFlags(args: readonly string[]): number {
  return args.includes("--") ? args.indexOf("--") : args.length;
}
