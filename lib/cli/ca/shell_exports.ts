/**
 * Writes shell commands that set variables.
 *
 * @module
 */

/** The supported shells. `bash` and `zsh` use the syntax of `sh`. */
export type Shell = "sh" | "bash" | "zsh" | "fish" | "pwsh";

/**
 * Returns the command that sets a variable, without a newline. In `sh` it ends with a semicolon, so that an
 * unquoted `eval $(…)` also works.
 *
 * @param shell the shell that runs the command
 * @param name a variable name of letters, digits and underscores
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
 * Guesses the shell of the user from the name of its program. Any unknown shell counts as `sh`.
 *
 * @param shell the value of `SHELL`; if it is not set, PowerShell is assumed on Windows
 */
export function guessShell(shell: string | undefined): Shell {
  if (shell === undefined || shell === "") return Deno.build.os === "windows" ? "pwsh" : "sh";
  if (/(^|[/\\])fish(\.exe)?$/.test(shell)) return "fish";
  return /(^|[/\\])(pwsh|powershell)(\.exe)?$/.test(shell) ? "pwsh" : "sh";
}
