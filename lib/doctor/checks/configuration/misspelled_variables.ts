/**
 * Finds misspelled names of environment variables. The environment is only asked for names, since listing it would
 * read every secret in it; so the likely misspellings of each name are tried.
 *
 * @module
 */
import type { Environment } from "../../../world/world.ts";

/** The variables that decide where a request goes, whom it trusts and which credential it has. */
const NAMES: readonly string[] = [
  "CULVERT_API_KEY",
  "CODEX_API_KEY",
  "OPENAI_API_KEY",
  "CODEX_ACCESS_TOKEN",
  "OPENAI_BASE_URL",
  "CODEX_HOME",
  "CODEX_CA_CERTIFICATE",
  "SSL_CERT_FILE",
  ...["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]),
];

/**
 * Returns the variables that are set and are names of {@link NAMES} with one letter missing, one letter doubled, or two
 * neighboring letters exchanged.
 *
 * @returns pairs of the name that is set and the name that is probably meant
 */
export function misspelledVariables(env: Environment): readonly (readonly [found: string, meant: string])[] {
  const found = NAMES.flatMap((name) =>
    misspellings(name)
      .filter((variant) => !NAMES.includes(variant) && (env(variant) ?? "") !== "")
      .map((variant) => [variant, name] as const)
  );
  // Windows ignores the case of names, so that both cases find the same variable.
  const isFirst = ([variant]: readonly [string, string], index: number) =>
    found.findIndex(([other]) => other.toUpperCase() === variant.toUpperCase()) === index;
  return found.filter(isFirst);
}

function misspellings(name: string): readonly string[] {
  const letters = [...name];
  const variants = letters.flatMap((letter, index) => {
    const [before, after] = [name.slice(0, index), name.slice(index + 1)];
    const exchanged = after === "" ? [] : [`${before}${after.charAt(0)}${letter}${after.slice(1)}`];
    return [`${before}${after}`, `${before}${letter}${letter}${after}`, ...exchanged];
  });
  return [...new Set(variants)].filter((variant) => variant !== name);
}
