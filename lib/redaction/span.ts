/**
 * Parts of a text that are to be masked.
 *
 * @module
 */

/** Replaces a secret. */
export const MASK = "***";

/** A part of a text. Positions are UTF-16 code units. */
export interface Span {
  /** Start of the text that identifies the part, such as the name before a value. At most `start`. */
  readonly from: number;
  /** First position that is masked. */
  readonly start: number;
  /** Position after the last character that is masked. Equal to `start` if nothing is masked. */
  readonly end: number;
}

/**
 * Joins spans that overlap or touch.
 *
 * @param spans in any order
 * @returns ordered and separate
 */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const sorted = spans.filter(({ start, end }) => end > start).sort((one, other) => one.start - other.start);
  const merged: Span[] = [];
  for (const span of sorted) {
    const last = merged.at(-1);
    if (last === undefined || span.start > last.end) merged.push(span);
    else {
      merged[merged.length - 1] = {
        from: Math.min(last.from, span.from),
        start: last.start,
        end: Math.max(last.end, span.end),
      };
    }
  }
  return merged;
}

/**
 * Replaces spans by {@link MASK}.
 *
 * @param text the text that the spans belong to
 * @param spans ordered and separate, see {@link mergeSpans}
 */
export function maskSpans(text: string, spans: readonly Span[]): string {
  let result = "";
  let position = 0;
  for (const { start, end } of spans) {
    result += text.slice(position, start) + MASK;
    position = end;
  }
  return result + text.slice(position);
}
