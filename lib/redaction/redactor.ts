/**
 * Takes secrets out of text that is about to be written: errors, reports, JSON lines, recordings. The program does
 * not put secrets into such text; the redactor is for what servers, proxies and files put into text that is quoted
 * from them.
 *
 * @module
 */
import { type Audience, findSecrets } from "./find_secrets.ts";
import { Secrets } from "./secrets.ts";
import { maskSpans, mergeSpans } from "./span.ts";

export type { Audience } from "./find_secrets.ts";

/** Replaces what is secret in a text. */
export type Redactor = (text: string) => string;

/**
 * Makes a redactor. Its work is linear in the text, and redacting twice gives the same as redacting once.
 *
 * @param secrets the register of the secrets in force, whose later additions count too; or a list of secrets
 * @param audience who will read the text
 */
export function createRedactor(
  secrets: Secrets | readonly string[] = [],
  audience: Audience = "anybody",
): Redactor {
  const register = secrets instanceof Secrets ? secrets : new Secrets(secrets);
  return (text) => maskSpans(text, mergeSpans(findSecrets(text, register, audience)));
}
