/**
 * The lines of a shell that set variables.
 *
 * @module
 */

/** Shells whose syntax is known. `bash` and `zsh` have that of `sh`. */
export type Shell = "sh" | "bash" | "zsh" | "fish" | "pwsh";

/**
 * Returns the line that sets a variable. It ends in a semicolon, so that `eval $(…)` works without quotes too.
 *
 * @param shell the shell
 * @param name a plain identifier
 * @param value any text without NUL
 */
export function exportLine(shell: Shell, name: string, value: string): string {
  switch (shell) {
    case "sh":
    case "bash":
    case "zsh":
      return `export ${name}='${value.replaceAll("'", `'\\''`)}';`;
    case "fish":
      return `set -gx ${name} '${value.replace(/[\\']/g, "\\$&")}';`;
    case "pwsh":
      return `$env:${name} = '${value.replaceAll("'", "''")}';`;
  }
}

/**
 * Guesses the shell of the user.
 *
 * @param shell the value of `SHELL`
 */
export function guessShell(shell: string | undefined): Shell {
  if (shell === undefined || shell === "") return Deno.build.os === "windows" ? "pwsh" : "sh";
  if (/(^|[/\\])fish(\.exe)?$/.test(shell)) return "fish";
  return /(^|[/\\])(pwsh|powershell)(\.exe)?$/.test(shell) ? "pwsh" : "sh";
}
