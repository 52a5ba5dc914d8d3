/**
 * The possible values of a flag or a variable for a CA bundle, and the expected results: for the tests of the
 * loader and of the program.
 */
import type { ErrorCode } from "../../../lib/errors.ts";
import type { Authority } from "../../../lib/pki/pki.ts";
import { join } from "../../support/paths.ts";

/** States of one layer. */
export const BUNDLE_STATES = ["unset", "empty", "blank", "missing", "bad", "good"] as const;

/** One of them. */
export type BundleState = typeof BUNDLE_STATES[number];

/** The layer that decides. */
export interface Deciding {
  /** Name of the flag or variable. */
  readonly name: string;
  readonly state: Exclude<BundleState, "unset" | "empty">;
  /** Code of the failure; absent if the state is `good`. */
  readonly code?: ErrorCode;
  /** Parts of the message or the hint of the failure. */
  readonly says: readonly string[];
}

const FAILURES: Readonly<Record<Exclude<BundleState, "unset" | "empty">, Pick<Deciding, "code" | "says">>> = {
  blank: { code: "ca_unreadable", says: ["no such file or directory", "blank"] },
  missing: { code: "ca_unreadable", says: ["no such file or directory"] },
  bad: { code: "ca_invalid", says: ["line 2", "certificate 1"] },
  good: { says: [] },
};

/**
 * Writes a good bundle and a bad one.
 *
 * @param directory where to; a path there that does not exist is the missing one
 * @param authority its certificate makes the good one
 * @returns the value of a layer in each state
 */
export async function writeBundles(
  directory: string,
  authority: Authority,
): Promise<Readonly<Record<BundleState, string | undefined>>> {
  const [good, bad] = [join(directory, "good.pem"), join(directory, "bad.pem")];
  await Deno.writeTextFile(good, authority.certificate);
  await Deno.writeTextFile(bad, "# comment\n-----BEGIN CERTIFICATE-----\nMIIC\n");
  return { unset: undefined, empty: "", blank: " ", missing: join(directory, "none.pem"), bad, good };
}

/**
 * The rule: the first layer that is set and not empty decides alone.
 *
 * @param layers strongest first
 */
export function deciding(
  layers: readonly (readonly [name: string, state: BundleState])[],
): Deciding | undefined {
  for (const [name, state] of layers) {
    if (state !== "unset" && state !== "empty") return { name, state, ...FAILURES[state] };
  }
  return undefined;
}
