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
  return number === null || number === undefined ? "–" : number.toLocaleString("en-US");
}

/** Formats a count in little space. */
export function compact(number) {
  if (number === null || number === undefined) return "–";
  return number < 10_000
    ? number.toLocaleString("en-US")
    : `${(number / 1000).toFixed(number < 100_000 ? 1 : 0)}k`;
}

/** Formats a share of a whole. */
export function share(part, whole) {
  return whole > 0 ? `${Math.round((100 * part) / whole)} %` : "–";
}

/** Formats the time since the start of the capture. */
export function offset(ms) {
  return `+${(ms / 1000).toFixed(3)} s`;
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
