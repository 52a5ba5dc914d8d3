/**
 * Selects the bundle: the first of `--ca-cert`, `CODEX_CA_CERTIFICATE` and `SSL_CERT_FILE` that is set and
 * not empty. If that file cannot be used, the next is not tried, and the result is an error.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import type { Environment } from "../../world/world.ts";
import type { BundleSource } from "./bundle.ts";

/** The variables, in order of precedence. */
export const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"] as const;

/** The name of the flag in error messages. */
export const CA_FLAG = "--ca-cert";

/** Input of {@link selectBundle}. */
interface SelectionInput {
  /** The value of `--ca-cert`, if it was given. Empty counts as not given. */
  readonly flag?: string | undefined;
  /** Names what gave that value. Default `--ca-cert`. */
  readonly flagName?: string;
  readonly env: Environment;
  /** Absolute working directory, for a relative path. */
  readonly cwd: string;
}

/** A selected bundle. */
export interface Selection {
  readonly source: BundleSource;
  /** The path as the user wrote it. */
  readonly value: string;
}

/**
 * Selects the bundle. Values are taken literally, blanks included; a relative path is made absolute.
 *
 * @param input flag, environment and working directory
 * @returns the selection, or `undefined` if none is set
 */
export function selectBundle(input: SelectionInput): Selection | undefined {
  const { flag, flagName = CA_FLAG, env, cwd } = input;
  if (flag !== undefined && flag !== "") return chosen("flag", flagName, flag, cwd);
  for (const name of CA_VARIABLES) {
    const value = env(name);
    if (value !== undefined && value !== "") return chosen("variable", name, value, cwd);
  }
  return undefined;
}

function chosen(kind: "flag" | "variable", name: string, value: string, cwd: string): Selection {
  return { source: { kind, name, path: absolutePath(value, cwd) }, value };
}
