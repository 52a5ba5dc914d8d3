/**
 * The answer, out of everything that a turn yields.
 *
 * @module
 */
import type { EventBatch, ResponseEvent } from "../events/events.ts";

/** Takes the text of the answer out of events, message by message, without what the model says to itself on the way. */
export class AnswerCollector {
  readonly #keeps: boolean;
  #pieces: string[] = [];
  #skipping = false;
  #messages = 0;
  #last = "";

  /** @param keeps whether {@link AnswerCollector.text} will be asked for; else nothing is kept, however long it gets */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** The answer so far; empty where nothing is kept. */
  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join("")];
    return this.#pieces[0] ?? "";
  }

  /** Whether there is text whose last line has no end. */
  get isLineOpen(): boolean {
    return this.#last !== "" && !this.#last.endsWith("\n");
  }

  /** Takes in a batch and gives the text that it adds. */
  take(batch: EventBatch): string {
    let added = "";
    for (const { event } of batch) {
      if (event.type === "response.output_text.delta") {
        if (!this.#skipping) added += event.delta;
      } else {
        added += this.#observe(event, added !== "" || this.#last !== "");
      }
    }
    if (added !== "") {
      this.#last = added;
      if (this.#keeps) this.#pieces.push(added);
    }
    return added;
  }

  #observe(event: ResponseEvent, hasText: boolean): string {
    if (event.type === "culvert.retry" && event.level === "stream") {
      this.#pieces = [];
      this.#last = "";
      this.#messages = 0;
      return "";
    }
    if (event.type !== "response.output_item.added" || event.item["type"] !== "message") return "";
    this.#skipping = event.item["phase"] === "commentary";
    if (this.#skipping) return "";
    this.#messages += 1;
    return this.#messages > 1 && hasText ? "\n\n" : "";
  }
}
