/**
 * Reads the delay that the text of an error requests. (`Retry-After` headers are read in
 * `lib/net/dialer/retry.ts`.)
 *
 * @module
 */

const PHRASE = /try again in\s*((?:\d+(?:\.\d+)?\s*(?:ms|millis|h|m|s)[a-z]*[\s,]*(?:and\s+)?)+)/i;
const PART = /(\d+(?:\.\d+)?)\s*(ms|millis|h|m|s)/gi;
const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, millis: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/**
 * Finds "try again in 1.898s", "… 28ms", "… 35 seconds", "… 1m30s" or "… 2 minutes" in a message.
 *
 * @returns whole milliseconds, or `undefined` if the message contains no delay
 */
export function waitInText(message: string): number | undefined {
  const phrase = PHRASE.exec(message)?.[1];
  if (phrase === undefined) return undefined;
  let total = 0;
  for (const [, number = "", unit = ""] of phrase.matchAll(PART)) {
    total += Number(number) * (UNIT_MS[unit.toLowerCase()] ?? 0);
  }
  return Number.isFinite(total) ? Math.trunc(total) : undefined;
}
