/**
 * Collects the text of the answer from the events of a turn.
 *
 * @module
 */
import type { EventBatch, JsonObject, OtherEvent, ResponseEvent } from "../../events/events.ts";
import { outputText } from "../../events/items.ts";
import { isObject } from "../../../text/json.ts";

/** Code of the warning that replaces a damaged event. */
export const EVENT_DAMAGED = "event_damaged";

/**
 * Takes the text of the answer out of events, message by message; messages of phase `commentary` are left out. Of a
 * message without deltas the text is taken from the finished item, and of a response without any text before its end
 * from `response.completed`, as gateways send them. After a damaged event the text is not taken from deltas, one of which
 * may be lost, but from the event that repeats it.
 */
export class AnswerCollector {
  readonly #keeps: boolean;
  #pieces: string[] = [];
  #skipping = false;
  #messages = 0;
  #last = "";
  /** Whether an event was damaged and its text is not repaired yet. */
  #isDamaged = false;
  /** Length of the text that was taken of the present message, and of its present content part. */
  #messageLength = 0;
  #partLength = 0;
  /** The responses of the turn that completed before a tool ran: a retry does not repeat them. */
  #confirmed = { text: "", messages: 0, last: "" };
  /** Which message and part the text belongs to, where the events say so. */
  #place: Place = {};
  /** Whether the present message has begun and not ended. */
  #isOpen = false;
  /** Whether text of the present response was taken. */
  #hasResponseText = false;
  /** `output_index` of the messages of this response that text was taken of. */
  #seen = new Set<unknown>();

  /** @param keeps whether {@link AnswerCollector.text} is used; if not, nothing is kept */
  constructor(keeps: boolean) {
    this.#keeps = keeps;
  }

  /** The answer so far; empty if nothing is kept. */
  get text(): string {
    if (this.#pieces.length > 1) this.#pieces = [this.#pieces.join("")];
    return this.#pieces[0] ?? "";
  }

  /** Whether there is text whose last line has no line end. */
  get isLineOpen(): boolean {
    return this.#last !== "" && !this.#last.endsWith("\n");
  }

  /** Takes a batch and returns the text that it adds. */
  take(batch: EventBatch): string {
    let added = "";
    for (const { event } of batch) {
      if (event.type === "response.output_text.delta") {
        added += this.#enter(event, added !== "" || this.#last !== "");
        if (!this.#skipping && !this.#isDamaged) added += this.#took(event.delta);
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
    switch (event.type) {
      case "culvert.retry":
        if (event.level === "stream") this.#restart();
        return "";
      case "culvert.tool_output":
        this.#confirmed = { text: this.text, messages: this.#messages, last: this.#last };
        this.#beginResponse();
        return "";
      case "culvert.warning":
        this.#isDamaged ||= event.code === EVENT_DAMAGED;
        return "";
      case "response.output_item.added":
        return event.item["type"] === "message" ? this.#beginMessage(event, hasText) : "";
      case "response.output_item.done":
        return event.item["type"] === "message" ? this.#endMessage(event, hasText) : "";
      case "response.completed":
        return this.#endResponse(event.response.output, hasText);
      case "other":
        return this.#observeOther(event, hasText);
      default:
        return "";
    }
  }

  #observeOther({ name, payload }: OtherEvent, hasText: boolean): string {
    if (name === "response.done") {
      const { response } = payload;
      return this.#endResponse(isObject(response) ? response.output : undefined, hasText);
    }
    if (name !== "response.output_text.done") return "";
    const separator = this.#enter(payload, hasText);
    const rest = typeof payload.text === "string" ? this.#repair(payload.text, this.#partLength) : "";
    this.#partLength = 0;
    return separator + rest;
  }

  /**
   * Counts the text from zero where an event belongs to another message or part than the one before: the event that would
   * have said so may be the damaged one.
   *
   * @returns the separator before a message whose beginning was not seen
   */
  #enter({ output_index, content_index }: JsonObject, hasText: boolean): string {
    const { message, part } = this.#place;
    if (output_index === message && content_index === part) return "";
    const isUnseen = message !== undefined && output_index !== undefined && output_index !== message;
    const separator = isUnseen ? this.#beginMessage({ output_index }, hasText) : "";
    this.#place = { message: output_index, part: content_index };
    this.#partLength = 0;
    return separator;
  }

  /** Returns the part of a repeated text that was not taken from deltas. Without damage that is none. */
  #repair(whole: string, takenLength: number): string {
    if (!this.#isDamaged || whole === "") return "";
    this.#isDamaged = false;
    return this.#skipping ? "" : this.#took(whole.slice(takenLength));
  }

  /** Takes the rest of a message, which is all of it where nothing of it was taken before. */
  #endMessage({ item, output_index }: JsonObject, hasText: boolean): string {
    const text = outputText(item);
    const isPresent = output_index === undefined || output_index === this.#place.message;
    const isBegun = this.#isOpen && isPresent;
    const isTaken = isBegun && this.#messageLength > 0;
    if (isTaken || this.#seen.has(output_index)) {
      this.#isOpen &&= !isPresent;
      return isTaken ? this.#repair(text, this.#messageLength) : "";
    }
    const separator = isBegun || text === "" ? "" : this.#beginMessage({ item, output_index }, hasText);
    this.#isOpen = false;
    if (text === "") return "";
    this.#isDamaged = false;
    return this.#skipping || isCommentary(item) ? "" : separator + this.#took(text, false);
  }

  /** Takes the messages of the whole response, where no event before has brought any text of it. */
  #endResponse(output: unknown, hasText: boolean): string {
    if (!Array.isArray(output)) return "";
    if (this.#hasResponseText) return this.#repair(lastMessage(output), this.#messageLength);
    let added = "";
    for (const item of output) {
      if (outputText(item) === "") continue;
      added += this.#endMessage({ item }, hasText || added !== "");
    }
    return added;
  }

  #took(text: string, isOpen = true): string {
    this.#isOpen = isOpen;
    if (this.#place.message !== undefined) this.#seen.add(this.#place.message);
    this.#messages = Math.max(this.#messages, 1);
    this.#hasResponseText = true;
    this.#messageLength += text.length;
    this.#partLength += text.length;
    return text;
  }

  #beginMessage({ item, output_index }: JsonObject, hasText: boolean): string {
    this.#place = { message: output_index };
    this.#messageLength = this.#partLength = 0;
    this.#isOpen = true;
    this.#skipping = isCommentary(item);
    if (this.#skipping) return "";
    this.#messages += 1;
    return this.#messages > 1 && hasText ? "\n\n" : "";
  }

  #restart(): void {
    const { text, messages, last } = this.#confirmed;
    this.#pieces = text === "" ? [] : [text];
    this.#last = last;
    this.#messages = messages;
    this.#beginResponse();
  }

  #beginResponse(): void {
    this.#messageLength = this.#partLength = 0;
    this.#place = {};
    this.#seen.clear();
    this.#isDamaged =
      this.#skipping =
      this.#isOpen =
      this.#hasResponseText =
        false;
  }
}

/** Returns whether a message is one that the model writes on the way to its answer. */
function isCommentary(item: unknown): boolean {
  return isObject(item) && item["phase"] === "commentary";
}

/** The place of a text in the output of a response; undefined where the events do not say. */
interface Place {
  readonly message?: unknown;
  readonly part?: unknown;
}

/** The text of the last message in the output of a response. */
function lastMessage(output: unknown): string {
  return Array.isArray(output) ? outputText(output.findLast((item) => outputText(item) !== "")) : "";
}
