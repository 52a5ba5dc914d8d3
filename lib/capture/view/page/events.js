/**
 * The events of a stream or the messages of a websocket, with the one that is selected in full.
 *
 * @module
 */
import { el, withMasks } from "./dom.js";
import { count, duration, pretty, size } from "./format.js";
import { gapsOf } from "./stream.js";
import { VirtualList } from "./virtual_list.js";

/**
 * Shows the events of an exchange.
 *
 * @param kept holds the filter, the position and the selected event, for when the exchange has grown
 */
export function eventsView(row, detail, kept) {
  const late = new Set(gapsOf(detail.events).map(({ to }) => to));
  const gaps = new Map(
    detail.events.map((
      event,
      index,
    ) => [event, index === 0 ? event.t_ms - row.t_ms : event.t_ms - detail.events[index - 1].t_ms]),
  );
  const text = el("pre", { tabindex: "0", "aria-label": "The selected event" }, "Select an event.");
  const told = el("span", { "aria-live": "polite" });
  const list = new VirtualList({
    label: "Events",
    rowHeight: 27,
    render: (event) => eventRow(row, event, gaps.get(event), late.has(event.t_ms)),
    onSelect: (event) => {
      kept.event = event.index;
      text.replaceChildren(
        ...withMasks(event.text === null ? `Not recorded: ${event.note ?? "no text"}` : pretty(event.text)),
      );
      text.scrollTop = 0;
    },
  });
  list.element.id = "events-list";
  list.element.addEventListener("scroll", () => kept.eventsTop = list.element.scrollTop);
  const filter = el("input", {
    id: "events-filter",
    type: "search",
    value: kept.filter ?? "",
    placeholder: "Filter by type or text",
    "aria-label": "Filter the events",
    oninput: () => show(),
  });
  const show = () => {
    const words = filter.value.toLowerCase();
    const shown = words === ""
      ? detail.events
      : detail.events.filter(({ type, text }) =>
        type.toLowerCase().includes(words) || (text ?? "").toLowerCase().includes(words)
      );
    kept.filter = filter.value;
    list.set(shown, (event) => event.index === kept.event);
    if (list.selected >= 0) list.onSelect(list.items[list.selected]);
    told.textContent = shown.length === detail.events.length
      ? `${count(shown.length)} events`
      : `${count(shown.length)} of ${count(detail.events.length)} events`;
  };
  show();
  const { eventsTop = 0 } = kept;
  // The list has no height, and so no position, before it is in the page.
  requestAnimationFrame(() => list.element.scrollTop = eventsTop);
  return el("div", { class: "events" }, el("div", { class: "filter" }, filter, told), list.element, text);
}

function eventRow(row, event, gap, isLate) {
  const isSend = event.dir === "send";
  return el(
    "div",
    { class: "event" },
    el("span", {
      class: event.dir,
      title: isSend ? "sent by the client" : "received by the client",
      "aria-label": isSend ? "sent" : "received",
    }, isSend ? "→" : "←"),
    el("span", { class: "quiet" }, `+${duration(event.t_ms - row.t_ms)}`),
    el(
      "span",
      { class: `quiet ${isLate ? "late" : ""}`, title: "since the event before" },
      `Δ ${duration(gap)}`,
    ),
    el("span", { class: "type" }, event.type, event.note !== null && ` (${event.note})`),
    el("span", { class: "quiet" }, size(event.size)),
  );
}
