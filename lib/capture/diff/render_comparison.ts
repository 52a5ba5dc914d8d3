/**
 * Shows comparisons of prompts as text.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { removeStyles, type Style } from "../../text/style.ts";
import type { TurnComparison, TurnFacts } from "./compare_captures.ts";
import type { PartChange } from "./compare_prompts.ts";

/** Returns the lines of one comparison. */
export function comparisonLines(comparison: TurnComparison, style: Style): readonly string[] {
  const { before, after, break: broken, sameParts, sameSize, size, parts, parameters } = comparison;
  const percent = size === 0 ? 0 : Math.floor((100 * sameSize) / size);
  return [
    `${before.name} → ${after.name}  ${style.faint(`${factsText(before)} → ${factsText(after)}`)}`,
    `  ${plural(sameParts, "part")} and ${percent} % of the characters repeat the earlier prompt`,
    ...(broken === undefined
      ? [`  ${style.good("The prompt continues the earlier one; a cache can reuse all of it")}`]
      : [
        `  ${style.warning(`${plain(broken.why)} (${plain(broken.pointer)})`)}`,
        ...(broken.before === undefined ? [] : [`    ${style.error("-")} ${plain(broken.before)}`]),
        ...(broken.after === undefined ? [] : [`    ${style.good("+")} ${plain(broken.after)}`]),
      ]),
    ...partLines(parts, style),
    ...parameters.map(({ name, before: old, after: next }) => plain(`  parameter ${name}: ${old} → ${next}`)),
  ];
}

const SIGNS: Readonly<Record<PartChange["change"], string>> = {
  same: " ",
  changed: "~",
  added: "+",
  removed: "-",
};

/** Repeated parts are counted; the others have a line each. */
function partLines(parts: readonly PartChange[], style: Style): readonly string[] {
  const lines: string[] = [];
  let same: PartChange[] = [];
  const flush = () => {
    const chars = same.reduce((all, { size }) => all + size, 0);
    if (same.length > 0) {
      lines.push(style.faint(`    = ${plural(same.length, "part")}, ${plural(chars, "character")}`));
    }
    same = [];
  };
  for (const part of parts) {
    if (part.change === "same") {
      same.push(part);
      continue;
    }
    flush();
    const paint = part.change === "added"
      ? style.good
      : part.change === "removed"
      ? style.error
      : style.warning;
    lines.push(`    ${paint(SIGNS[part.change])} ${plain(part.label)}, ${plural(part.size, "character")}`);
  }
  flush();
  return lines;
}

function factsText({ model, outcome, input_tokens, cached_tokens }: TurnFacts): string {
  const tokens = input_tokens === undefined ? "" : `, ${cached_tokens ?? 0} of ${input_tokens} tokens cached`;
  return plain(`${model ?? "unknown model"}, ${outcome}${tokens}`);
}

/** Returns text of a capture without styles of its own. */
function plain(text: string): string {
  return removeStyles(text);
}
