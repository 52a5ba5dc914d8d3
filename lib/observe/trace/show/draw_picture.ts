/**
 * Draws the picture of a turn as SVG. Colors are classes, which the style of the page defines for light and dark.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import { removeControls } from "../../../text/control_characters.ts";
import { duration, type PictureRow, type TurnPicture } from "./picture.ts";

/** Default width, in units that a page shows as pixels. */
const WIDTH = 960;
/** Space for the labels at the left. */
const LEFT = 130;
/** Space for the outcome at the right. */
const RIGHT = 130;
const TOP = 18;
const ROW = 52;
/** Distance from the top of a row to its bar, for the mark of the first output. */
const ABOVE = 18;
const BAR = 16;
/** Maximum number of rows that are drawn; the table contains all. */
const MOST_ROWS = 200;
/** Maximum length of a label, characters. */
const LABEL = 20;

/**
 * Draws a picture.
 *
 * @param width at which letters have their natural size, pixels
 * @returns an `svg` element as text. It scales with its width and describes itself in one sentence; the
 * caller must add the table of the same facts.
 */
export function drawPicture(picture: TurnPicture, width = WIDTH): string {
  const { duration_ms: total } = picture;
  const rows = picture.rows.slice(0, MOST_ROWS);
  const left = picture.rows.length - rows.length;
  const x = (ms: number) => LEFT + (Math.min(Math.max(ms, 0), total) / total) * (width - LEFT - RIGHT);
  const bottom = TOP + rows.length * ROW;
  const parts = [
    ...steps(total, width / 120).map((ms) =>
      element("line", { class: "axis", x1: x(ms), x2: x(ms), y1: TOP - 8, y2: bottom }) +
      element("text", { x: x(ms) + 3, y: bottom + 14 }, escaped(duration(ms)))
    ),
    ...rows.map((row, index) => drawRow(row, TOP + index * ROW, x, width)),
    ...rows.map((row, index) => connector(row, rows, index, x)),
  ];
  if (left > 0) {
    parts.push(element("text", { class: "name", x: 0, y: bottom + 14 }, escaped(`${left} more`)));
  }
  const said = describe(picture);
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      class: "turn",
      viewBox: `0 0 ${width} ${bottom + 22}`,
      role: "img",
      "aria-label": said,
    },
    parts.join(""),
  );
}

/** Describes the picture in one sentence. */
export function describe({ title, duration_ms: total, rows }: TurnPicture): string {
  const attempts = rows.filter(({ kind }) => kind === "attempt");
  const tools = rows.length - attempts.length;
  const gaps = attempts.reduce((count, row) => count + row.gaps.length, 0);
  const repeated = attempts.filter((row) => row.repeats !== null).length;
  return [
    `${title}: ${plural(attempts.length, "attempt")} in ${duration(total)}`,
    ...(repeated === 0 ? [] : [`${repeated} repeated`]),
    ...(gaps === 0 ? [] : [plural(gaps, "long gap")]),
    ...(tools === 0 ? [] : [plural(tools, "tool call")]),
  ].join(", ");
}

function drawRow(row: PictureRow, top: number, x: (ms: number) => number, wide: number): string {
  const { kind, label, start_ms: start, end_ms: end, outcome, status } = row;
  const y = top + ABOVE;
  const left = x(start);
  const width = Math.max(3, x(end) - left);
  const waits = row.first_event_ms === null ? 0 : Math.max(0, x(row.first_event_ms) - left);
  const said = `${label}: ${status} after ${duration(end - start)}`;
  const sub = [
    ...(row.is_reused === null ? [] : [row.is_reused ? "reused connection" : "new connection"]),
    ...(kind === "tool" ? ["tool"] : []),
  ].join(", ");
  const shapes = [
    element("rect", { class: `span ${kind} ${outcome}`, x: left, y, width, height: BAR, rx: 3 }),
    waits > 0 ? element("rect", { class: "wait", x: left, y, width: waits, height: BAR, rx: 3 }) : "",
    ...row.gaps.map((gap) => drawGap(x(gap.from_ms), x(gap.to_ms), y, gap.to_ms - gap.from_ms)),
    ...row.items.map((item) =>
      element(
        "circle",
        { class: "item", cx: x(item.at_ms), cy: y + BAR / 2, r: 3.2 },
        title(`${item.label} complete at +${duration(item.at_ms)}`),
      )
    ),
    firstOutput(row, y, x, wide),
  ];
  return element(
    "g",
    {},
    title(said) +
      element("text", { class: "name", x: 0, y: top + 24 }, escaped(shortened(label))) +
      element("text", { x: 0, y: top + 38 }, escaped(sub)) +
      shapes.join("") +
      element(
        "text",
        { class: `outcome ${outcome}`, x: left + width + 6, y: y + 12 },
        escaped(`${shortened(status)}, ${duration(end - start)}`),
      ),
  );
}

function drawGap(left: number, right: number, y: number, ms: number): string {
  const width = Math.max(2, right - left);
  const label = width < 46 ? "" : element(
    "text",
    { class: "on-gap", x: left + width / 2, y: y + 12, "text-anchor": "middle" },
    escaped(duration(ms)),
  );
  return element(
    "g",
    {},
    title(`no data for ${duration(ms)}`) +
      element("rect", { class: "gap", x: left, y, width, height: BAR }) + label,
  );
}

function firstOutput(row: PictureRow, y: number, x: (ms: number) => number, wide: number): string {
  if (row.first_output_ms === null) return "";
  const at = x(row.first_output_ms);
  // Near the right end of the picture the label is placed before the mark.
  const isRight = at > wide - RIGHT - 160;
  return element("line", { class: "flag", x1: at, x2: at, y1: y - 6, y2: y + BAR }) +
    element("text", {
      class: "flag-text",
      x: isRight ? at - 4 : at + 4,
      y: y - 3,
      "text-anchor": isRight ? "end" : "start",
    }, escaped(`first output ${duration(row.first_output_ms - row.start_ms)}`));
}

/** Draws the line from the end of an attempt to the start of its repetition. */
function connector(
  row: PictureRow,
  rows: readonly PictureRow[],
  index: number,
  x: (ms: number) => number,
): string {
  const before = row.repeats === null ? undefined : rows[row.repeats.row];
  if (row.repeats === null || before === undefined) return "";
  const from = TOP + row.repeats.row * ROW + ABOVE + BAR;
  const to = TOP + index * ROW + ABOVE;
  const [left, right] = [x(before.end_ms), x(row.start_ms)];
  const middle = from + 8;
  return element("path", {
    class: "repeat",
    d: `M${round(left)} ${from}V${middle}H${round(right)}V${to}`,
  }) +
    element(
      "text",
      { class: "repeat-text", x: Math.max(left, right) + 5, y: middle + 5 },
      escaped(row.repeats.why),
    );
}

/** Returns round steps from 0 to the end, ms. @param count about how many */
function steps(end: number, count: number): readonly number[] {
  const raw = end / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw);
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, index) => index * step);
}

function shortened(text: string): string {
  return text.length <= LABEL ? text : `${text.slice(0, LABEL - 1)}…`;
}

function title(text: string): string {
  return element("title", {}, escaped(text));
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | number>>,
  content = "",
): string {
  const list = Object.entries(attributes).map(([key, value]) =>
    ` ${key}="${typeof value === "number" ? round(value) : escaped(value)}"`
  );
  return `<${name}${list.join("")}>${content}</${name}>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** Returns a text for HTML and SVG, control characters replaced: XML does not allow them. */
export function escaped(text: string): string {
  return removeControls(text, { newline: true, tab: true, joiners: true })
    .replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
