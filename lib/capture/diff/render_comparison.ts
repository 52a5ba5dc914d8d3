/**
 * Shows comparisons of prompts as text.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { removeStyles, type Style } from "../../text/style.ts";
import { wrapLine } from "../../text/wrap.ts";
import type { TurnComparison, TurnFacts } from "./compare_captures.ts";
import type { PartChange } from "./compare_prompts.ts";

/** How comparisons are shown. */
export interface ComparisonLayout {
  readonly style: Style;
  /** Width of a line. Absent: lines are not folded. */
  readonly columns?: number;
}

type Paint = (text: string) => string;

const MARKS: Readonly<Record<PartChange["change"], string>> = {
  same: "=",
  changed: "~",
  added: "+",
  removed: "-",
};

/** Returns the lines that explain the marks of {@link comparisonLines}. */
export function legendLines(layout: ComparisonLayout): readonly string[] {
  const text = "= repeated, ~ changed, + added or now, - removed or before";
  return folded(text, "", "", layout).map(layout.style.faint);
}

/** Returns the lines of one comparison. */
export function comparisonLines(comparison: TurnComparison, layout: ComparisonLayout): readonly string[] {
  const { before, after, break: broken, sameParts, sameSize, size, parts, parameters } = comparison;
  const { style } = layout;
  const percent = size === 0 ? 0 : Math.floor((100 * sameSize) / size);
  const repeated = `${
    plural(sameParts, "part")
  } and ${percent} % of the characters repeat the earlier prompt`;
  const sentence = (text: string) => folded(text, "  ", "    ", layout);
  return [
    `${before.name} → ${after.name}`,
    ...sentence(`${factsText(before)} → ${factsText(after)}`).map(style.faint),
    ...sentence(repeated),
    ...(broken === undefined
      ? sentence("The prompt continues the earlier one; a cache can reuse all of it").map(style.good)
      : [
        ...sentence(`${broken.why} (${broken.pointer})`).map(style.warning),
        ...(broken.before === undefined ? [] : marked("-", style.error, cut(broken.before, layout), layout)),
        ...(broken.after === undefined ? [] : marked("+", style.good, cut(broken.after, layout), layout)),
      ]),
    ...partLines(parts, layout),
    ...parameters.flatMap(({ name, before: old, after: next }) =>
      sentence(`parameter ${name}: ${cut(old, layout)} → ${cut(next, layout)}`)
    ),
  ];
}

/** Repeated parts are counted; the others have a line each. */
function partLines(parts: readonly PartChange[], layout: ComparisonLayout): readonly string[] {
  const { style } = layout;
  const lines: string[] = [];
  let same: PartChange[] = [];
  const flush = () => {
    const chars = same.reduce((all, { size }) => all + size, 0);
    if (same.length > 0) {
      const count = `${plural(same.length, "part")}, ${plural(chars, "character")}`;
      lines.push(...marked(MARKS.same, style.faint, count, layout));
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
    const text = `${cut(part.label, layout)}, ${plural(part.size, "character")}`;
    lines.push(...marked(MARKS[part.change], paint, text, layout));
  }
  flush();
  return lines;
}

const INDENT = "    ";

/** Returns a text behind a mark, which alone is painted. */
function marked(mark: string, paint: Paint, text: string, layout: ComparisonLayout): readonly string[] {
  const [first = "", ...rest] = folded(text, `${INDENT}${mark} `, `${INDENT}  `, layout);
  return [`${INDENT}${paint(mark)}${first.slice(INDENT.length + mark.length)}`, ...rest];
}

/** Returns a text without styles of its own, folded at the width. @param first see {@link wrapLine} */
function folded(
  text: string,
  first: string,
  rest: string,
  { columns }: ComparisonLayout,
): readonly string[] {
  const plain = removeStyles(text);
  return columns === undefined ? [`${first}${plain}`] : wrapLine(plain, first, rest, columns);
}

/** Divides the words of a text that would not fit into a line, such as JSON without blanks. */
function cut(text: string, { columns }: ComparisonLayout): string {
  const width = (columns ?? Infinity) - INDENT.length - 2;
  if (!(width > 0 && width < Infinity)) return text;
  return removeStyles(text).split(" ").map((word) => {
    const pieces: string[] = [];
    for (let at = 0; at < word.length; at += width) pieces.push(word.slice(at, at + width));
    return pieces.join(" ");
  }).join(" ");
}

function factsText({ model, outcome, input_tokens, cached_tokens }: TurnFacts): string {
  const tokens = input_tokens === undefined ? "" : `, ${cached_tokens ?? 0} of ${input_tokens} tokens cached`;
  return `${model ?? "unknown model"}, ${outcome}${tokens}`;
}
