/**
 * Elements. Texts of a capture are only ever set as text, never as markup.
 *
 * @module
 */

/** Makes an element: attributes, `on…` listeners, then children; `null` and `false` children are left out. */
export function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** Makes an element of SVG. */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Returns the element with an id. */
export function byId(id) {
  return document.getElementById(id);
}

/** Makes a small label. */
export function pill(text, tone = "", title) {
  return el("span", { class: `pill ${tone}`, title }, text);
}

/** Makes a list of figures: pairs of a name and a value; those without a value are left out. */
export function figures(pairs) {
  return el(
    "dl",
    { class: "figures" },
    pairs.filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
  );
}

/** Returns a text with its masks set off. */
export function withMasks(text) {
  return text.split(/(\[REDACTED:[0-9a-f]{8}\]|\[TEXT:\d+:[0-9a-f]{8}\])/).map((part) =>
    /^\[(REDACTED|TEXT):/.test(part)
      ? el("span", { class: "mask", title: "removed; equal masks are equal values" }, part)
      : part
  );
}
