/**
 * Splits the command line of another program into words, without a shell.
 *
 * @module
 */

/**
 * Splits at blanks outside quotes. Text in single quotes is literal; in double quotes a backslash escapes `"`
 * and `\`. Outside quotes a backslash escapes the next character, except on Windows, where it separates the
 * parts of a path. There is no expansion.
 *
 * @param isWindows default: whether this is Windows
 * @throws Error if a quote is not closed
 */
export function splitWords(
  text: string,
  isWindows: boolean = Deno.build.os === "windows",
): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote !== "") {
      if (char === quote) quote = "";
      else if (quote === '"' && char === "\\" && (next === '"' || next === "\\")) word += text.charAt(++at);
      else word += char;
    } else if (char === "'" || char === '"') {
      quote = char;
      word ??= "";
    } else if (/\s/.test(char)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (char === "\\" && !isWindows && next !== "") {
      word = (word ?? "") + text.charAt(++at);
    } else {
      word = (word ?? "") + char;
    }
  }
  if (quote !== "") throw new Error(`a ${quote} is not closed`);
  if (word !== undefined) words.push(word);
  return words;
}
