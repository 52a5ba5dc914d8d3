/**
 * Numbers for people.
 *
 * @module
 */

/** Formats a duration in ms. */
export function duration(ms) {
  if (ms === null || ms === undefined || ms < 0) return "–";
  if (ms === 0) return "0";
  if (ms < 1) return "<1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** Formats a size in bytes. */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(bytes < 10_000 ? 1 : 0)} kB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** Formats a count. */
export function count(number) {
  if (number === null || number === undefined) return "–";
  // Not toLocaleString: loading the data of a locale takes longer than the rest of the first view.
  return String(number).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Formats a count with its noun, in the plural where it is not one. */
export function plural(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** Formats a count in little space. */
export function compact(number) {
  if (number === null || number === undefined) return "–";
  return number < 10_000 ? count(number) : `${(number / 1000).toFixed(number < 100_000 ? 1 : 0)}k`;
}

/** Formats a share of a whole. */
export function share(part, whole) {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : "–";
}

/** Formats the time since the start of the capture. */
export function offset(ms) {
  return `+${(ms / 1000).toFixed(3)} s`;
}

/** Formats a time in ms since 1970 in the time zone of the reader: `2026-01-02 03:04:05`. */
export function dateTime(ms) {
  const date = new Date(ms);
  const two = (number) => String(number).padStart(2, "0");
  return [
    [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-"),
    [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(":"),
  ].join(" ");
}

/** Returns JSON with indentation, and any other text as it is. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Returns about `wanted` round steps for an axis from 0 to `end`. */
export function steps(end, wanted) {
  const raw = end / wanted;
  const power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw;
  const values = [];
  for (let at = 0; at <= end; at += step) values.push(at);
  return values;
}
