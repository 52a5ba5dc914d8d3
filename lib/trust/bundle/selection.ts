/**
 * Which bundle: the flag, then `CODEX_CA_CERTIFICATE`, then `SSL_CERT_FILE`, the first that is set and not
 * empty. There is no falling through to the next when the file turns out bad: a bundle that was asked for and
 * cannot be had is an error.
 *
 * @module
 */
import { absolutePath } from "../../world/absolute_path.ts";
import type { Environment } from "../../world/world.ts";
import type { BundleSource } from "./bundle.ts";

/** The variables in their order. */
export const CA_VARIABLES = ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"] as const;

/** The flag's name, as errors repeat it. */
export const CA_FLAG = "--ca-cert";

/** What {@link selectBundle} chooses from. */
export interface SelectionInput {
  /** The value of `--ca-cert`, if it was given. Empty counts as not given. */
  readonly flag?: string | undefined;
  readonly env: Environment;
  /** Absolute working directory, for a relative path. */
  readonly cwd: string;
}

/** A bundle that was chosen. */
export interface Selection {
  readonly source: BundleSource;
  /** The path as it was typed. */
  readonly value: string;
}

/**
 * Chooses the bundle. Values are taken as they are, blanks included; only a relative path is made absolute.
 *
 * @param input flag, environment and working directory
 * @returns the choice, or `undefined` where nothing is set
 */
export function selectBundle(input: SelectionInput): Selection | undefined {
  const { flag, env, cwd } = input;
  if (flag !== undefined && flag !== "") return chosen("flag", CA_FLAG, flag, cwd);
  for (const name of CA_VARIABLES) {
    const value = env(name);
    if (value !== undefined && value !== "") return chosen("variable", name, value, cwd);
  }
  return undefined;
}

function chosen(kind: "flag" | "variable", name: string, value: string, cwd: string): Selection {
  return { source: { kind, name, path: absolutePath(value, cwd) }, value };
}
