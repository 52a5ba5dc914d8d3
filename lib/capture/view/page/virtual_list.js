/**
 * A list of any length of which only the visible rows exist. It is a listbox: the focus stays on the list, and the
 * selected row is its active descendant.
 *
 * @module
 */
import { el } from "./dom.js";

let lists = 0;

export class VirtualList {
  /**
   * @param label name of the list for screen readers
   * @param rowHeight in px
   * @param render makes the content of a row from its item
   * @param onSelect called with the item and its index
   */
  constructor({ label, rowHeight, render, onSelect }) {
    this.id = `list-${++lists}`;
    this.rowHeight = rowHeight;
    this.render = render;
    this.onSelect = onSelect;
    this.items = [];
    this.selected = -1;
    this.space = el("div", { class: "space", role: "presentation" });
    this.element = el("div", {
      class: "virtual",
      role: "listbox",
      tabindex: "0",
      "aria-label": label,
      onscroll: () => this.draw(),
      onkeydown: (event) => this.key(event),
    }, this.space);
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** Shows other items; the selection stays on the item that `isSame` accepts. */
  set(items, isSame = () => false) {
    this.items = items;
    this.selected = items.findIndex(isSame);
    this.space.style.height = `${items.length * this.rowHeight}px`;
    this.draw();
  }

  /** Selects a row and scrolls it into view. */
  select(index) {
    if (index < 0 || index >= this.items.length) return;
    this.selected = index;
    this.reveal();
    this.draw();
    this.onSelect(this.items[index], index);
  }

  /** Scrolls the selected row into view. */
  reveal() {
    if (this.selected < 0) return;
    const top = this.selected * this.rowHeight;
    const { scrollTop, clientHeight } = this.element;
    if (top < scrollTop) this.element.scrollTop = top;
    else if (top + this.rowHeight > scrollTop + clientHeight) {
      this.element.scrollTop = top + this.rowHeight - clientHeight;
    }
  }

  key(event) {
    const page = Math.max(1, Math.floor(this.element.clientHeight / this.rowHeight) - 1);
    const moves = {
      ArrowDown: this.selected + 1,
      j: this.selected + 1,
      ArrowUp: Math.max(0, this.selected - 1),
      k: Math.max(0, this.selected - 1),
      PageDown: Math.min(this.items.length - 1, this.selected + page),
      PageUp: Math.max(0, this.selected - page),
      Home: 0,
      End: this.items.length - 1,
    };
    const to = moves[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    this.select(to);
  }

  draw() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - 6);
    const last = Math.min(this.items.length, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + 6);
    const rows = [];
    for (let index = first; index < last; index++) {
      rows.push(el("div", {
        id: `${this.id}-${index}`,
        class: "option",
        role: "option",
        "aria-selected": index === this.selected ? "true" : "false",
        "aria-setsize": this.items.length,
        "aria-posinset": index + 1,
        onclick: () => this.select(index),
      }, this.render(this.items[index], index)));
      const style = rows.at(-1).style;
      style.top = `${index * this.rowHeight}px`;
      style.height = `${this.rowHeight}px`;
    }
    this.space.replaceChildren(...rows);
    const isDrawn = this.selected >= first && this.selected < last;
    if (isDrawn) this.element.setAttribute("aria-activedescendant", `${this.id}-${this.selected}`);
    else this.element.removeAttribute("aria-activedescendant");
  }
}
