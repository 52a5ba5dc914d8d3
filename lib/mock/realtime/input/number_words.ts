/**
 * Numbers in words, which are the only words of the simulated speech.
 *
 * @module
 */

const SMALL =
  ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen " +
    "seventeen eighteen nineteen").split(" ");
const TENS = "zero ten twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** Returns a number in words without spaces: `twenty-one`, `one-hundred-five`. */
export function numberWord(value: number): string {
  if (value < 20) return SMALL[value] ?? String(value);
  if (value < 100) return joined(TENS[Math.floor(value / 10)] ?? "", value % 10);
  if (value < 1_000) return joined(`${numberWord(Math.floor(value / 100))}-hundred`, value % 100);
  if (value < 1_000_000) return joined(`${numberWord(Math.floor(value / 1_000))}-thousand`, value % 1_000);
  return String(value);
}

function joined(head: string, rest: number): string {
  return rest === 0 ? head : `${head}-${numberWord(rest)}`;
}
