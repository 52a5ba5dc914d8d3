/**
 * The timeline of the capture: one lane a channel, one bar an exchange, marks above the bars.
 *
 * @module
 */
import { el, svg } from "./dom.js";
import { duration, offset, plural, steps } from "./format.js";

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
const BAD = new Set(["unauthorized", "failed", "limited", "no_request"]);

/** Most bars that are drawn: more bars than pixels show nothing. */
const MOST_BARS = 1_000;

/** Draws the timeline. Bars that would overlap share their lane; the list beside it has every exchange. */
export function drawOverview(container, rows, selected, onSelect) {
  const width = Math.max(320, container.clientWidth);
  const end = Math.max(1, rows.reduce((last, row) => Math.max(last, row.t_ms + (row.duration_ms ?? 0)), 0));
  const start = rows.reduce((first, row) => Math.min(first, row.t_ms), end);
  const span = Math.max(1, end - start);
  const x = (t) => LEFT + ((t - start) / span) * (width - LEFT - 12);
  const channels = [...new Set(rows.map((row) => row.channel))].sort((
    one,
    other,
  ) => (one === "model" ? -1 : other === "model" ? 1 : 0));
  const height = TOP + channels.length * LANE + 22;
  const parts = steps(span, Math.floor(width / 130)).flatMap((step) => [
    svg("line", { class: "axis", x1: x(start + step), x2: x(start + step), y1: 0, y2: height - 18 }),
    svg("text", { x: x(start + step) + 3, y: height - 5 }, duration(step)),
  ]);
  for (const [index, channel] of channels.entries()) {
    parts.push(svg("text", { x: 0, y: TOP + index * LANE + 14 }, channel));
  }
  // Exchanges with marks are always drawn.
  const every = Math.ceil(rows.length / MOST_BARS);
  const drawn = new Map();
  for (const [index, row] of rows.entries()) {
    if (row.marks.length === 0 && index % every !== 0 && row.id !== selected) continue;
    drawn.set(row.id, row);
    parts.push(...bar(row, TOP + channels.indexOf(row.channel) * LANE, x, row.id === selected));
  }
  const rowOf = ({ target }) => drawn.get(target.dataset?.id);
  container.replaceChildren(
    svg("svg", {
      height,
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": `${plural(rows.length, "exchange")} in ${duration(span)}`,
      onclick: (event) => rowOf(event) !== undefined && onSelect(rowOf(event).id),
      // A bar gets its tooltip when the pointer reaches it: a large capture has a thousand bars.
      onmouseover: (event) => {
        const row = rowOf(event);
        if (row !== undefined && event.target.childElementCount === 0) {
          event.target.append(svg("title", {}, tooltip(row)));
        }
      },
    }, parts),
  );
}

/** Moves the selection to the bar of an exchange. Returns false where it has no bar in a dense timeline. */
export function selectBar(container, id) {
  const bar = container.querySelector(`.bar[data-id="${CSS.escape(id)}"]`);
  container.querySelector(".bar.selected")?.classList.remove("selected");
  bar?.classList.add("selected");
  return bar !== null;
}

function tooltip(row) {
  return [
    `${row.id} ${row.method} ${row.path}`,
    `${row.status ?? "no answer"}, ${offset(row.t_ms)}, ${duration(row.duration_ms)}`,
    ...row.marks.map(({ text }) => text),
  ].join("\n");
}

function bar(row, top, x, isSelected) {
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
  const rect = svg("rect", {
    class: `bar ${tone} ${isSelected ? "selected" : ""}`,
    "data-id": row.id,
    x: left,
    y: top + 5,
    width: Math.max(3, x(row.t_ms + (row.duration_ms ?? 0)) - left),
    height: LANE - 9,
    rx: 2.5,
  });
  if (kinds.length === 0) return [rect];
  return [
    rect,
    svg("text", { x: left, y: top + 4, "font-size": 9 }, kinds.map((kind) => MARKS[kind]).join(" ")),
  ];
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
