/**
 * The syntax of `$CODEX_HOME/.env`, as the codex client reads it (0.171.0). `parseEnv` of `node:util` reads
 * another one: it truncates `a#b` to `a`, which damages passwords, and does not expand variables.
 *
 * @module
 */

/** An assignment: `NAME=value`, with an optional `export` and blanks around name and value. */
const ASSIGNMENT = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*(.*)$/;
const SINGLE_QUOTED = /^'([^']*)'[ \t]*(?:#.*)?$/;
const DOUBLE_QUOTED = /^"((?:[^"\\]|\\.)*)"[ \t]*(?:#.*)?$/;
/** A comment needs a blank before it, so that `a#b` is a value. */
const COMMENT = /[ \t]+#.*$/;

/**
 * Reads assignments. Lines without an assignment are skipped; the last of two assignments to one name is
 * used. `${NAME}` is replaced by the value of a name above it or of the environment, except in single quotes.
 *
 * @param text the content of the file
 * @param env the environment, for `${NAME}`
 * @returns values by name, and the 1-based lines that are neither blank, a comment nor an assignment
 */
export function parseEnvFile(
  text: string,
  env: (name: string) => string | undefined,
): { readonly values: ReadonlyMap<string, string>; readonly skipped: readonly number[] } {
  const values = new Map<string, string>();
  const skipped: number[] = [];
  for (const [index, line] of text.split(/\r\n|\n|\r/).entries()) {
    const match = ASSIGNMENT.exec(line);
    const [, name, written] = match ?? [];
    if (name === undefined || written === undefined) {
      if (line.trim() !== "" && !line.trimStart().startsWith("#")) skipped.push(index + 1);
      continue;
    }
    values.set(name, valueOf(written, (other) => values.get(other) ?? env(other)));
  }
  return { values, skipped };
}

function valueOf(written: string, lookUp: (name: string) => string | undefined): string {
  const literal = SINGLE_QUOTED.exec(written)?.[1];
  if (literal !== undefined) return literal;
  const quoted = DOUBLE_QUOTED.exec(written)?.[1];
  if (quoted !== undefined) return expand(quoted.replace(/\\(["\\])/g, "$1"), lookUp);
  const plain = written.startsWith("#") ? "" : written.replace(COMMENT, "");
  return expand(plain.trim(), lookUp);
}

function expand(value: string, lookUp: (name: string) => string | undefined): string {
  return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_, name: string) => lookUp(name) ?? "");
}
