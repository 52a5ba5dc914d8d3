/**
 * Explains errors in the paths of bundles, which are the usual reason why a bundle is not found.
 *
 * @module
 */

/**
 * Explains the error in a path that could not be read.
 *
 * @param value the path as the user typed it
 * @returns a sentence, or `undefined` if the path has no known error
 */
export function pathHint(value: string): string | undefined {
  if (/-----BEGIN /i.test(value)) return "The value is a certificate, not the path of a file with one.";
  if (/^(["']).*\1$/s.test(value)) return "The value has quotes around it, which are part of the path.";
  if (/^~/.test(value)) return "The value begins with ~, which only a shell replaces.";
  if (/^file:/i.test(value)) return "The value is a URL; a path is needed.";
  if (/^https?:/i.test(value)) return "The value is a URL; download the file and give its path.";
  if (value.trim() === "") {
    return "The value consists of blanks, which is a valid path; only an empty value counts as unset.";
  }
  if (value !== value.trim()) return "The value begins or ends with a blank, which is part of the path.";
  if (/\$\{?\w|%\w+%/.test(value)) return "The value contains a variable, which only a shell replaces.";
  if (/[^/\\]:\/|[^:];/.test(value.replace(/^[A-Za-z]:/, ""))) {
    return "The value looks like a list of paths; only one file is accepted.";
  }
  return undefined;
}
