/**
 * Request and response side by side, item by item.
 *
 * @module
 */
import { el, pill, withMasks } from "./dom.js";
import { count, plural, share, size } from "./format.js";

/** Shows the model calls of an exchange. */
export function conversation(detail) {
  if (detail.turns.length === 0) return el("p", { class: "empty" }, "This exchange is not a model call.");
  return detail.turns.map((turn, index) =>
    turnView(turn, index === detail.turns.length - 1, detail.turns.length > 1)
  );
}

function turnView(turn, isOpen, hasOthers) {
  const body = [cacheNote(turn), el("div", { class: "two" }, requestSide(turn), responseSide(turn))];
  if (!hasOthers) return el("div", {}, body);
  return el(
    "details",
    { class: "turn card", open: isOpen },
    el(
      "summary",
      {},
      `Call ${turn.name} `,
      pill(turn.outcome, turn.outcome === "completed" ? "good" : "warn"),
      turn.continues && ` continues ${turn.continues}`,
    ),
    body,
  );
}

function cacheNote(turn) {
  if (turn.previous === null) return null;
  const repeated = `${share(turn.repeated_chars, turn.prompt_chars)} of the prompt (${
    size(turn.repeated_chars)
  } of ${size(turn.prompt_chars)}) repeats ${turn.previous}`;
  const cached = turn.usage === null || turn.usage === undefined
    ? ""
    : `; the server took ${count(turn.usage.cached_input_tokens)} of ${
      count(turn.usage.input_tokens)
    } tokens from its cache`;
  if (turn.cache_break === null) return el("div", { class: "alert good" }, `${repeated}${cached}.`);
  const { why, pointer, before, after } = turn.cache_break;
  return el(
    "div",
    { class: "alert" },
    el("strong", {}, `${why}. `),
    `${repeated}${cached}. `,
    el("code", {}, pointer),
    (before !== undefined || after !== undefined) &&
      el(
        "div",
        { class: "pair" },
        before !== undefined && [el("span", {}, "before"), el("code", {}, withMasks(before))],
        after !== undefined && [el("span", {}, "now"), el("code", {}, withMasks(after))],
      ),
  );
}

function requestSide(turn) {
  const parts = [];
  let repeated = [];
  const flush = () => {
    if (repeated.length > 0) parts.push(repeatedGroup(repeated, turn.previous));
    repeated = [];
  };
  const marksNew = turn.previous !== null;
  for (const item of turn.request) {
    if (marksNew && !item.is_new) repeated.push(item);
    else {
      flush();
      parts.push(itemView(item, marksNew));
    }
  }
  flush();
  const parameters = Object.keys(turn.parameters).length > 0 &&
    itemView({
      label: "parameters",
      summary: Object.keys(turn.parameters).join(", "),
      text: JSON.stringify(turn.parameters, null, 2),
      is_new: false,
      kind: "parameters",
    }, false);
  return el(
    "section",
    { "aria-label": "Request" },
    el("h4", {}, `Request · ${plural(turn.request.length, "part")}`),
    parts,
    parameters,
  );
}

function repeatedGroup(items, previous) {
  const chars = items.reduce((all, { text }) => all + text.length, 0);
  return el(
    "details",
    { class: "repeated" },
    el(
      "summary",
      {},
      `${plural(items.length, "part")} repeated from ${previous} (${size(chars)})`,
    ),
    items.map((item) => itemView(item, false)),
  );
}

function responseSide(turn) {
  return el(
    "section",
    { "aria-label": "Response" },
    el("h4", {}, `Response · ${turn.outcome}`),
    turn.error !== null && el("div", { class: "alert bad" }, turn.error),
    turn.response.length === 0
      ? el("p", { class: "note" }, "No item arrived.")
      : turn.response.map((item) => itemView(item, false)),
  );
}

function itemView(item, marksNew) {
  const content = el("pre", { tabindex: "0" });
  return el(
    "details",
    {
      class: `item ${marksNew && item.is_new ? "new" : ""}`,
      // The text of a long history is put into the page when it is looked at.
      ontoggle: () => content.childNodes.length === 0 && content.append(...withMasks(item.text)),
    },
    el(
      "summary",
      {},
      el(
        "span",
        { class: "label" },
        item.label,
        marksNew && item.is_new && pill("new", "good"),
        el("span", {}, size(item.text.length)),
      ),
      el("span", { class: "said" }, withMasks(item.summary)),
    ),
    content,
  );
}
