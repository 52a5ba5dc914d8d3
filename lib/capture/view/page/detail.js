/**
 * Everything about one exchange, in five tabs.
 *
 * @module
 */
import { conversation } from "./conversation.js";
import { el, figures, pill, withMasks } from "./dom.js";
import { eventsView } from "./events.js";
import { count, duration, offset, plural, pretty, share, size } from "./format.js";
import { markPills } from "./overview.js";
import { streamTimeline } from "./stream.js";

export const TABS = ["Summary", "Conversation", "Events", "Headers", "Bodies"];

/**
 * Shows an exchange in a container.
 *
 * @param kept what the reader did with an exchange that is shown again because it has grown: positions, filters
 */
export function showDetail(container, row, detail, { tab, kept, loadTexts, onTab }) {
  const focused = container.contains(document.activeElement) ? document.activeElement.id : "";
  const before = document.getElementById("panel");
  const scrollTop = kept.tab === tab && before !== null ? before.scrollTop : 0;
  kept.tab = tab;
  const panel = el("div", {
    class: `panel ${tab === 2 ? "fill" : ""}`,
    role: "tabpanel",
    id: "panel",
    "aria-labelledby": `tab-${tab}`,
    tabindex: tab === 2 ? undefined : "0",
  });
  container.replaceChildren(head(row, detail, tab, onTab), panel);
  const width = Math.max(320, panel.clientWidth - 76);
  const contents = [
    () => summary(row, detail, width),
    () => conversation(detail),
    () => eventsView(row, detail, loadTexts, kept),
    () => headers(detail),
    () => bodies(detail),
  ];
  panel.append(...[contents[tab]()].flat());
  if (scrollTop > 0) panel.scrollTop = scrollTop;
  if (focused !== "") document.getElementById(focused)?.focus({ preventScroll: true });
}

function head(row, detail, tab, onTab) {
  const status = row.status === null ? "no answer" : `${row.status} ${detail.status_text}`;
  return el(
    "div",
    { class: "head" },
    el("h2", {}, `${row.transport === "websocket" ? "WS" : row.method} `, withMasks(detail.url)),
    el(
      "div",
      { class: "line" },
      pill(status, statusTone(row)),
      markPills(row.marks),
      el("span", {}, row.id),
      el("span", {}, row.channel),
      row.model && el("span", {}, row.model),
      el("span", {}, offset(row.t_ms)),
    ),
    el(
      "div",
      { class: "tabs", role: "tablist", onkeydown: (event) => moveTab(event, tab, onTab) },
      TABS.map((name, index) =>
        el("button", {
          role: "tab",
          id: `tab-${index}`,
          "aria-selected": index === tab ? "true" : "false",
          "aria-controls": "panel",
          tabindex: index === tab ? "0" : "-1",
          onclick: () => onTab(index),
        }, name)
      ),
    ),
  );
}

function moveTab(event, tab, onTab) {
  const to =
    { ArrowRight: (tab + 1) % TABS.length, ArrowLeft: (tab + TABS.length - 1) % TABS.length }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  onTab(to);
  document.getElementById(`tab-${to}`).focus();
}

/** Returns the tone of a status. */
export function statusTone({ status, outcome }) {
  if (status === null || status >= 400 || outcome === "error") return "bad";
  if (outcome === "open") return "info";
  return outcome === "aborted" ? "warn" : "good";
}

function summary(row, detail, width) {
  return [
    row.marks.map((mark) =>
      el("div", {
        class: `alert ${
          mark.kind === "recovered"
            ? "good"
            : ["unauthorized", "failed", "no_request"].includes(mark.kind)
            ? "bad"
            : ""
        }`,
      }, mark.text)
    ),
    detail.error !== null && el("div", { class: "alert bad" }, detail.error),
    el("div", { class: "card" }, el("h3", {}, "Timeline"), streamTimeline(row, detail, width)),
    detail.turns.map((turn) => usageCard(turn, detail.turns.length > 1)),
    el(
      "div",
      { class: "card" },
      el("h3", {}, "Transfer"),
      figures([
        ["duration", duration(row.duration_ms)],
        ["sent", size(row.sent_bytes)],
        ["received", size(row.received_bytes)],
        [
          "on the wire",
          detail.request_body && detail.request_body.wire_size !== detail.request_body.size
            ? `${size(detail.request_body.wire_size)} ${detail.request_body.content_encoding ?? ""}`
            : null,
        ],
        ["events", count(row.events)],
        ["send", timing(detail, "send")],
        ["wait", timing(detail, "wait")],
        ["receive", timing(detail, "receive")],
        ["closed", detail.close && `${detail.close.code} by ${detail.close.by}`],
      ]),
    ),
    detail.limits.length > 0 &&
    el("div", { class: "card" }, el("h3", {}, "Rate limits"), limits(detail.limits)),
    redactions(detail),
  ].flat().filter(Boolean);
}

function timing({ timings }, name) {
  return timings !== null && timings[name] >= 0 ? duration(timings[name]) : null;
}

function usageCard(turn, named) {
  const { usage } = turn;
  const cached = usage?.cached_input_tokens ?? 0;
  return el(
    "div",
    { class: "card" },
    el("h3", {}, named ? `Model call ${turn.name}` : "Model call"),
    figures([
      ["model", turn.model],
      ["outcome", turn.outcome],
      ["first event", turn.first_event_ms === null ? null : duration(turn.first_event_ms)],
      ["first token", turn.first_token_ms === null ? null : duration(turn.first_token_ms)],
      ["duration", turn.duration_ms === null ? null : duration(turn.duration_ms)],
      ["input tokens", usage && count(usage.input_tokens)],
      ["cached", usage && share(cached, usage.input_tokens)],
      ["output tokens", usage && count(usage.output_tokens)],
      ["reasoning", usage && count(usage.reasoning_output_tokens)],
    ]),
    turnPicture(turn),
    usage &&
      el("div", {
        class: "meter",
        role: "img",
        "aria-label": `${share(cached, usage.input_tokens)} of the input from the cache`,
      }, meter(cached / Math.max(1, usage.input_tokens))),
    turn.cache_break !== null && el("p", { class: "note" }, `Cache: ${turn.cache_break.why}.`),
  );
}

/** The attempts on a time line. The server has drawn it and replaced what is special in markup. */
function turnPicture({ name, picture }) {
  const drawn = new DOMParser().parseFromString(picture.svg, "text/html").body.firstElementChild;
  const [head, ...rows] = picture.table;
  return el(
    "div",
    {},
    el(
      "div",
      {
        class: "turn-picture",
        tabindex: "0",
        role: "region",
        "aria-label": `Attempts of model call ${name}`,
      },
      document.importNode(drawn, true),
    ),
    el(
      "details",
      {},
      el("summary", {}, "The same as a table"),
      el(
        "div",
        { class: "turn-picture", tabindex: "0", role: "region", "aria-label": "Table of the attempts" },
        el(
          "table",
          { class: "turn-table" },
          el(
            "thead",
            {},
            el("tr", {}, head.map((cell) => el("th", { scope: "col" }, cell))),
          ),
          el(
            "tbody",
            {},
            rows.map(([step, ...cells]) =>
              el("tr", {}, el("th", { scope: "row" }, step), cells.map((cell) => el("td", {}, cell)))
            ),
          ),
        ),
      ),
    ),
  );
}

function meter(part) {
  const bar = el("div", {});
  bar.style.width = `${Math.min(100, 100 * part)}%`;
  return bar;
}

function limits(pairs) {
  const known = new Map(pairs.map(([name, value]) => [name.toLowerCase(), value]));
  const windows = ["primary", "secondary"].flatMap((name) => {
    const used = known.get(`x-codex-${name}-used-percent`);
    const minutes = known.get(`x-codex-${name}-window-minutes`);
    return used === undefined
      ? []
      : [[`${name}${minutes === undefined ? "" : `, ${minutes} min`}`, `${used} %`]];
  });
  return windows.length > 0 ? [figures(windows), table(pairs)] : table(pairs);
}

function redactions({ redacted }) {
  const names = [...new Set(redacted.headers.map(({ name }) => name))];
  if (names.length === 0 && redacted.texts === 0) return null;
  return el(
    "div",
    { class: "card" },
    el("h3", {}, "Redacted"),
    names.length > 0 && el("p", {}, "Headers: ", el("span", { class: "mono" }, names.join(", "))),
    redacted.texts > 0 && el("p", {}, `${plural(redacted.texts, "place")} in the URL, bodies and events`),
    el("p", { class: "note" }, "Equal masks stand for equal values within this capture."),
  );
}

function table(pairs) {
  return el(
    "table",
    { class: "pairs" },
    el(
      "tbody",
      {},
      pairs.map(([name, value]) =>
        el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, withMasks(value)))
      ),
    ),
  );
}

function headers(detail) {
  return [["Request", detail.request_headers], ["Response", detail.response_headers]].map(([title, pairs]) =>
    el(
      "div",
      { class: "card" },
      el("h3", {}, title),
      pairs.length === 0 ? el("p", { class: "note" }, "None.") : table(pairs),
    )
  );
}

function bodies(detail) {
  return [["Request", detail.request_body], ["Response", detail.response_body]].map(([title, body]) =>
    el(
      "div",
      { class: "card" },
      el("h3", {}, title),
      body === null
        ? el(
          "p",
          { class: "note" },
          detail.events.length > 0 && title === "Response" ? "See the tab Events." : "None.",
        )
        : [
          el(
            "p",
            { class: "note" },
            [
              size(body.size),
              body.content_encoding && `${size(body.wire_size)} on the wire as ${body.content_encoding}`,
              body.encoding === "base64" && "not text; shown as base64",
              body.note,
            ].filter(Boolean).join(" · "),
          ),
          body.text !== null && el("pre", { tabindex: "0" }, withMasks(pretty(body.text))),
        ],
    )
  );
}
