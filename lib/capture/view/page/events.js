/**
 * The events of a stream or the messages of a websocket, with the one that is selected in full.
 *
 * @module
 */
import { el, withMasks } from "./dom.js";
import { count, duration, plural, pretty, size } from "./format.js";
import { gapsOf } from "./stream.js";
import { VirtualList } from "./virtual_list.js";

/**
 * Shows the events of an exchange.
 *
 * @param loadTexts loads the texts of the events by index; called when a text is shown or searched for the first time
 * @param kept holds the filter, the position, the selected event and the texts, for when the exchange has grown
 */
export function eventsView(row, detail, loadTexts, kept) {
  let loading;
  const texts = () => loading ??= loadTexts().then((all) => kept.texts = all);
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
    onSelect: async (event) => {
      kept.event = event.index;
      const own = await texts().then((all) => all[event.index], (error) => `Not loaded: ${error.message}`);
      // Another event may have been selected in the meantime.
      if (kept.event !== event.index) return;
      text.replaceChildren(
        ...withMasks(own === null ? `Not recorded: ${event.note ?? "no text"}` : pretty(own)),
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
    oninput: () => search(),
  });
  const show = () => {
    const words = filter.value.toLowerCase();
    const known = kept.texts ?? {};
    const shown = words === ""
      ? detail.events
      : detail.events.filter(({ type, index }) =>
        type.toLowerCase().includes(words) || (known[index] ?? "").toLowerCase().includes(words)
      );
    kept.filter = filter.value;
    list.set(shown, (event) => event.index === kept.event);
    if (list.selected >= 0) list.onSelect(list.items[list.selected]);
    told.textContent = shown.length === detail.events.length
      ? plural(shown.length, "event")
      : `${count(shown.length)} of ${plural(detail.events.length, "event")}`;
  };
  // The types are searched at once, the texts when they have arrived.
  const search = () => {
    show();
    if (filter.value === "") return;
    texts().then(show, (error) => told.textContent = `The texts cannot be searched: ${error.message}`);
  };
  search();
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
