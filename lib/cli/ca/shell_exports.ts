/**
 * The variables by which programs find a CA bundle, and the lines that set them.
 *
 * @module
 */

/** Shells whose syntax is known. */
export type Shell = "sh" | "fish" | "pwsh";

/**
 * Variable by program. Most of them replace the program's own roots, so the file they name must hold all that is
 * to be trusted.
 */
export const CA_PROGRAMS: readonly (readonly [program: string, variable: string])[] = [
  ["codex", "CODEX_CA_CERTIFICATE"],
  ["OpenSSL, Python, Ruby, Go", "SSL_CERT_FILE"],
  ["Python requests", "REQUESTS_CA_BUNDLE"],
  ["curl", "CURL_CA_BUNDLE"],
  ["Node", "NODE_EXTRA_CA_CERTS"],
  ["Git", "GIT_SSL_CAINFO"],
  ["Cargo", "CARGO_HTTP_CAINFO"],
  ["pip", "PIP_CERT"],
  ["Bundler", "BUNDLE_SSL_CA_CERT"],
  ["npm", "npm_config_cafile"],
  ["npm", "NPM_CONFIG_CAFILE"],
  ["Deno", "DENO_CERT"],
];

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
