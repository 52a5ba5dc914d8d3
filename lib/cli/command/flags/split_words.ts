/**
 * Splits the command line of another program into words, without a shell.
 *
 * @module
 */

/**
 * Splits at blanks outside quotes. Text in single quotes is taken as it is; in double quotes a backslash stands before
 * `"` and `\`. Outside quotes a backslash takes the next character as it is, except on Windows, where it separates the
 * parts of a path. Nothing is expanded.
 *
 * @param isWindows default: whether this is Windows
 * @throws Error when a quote is not closed
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
