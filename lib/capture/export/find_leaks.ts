/**
 * Looks for secrets in what is about to be given away.
 *
 * @module
 */
import { findSecrets } from "../../redaction/find_secrets.ts";
import { Secrets } from "../../redaction/secrets.ts";
import { mergeSpans } from "../../redaction/span.ts";
import { MASK_PATTERN } from "../record/capture_redaction.ts";

/** A secret that was found. Its value is not told. */
export interface Leak {
  /** Line, from 1. */
  readonly line: number;
  /** The text before it, which tells what it is; at most 40 characters of the same line. */
  readonly before: string;
  readonly length: number;
}

/** Number of secrets after which the search ends. */
export const MAX_LEAKS = 20;

/**
 * Returns the secrets in a text, at most {@link MAX_LEAKS}.
 *
 * @param text what is given away
 */
export function findLeaks(text: string): readonly Leak[] {
  const leaks: Leak[] = [];
  let line = 1;
  let counted = 0;
  for (const { from, start, end } of mergeSpans(findSecrets(text, new Secrets(), "user"))) {
    const rest = text.slice(start, end).replace(MASK_PATTERN, "").replaceAll("***", "");
    if (!/[A-Za-z0-9]/.test(rest)) continue;
    for (let at = text.indexOf("\n", counted); at >= 0 && at < start; at = text.indexOf("\n", at + 1)) {
      line++;
      counted = at + 1;
    }
    const before = text.slice(Math.max(0, from - 24, start - 40), start).split("\n").at(-1) ?? "";
    leaks.push({ line, before: before.replace(/[^\x20-\x7e]/g, "."), length: end - start });
    if (leaks.length >= MAX_LEAKS) break;
  }
  return leaks;
}
