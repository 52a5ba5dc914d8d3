/**
 * Masks secrets in text before it is written: errors, reports, JSON lines, recordings. The program does not
 * write secrets itself; the redactor masks those in text that is quoted from servers, proxies and files.
 *
 * @module
 */
import { type Audience, findSecrets } from "./find_secrets.ts";
import { Secrets } from "./secrets.ts";
import { maskSpans, mergeSpans } from "./span.ts";

export type { Audience } from "./find_secrets.ts";

/** Replaces the secrets in a text. */
export type Redactor = (text: string) => string;

/**
 * Creates a redactor. Its work is linear in the text, and redacting twice gives the same as redacting once.
 *
 * @param secrets the register of the known secrets, whose later additions are also masked; or a list of
 * secrets
 * @param audience who will read the text
 */
export function createRedactor(
  secrets: Secrets | readonly string[] = [],
  audience: Audience = "anybody",
): Redactor {
  const register = secrets instanceof Secrets ? secrets : new Secrets(secrets);
  return (text) => maskSpans(text, mergeSpans(findSecrets(text, register, audience)));
}
