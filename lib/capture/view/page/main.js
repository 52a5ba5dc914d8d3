/**
 * Starts the page: the list of exchanges, its search and filters, and the keys.
 *
 * @module
 */
import { openData } from "./data.js";
import { showDetail, statusTone, TABS } from "./detail.js";
import { byId, el, pill } from "./dom.js";
import { compact, count, dateTime, duration, plural, share } from "./format.js";
import { drawOverview, markPills, selectBar } from "./overview.js";
import { VirtualList } from "./virtual_list.js";

const data = openData();
const state = { index: undefined, channel: undefined, selected: undefined, tab: 0, kept: {}, rows: [] };

const list = new VirtualList({
  label: "Exchanges",
  rowHeight: 54,
  render: (row) => rowView(row),
  onSelect: (row) => show(row),
});
byId("list").replaceWith(list.element);
list.element.id = "list";

function rowView(row) {
  const facts = [
    row.model ?? row.channel,
    row.first_token_ms !== null && `first token ${duration(row.first_token_ms)}`,
    row.input_tokens !== null && `${compact(row.input_tokens)} in`,
    row.input_tokens !== null && `${share(row.cached_tokens ?? 0, row.input_tokens)} cached`,
    row.output_tokens !== null && `${compact(row.output_tokens)} out`,
    row.events > 0 && plural(row.events, "event"),
  ].filter(Boolean);
  return el(
    "div",
    { class: "row" },
    el("span", { class: "status" }, pill(row.status === null ? "–" : String(row.status), statusTone(row))),
    el(
      "span",
      { class: "what", title: `${row.host}${row.path}` },
      `${row.transport === "websocket" ? "WS" : row.method} ${row.path}`,
    ),
    el("span", { class: "when" }, duration(row.duration_ms)),
    el("span", { class: "facts" }, markPills(row.marks), facts.map((fact) => el("span", {}, fact))),
  );
}

async function show(row) {
  const isOther = state.selected !== row.id;
  if (isOther) state.kept = {};
  state.selected = row.id;
  state.version = versionOf(row);
  if (!selectBar(byId("overview"), row.id)) {
    drawOverview(byId("overview"), state.rows, row.id, selectById);
  }
  const detail = await data.detail(row.id);
  // Another exchange may have been selected in the meantime.
  if (state.selected !== row.id || detail === undefined) return;
  if (isOther && state.tab === 1 && detail.turns.length === 0) state.tab = 0;
  showDetail(byId("detail"), row, detail, {
    tab: state.tab,
    kept: state.kept,
    loadTexts: () => data.texts(row.id),
    onTab: (tab) => {
      state.tab = tab;
      show(row);
    },
  });
}

function selectById(id) {
  list.select(list.items.findIndex((row) => row.id === id));
}

function matches(row, words) {
  const text = [
    row.id,
    row.channel,
    row.transport,
    row.method,
    row.host,
    row.path,
    row.status,
    row.outcome,
    row.model,
    ...row.marks.map(({ kind }) => kind),
  ].join(" ").toLowerCase();
  return words.every((word) => text.includes(word));
}

function filter() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter((word) => word !== "");
  const { rows } = state.index;
  state.rows = rows.filter((row) =>
    (state.channel === undefined || row.channel === state.channel) && matches(row, words)
  );
  list.set(state.rows, (row) => row.id === state.selected);
  byId("count").textContent = state.rows.length === rows.length
    ? plural(rows.length, "exchange")
    : `${count(state.rows.length)} of ${plural(rows.length, "exchange")}`;
  drawOverview(byId("overview"), state.rows, state.selected, selectById);
}

function chips() {
  const channels = new Map();
  for (const { channel } of state.index.rows) channels.set(channel, (channels.get(channel) ?? 0) + 1);
  const chip = (name, label) =>
    el("button", {
      class: "chip",
      "aria-pressed": state.channel === name ? "true" : "false",
      onclick: () => {
        state.channel = state.channel === name ? undefined : name;
        chips();
        filter();
      },
    }, label);
  byId("chips").replaceChildren(
    chip(undefined, "all"),
    ...[...channels].map(([name, number]) => chip(name, `${name} ${count(number)}`)),
  );
}

function totals() {
  const { rows, turns, capture } = state.index;
  const sum = (pick) => turns.reduce((all, turn) => all + (pick(turn) ?? 0), 0);
  const marked = (kind) => rows.filter(({ marks }) => marks.some((mark) => mark.kind === kind)).length;
  const input = sum((turn) => turn.input_tokens);
  const firsts = turns.map((turn) => turn.first_token_ms).filter((ms) => ms !== null).sort((one, other) =>
    one - other
  );
  const pairs = [
    ["model calls", count(turns.length)],
    ["input tokens", input > 0 ? count(input) : null],
    ["cached", input > 0 ? share(sum((turn) => turn.cached_tokens), input) : null],
    ["output tokens", input > 0 ? count(sum((turn) => turn.output_tokens)) : null],
    ["median first token", firsts.length > 0 ? duration(firsts[Math.floor(firsts.length / 2)]) : null],
    [
      "401 recovered",
      marked("unauthorized") > 0 ? `${marked("recovered")} of ${marked("unauthorized")}` : null,
      marked("recovered") < marked("unauthorized") ? "bad" : "good",
    ],
    ["retries", marked("retry") > 0 ? count(marked("retry")) : null],
    ["fallbacks", marked("fallback") > 0 ? count(marked("fallback")) : null],
  ];
  byId("totals").replaceChildren(
    ...pairs.filter(([, value]) => value !== null).map(([name, value, tone]) =>
      el("div", { class: tone ?? "" }, el("dt", {}, name), el("dd", {}, value))
    ),
  );
  byId("name").textContent = capture.name;
  document.title = `${capture.name} – capture`;
  const notes = [
    dateTime(capture.started_ms),
    `redaction ${capture.redaction}`,
    capture.limit !== null && "bodies end at the size limit",
    capture.left_out > 0 && `${count(capture.left_out)} earlier events are on disk only`,
    capture.omitted_by_limit > 0 && `${count(capture.omitted_by_limit)} bodies and events not recorded`,
    capture.missing_requests > 0 && `${plural(capture.missing_requests, "request")} missing`,
    capture.incomplete_by_overload > 0 &&
    `${plural(capture.incomplete_by_overload, "exchange")} not complete (traffic faster than the recording)`,
    capture.missing_records > 0 && `${plural(capture.missing_records, "record")} missing`,
    capture.is_torn && "last record incomplete",
    capture.missing_bodies > 0 && `${plural(capture.missing_bodies, "file")} of bodies/ missing`,
    capture.changed_bodies > 0 && `${plural(capture.changed_bodies, "file")} of bodies/ changed since`,
    capture.damaged_lines > 0 &&
    `${
      plural(capture.damaged_lines, "damaged line")
    } left out, the first is line ${capture.first_damaged_line}`,
  ];
  byId("about").textContent = notes.filter(Boolean).join(" · ");
}

/** Loads the exchanges in outline, and the one that is selected where it is new or has grown. */
async function load() {
  state.index = await data.index();
  const isFirst = state.selected === undefined;
  const row = isFirst
    ? firstToShow(state.index.rows)
    : state.index.rows.find(({ id }) => id === state.selected);
  // The detail is under way while the list is drawn.
  const shown = row !== undefined && versionOf(row) !== state.version ? show(row) : undefined;
  totals();
  chips();
  filter();
  if (isFirst) list.reveal();
  if (state.index.rows.length === 0) {
    byId("detail").replaceChildren(el("p", { class: "empty" }, "Nothing was recorded yet."));
  }
  await shown;
}

/** Returns the first model call that succeeded, else the first exchange. */
function firstToShow(rows) {
  return rows.find((row) => row.channel === "model" && row.status !== null && row.status < 400) ?? rows[0];
}

/** Differs when an exchange has grown: its detail must be loaded again. */
function versionOf(row) {
  return `${row.id} ${row.status} ${row.outcome} ${row.events} ${row.received_bytes} ${row.marks.length}`;
}

function jump(step) {
  const from = list.selected;
  for (let at = from + step; at >= 0 && at < list.items.length; at += step) {
    if (list.items[at].marks.length > 0) return list.select(at);
  }
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const isTyping = event.target instanceof HTMLInputElement;
  if (event.key === "Escape" && isTyping) {
    event.target.value = "";
    event.target.dispatchEvent(new Event("input"));
    list.element.focus();
  }
  if (isTyping) return;
  const tab = Number(event.key) - 1;
  if (tab >= 0 && tab < TABS.length && state.selected !== undefined) {
    state.tab = tab;
    show(state.index.rows.find(({ id }) => id === state.selected));
  } else if (event.key === "/") {
    event.preventDefault();
    byId("search").focus();
  } else if (event.key === "[") jump(-1);
  else if (event.key === "]") jump(1);
  else if (
    ["j", "k", "ArrowDown", "ArrowUp"].includes(event.key) &&
    !event.target.closest?.(".virtual, .panel, .tabs")
  ) list.key(event);
});
byId("search").addEventListener("input", filter);
globalThis.addEventListener(
  "resize",
  () => state.index !== undefined && drawOverview(byId("overview"), state.rows, state.selected, selectById),
);

/** Loads the data again, at most once at a time: what changed while they were loaded is loaded afterwards. */
let loading;
let isStale = false;
function reload() {
  isStale = true;
  loading ??= (async () => {
    while (isStale) {
      isStale = false;
      const begin = performance.now();
      await load();
      // A large capture takes longer to load: the page must stay usable.
      const pause = Math.max(RELOAD_MS, 3 * (performance.now() - begin));
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  })().finally(() => loading = undefined);
  return loading;
}

/** Shortest time between two loads while a capture grows, ms. */
const RELOAD_MS = 250;

function follow() {
  const live = byId("live");
  const say = (tone, text) => {
    live.className = tone;
    live.textContent = text;
  };
  const quietly = () =>
    reload().catch(() => {
      // The server has gone: the state of the connection says so.
    });
  data.onChange({
    connected: () => say("on", "live"),
    changed: quietly,
    ended: () => {
      say("", "ended");
      quietly();
    },
    lost: () => say("", "not connected"),
  });
}

load().then(
  () => {
    follow();
    document.documentElement.dataset.ready = "true";
  },
  (error) =>
    byId("detail").replaceChildren(
      el("p", { class: "empty" }, `The capture cannot be shown: ${error.message}`),
    ),
);
