/**
 * The timeline of one exchange: its phases, a tick for every event, and the gaps between them.
 *
 * @module
 */
import { el, svg } from "./dom.js";
import { duration, plural, steps } from "./format.js";

const LEFT = 8;
const TOP = 34;
const HEIGHT = 46;

/** Returns the gaps in which a reader of the stream waits: far longer than usual, and long enough to be noticed. */
export function gapsOf(events) {
  const between = events.slice(1).map((event, index) => ({
    from: events[index].t_ms,
    to: event.t_ms,
    ms: event.t_ms - events[index].t_ms,
  }));
  const sorted = between.map(({ ms }) => ms).sort((one, other) => one - other);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return between.filter(({ ms }) => ms >= Math.max(250, 6 * median)).sort((one, other) => other.ms - one.ms)
    .slice(0, 8);
}

/** Draws the timeline. */
export function streamTimeline(row, detail, width) {
  const { events, timings, turns } = detail;
  const start = row.t_ms;
  const end = Math.max(
    start + (row.duration_ms ?? 0),
    ...events.slice(-1).map((event) => event.t_ms),
    start + 1,
  );
  const x = (t) => LEFT + ((t - start) / (end - start)) * (width - 2 * LEFT);
  const parts = [
    svg("rect", { class: "phase", x: LEFT, y: TOP, width: width - 2 * LEFT, height: HEIGHT, rx: 6 }),
  ];
  if (timings !== null && timings.wait > 0) {
    const sent = start + Math.max(0, timings.send);
    parts.push(
      svg("rect", {
        class: "phase wait",
        x: x(sent),
        y: TOP,
        width: Math.max(1, x(sent + timings.wait) - x(sent)),
        height: HEIGHT,
      }, svg("title", {}, `waiting for the response: ${duration(timings.wait)}`)),
    );
  }
  const gaps = gapsOf(events);
  for (const gap of gaps) {
    const left = x(gap.from);
    const wide = x(gap.to) - left;
    parts.push(
      svg(
        "rect",
        { class: "gap", x: left, y: TOP, width: wide, height: HEIGHT },
        svg("title", {}, `nothing for ${duration(gap.ms)}`),
      ),
    );
    if (wide > 46) {
      parts.push(
        svg(
          "text",
          { x: left + wide / 2, y: TOP + HEIGHT / 2 + 4, "text-anchor": "middle" },
          duration(gap.ms),
        ),
      );
    }
  }
  parts.push(...ticks(events, x));
  for (const turn of turns) {
    const flags = [["first event", turn.first_event_ms], ["first token", turn.first_token_ms]];
    for (const [index, [label, ms]] of flags.entries()) {
      if (ms === null) continue;
      const at = x(turn.t_ms + ms);
      const isRight = at > width - 150;
      parts.push(
        svg("line", { class: "flag", x1: at, x2: at, y1: 4 + index * 14, y2: TOP + HEIGHT }),
        svg("text", {
          class: "flag-text",
          x: isRight ? at - 4 : at + 4,
          y: 13 + index * 14,
          "text-anchor": isRight ? "end" : "start",
        }, `${label} ${duration(ms)}`),
      );
    }
  }
  for (const step of steps(end - start, Math.max(2, Math.floor(width / 120)))) {
    parts.push(
      svg("line", {
        class: "axis",
        x1: x(start + step),
        x2: x(start + step),
        y1: TOP + HEIGHT,
        y2: TOP + HEIGHT + 5,
      }),
    );
    parts.push(svg("text", { x: x(start + step) + 2, y: TOP + HEIGHT + 16 }, duration(step)));
  }
  const height = TOP + HEIGHT + 22;
  const said = `${plural(events.length, "event")} in ${duration(end - start)}; ${
    plural(gaps.length, "long gap")
  }${gaps.length > 0 ? `, the longest ${duration(gaps[0].ms)}` : ""}`;
  return el(
    "div",
    { class: "stream" },
    svg("svg", { height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": said }, parts),
    el("div", { class: "legend" }, said),
  );
}

/**
 * Draws the events: one tick a pixel, for the most important of the events at this place. The ticks of a kind are one
 * path, so that a long stream needs few elements.
 */
function ticks(events, x) {
  const drawn = new Map();
  for (const event of events) {
    const at = Math.round(x(event.t_ms) * 2) / 2;
    const kind = kindOf(event);
    if ((drawn.get(at)?.rank ?? -1) < kind.rank) drawn.set(at, kind);
  }
  const paths = new Map();
  for (const [at, { name }] of drawn) {
    const inset = name === "" ? 12 : 4;
    paths.set(name, `${paths.get(name) ?? ""}M${at} ${TOP + inset}V${TOP + HEIGHT - inset}`);
  }
  return [...paths].map(([name, d]) => svg("path", { class: `tick ${name}`, d }));
}

function kindOf({ type, dir }) {
  if (/failed|error|incomplete/.test(type)) return { name: "bad", rank: 3 };
  if (/completed$|done$/.test(type) && type.startsWith("response.") && !type.includes("output")) {
    return { name: "end", rank: 2 };
  }
  return dir === "send" ? { name: "out", rank: 1 } : { name: "", rank: 0 };
}
