/**
 * The lines of a shell that set variables.
 *
 * @module
 */

/** Shells whose syntax is known. */
export type Shell = "sh" | "fish" | "pwsh";

/**
 * The line that sets one variable. Each ends in a semicolon, so that `eval $(…)` works without quotes too.
 *
 * @param shell whose syntax
 * @param name a plain identifier
 * @param value any text without NUL
 */
export function exportLine(shell: Shell, name: string, value: string): string {
  switch (shell) {
    case "sh":
      return `export ${name}='${value.replaceAll("'", `'\\''`)}';`;
    case "fish":
      return `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}';`;
    case "pwsh":
      return `$env:${name} = '${value.replaceAll("'", "''")}';`;
  }
}

/**
 * The shell to write for when none is named.
 *
 * @param shell the value of `SHELL`
 */
export function guessShell(shell: string | undefined): Shell {
  if (shell === undefined || shell === "") return Deno.build.os === "windows" ? "pwsh" : "sh";
  if (/(^|[/\\])fish(\.exe)?$/.test(shell)) return "fish";
  return /(^|[/\\])(pwsh|powershell)(\.exe)?$/.test(shell) ? "pwsh" : "sh";
}
