/**
 * The timeline of the capture: one lane a channel, one bar an exchange, marks above the bars.
 *
 * @module
 */
import { el, svg } from "./dom.js";
import { duration, offset, steps } from "./format.js";

const LANE = 20;
const LEFT = 96;
const TOP = 12;
const MARKS = {
  unauthorized: "401",
  recovered: "✓",
  retry: "↻",
  fallback: "⇣",
  limited: "429",
  failed: "!",
  cut: "✂",
};
const BAD = new Set(["unauthorized", "failed", "limited"]);

/** Draws the timeline. Bars that would overlap share their lane; the list beside it has every exchange. */
export function drawOverview(container, rows, selected, onSelect) {
  const width = Math.max(320, container.clientWidth);
  const end = Math.max(1, ...rows.map((row) => row.t_ms + (row.duration_ms ?? 0)));
  const start = Math.min(end, ...rows.map((row) => row.t_ms));
  const span = Math.max(1, end - start);
  const x = (t) => LEFT + ((t - start) / span) * (width - LEFT - 12);
  const channels = [...new Set(rows.map((row) => row.channel))].sort((
    one,
    other,
  ) => (one === "model" ? -1 : other === "model" ? 1 : 0));
  const height = TOP + channels.length * LANE + 22;
  const parts = steps(span, Math.floor(width / 130)).map((step) =>
    svg(
      "g",
      {},
      svg("line", { class: "axis", x1: x(start + step), x2: x(start + step), y1: 0, y2: height - 18 }),
      svg("text", { x: x(start + step) + 3, y: height - 5 }, duration(step)),
    )
  );
  for (const [index, channel] of channels.entries()) {
    parts.push(svg("text", { x: 0, y: TOP + index * LANE + 14 }, channel));
  }
  // More bars than pixels tell nothing; the marked ones always do.
  const dense = rows.length > 3000;
  for (const [index, row] of rows.entries()) {
    if (
      dense && row.marks.length === 0 && index % Math.ceil(rows.length / 3000) !== 0 && row.id !== selected
    ) continue;
    parts.push(bar(row, TOP + channels.indexOf(row.channel) * LANE, x, row.id === selected, onSelect));
  }
  container.replaceChildren(
    svg("svg", {
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${rows.length} exchanges in ${duration(span)}`,
    }, parts),
  );
}

function bar(row, top, x, isSelected, onSelect) {
  const left = x(row.t_ms);
  const kinds = row.marks.map(({ kind }) => kind);
  const tone = kinds.some((kind) => BAD.has(kind))
    ? "error"
    : kinds.includes("recovered")
    ? "good"
    : kinds.length > 0
    ? "warn"
    : row.transport === "http"
    ? "plain"
    : row.transport;
  return svg(
    "g",
    { onclick: () => onSelect(row.id) },
    svg(
      "title",
      {},
      [
        `${row.id} ${row.method} ${row.path}`,
        `${row.status ?? "no answer"}, ${offset(row.t_ms)}, ${duration(row.duration_ms)}`,
        ...row.marks.map(({ text }) => text),
      ].join("\n"),
    ),
    svg("rect", {
      class: `bar ${tone} ${isSelected ? "selected" : ""}`,
      x: left,
      y: top + 5,
      width: Math.max(3, x(row.t_ms + (row.duration_ms ?? 0)) - left),
      height: LANE - 9,
      rx: 2.5,
    }),
    kinds.length > 0 &&
      svg("text", { x: left, y: top + 4, "font-size": 9 }, kinds.map((kind) => MARKS[kind]).join(" ")),
  );
}

/** Makes the labels of an exchange's marks. */
export function markPills(marks) {
  return marks.map(({ kind, text }) =>
    el("span", {
      class: `pill ${BAD.has(kind) ? "bad" : kind === "recovered" ? "good" : "warn"}`,
      title: text,
    }, kind)
  );
}
