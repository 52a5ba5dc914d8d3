/**
 * Decodes an event stream to the data of its events (WHATWG HTML, "Server-sent events"). The `event:` field, ids and
 * reconnection times are ignored: the Responses API has everything in the JSON of `data`.
 *
 * @module
 */
import { createParser, type EventSourceParser } from "eventsource-parser";
import { CulvertError } from "../../../errors.ts";
import { MAX_EVENT_LENGTH } from "../transport.ts";

/** Longest part of a text without events that is kept, UTF-16 units: enough for the title of a web page. */
const OTHER_TEXT_LENGTH = 64 * 1024;
/** The lines that a stream without events may have: comments and fields. */
const LINES_OF_STREAM = /^(?:(?:data|event|id|retry)(?::.*)?|:.*)$/gm;

/**
 * Decodes one stream. The parser is fed directly, not as a `TransformStream`: a stream costs a promise an
 * event, which alone takes longer than the parsing.
 */
export class SseDecoder {
  // The parser takes the one byte order mark that may be there. The decoder must not: it would take a second
  // one, and in Deno (2.9.6) also one within the text when it comes in pieces.
  readonly #utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
  readonly #parser: EventSourceParser;
  readonly #maxLength: number;
  #events: string[] = [];
  #tooLarge = false;
  /** The text until the first event; `undefined` afterwards. */
  #start: string | undefined = "";

  /**
   * @param maxLength largest event accepted, in UTF-16 units, however it is cut into pieces
   */
  constructor(maxLength = MAX_EVENT_LENGTH) {
    this.#maxLength = maxLength;
    this.#parser = createParser({
      // The buffer may hold one line whole, field name included.
      maxBufferSize: maxLength + "data: ".length,
      onEvent: ({ data }) => {
        if (data.length > maxLength) this.#tooLarge = true;
        else this.#events.push(data);
      },
      onError: (error) => {
        // Unknown fields and bad `retry` values are ignored, as the standard wants.
        if (error.type === "max-buffer-size-exceeded") this.#tooLarge = true;
      },
    });
  }

  /**
   * Decodes the next bytes, in time linear in their number, however the stream is cut into pieces.
   *
   * @returns the data of the events that these bytes completed, in order; often none
   * @throws CulvertError `message_too_large`; the stream cannot be read on after it
   */
  push(bytes: Uint8Array): readonly string[] {
    const text = this.#utf8.decode(bytes, { stream: true });
    if (this.#start !== undefined && this.#start.length < OTHER_TEXT_LENGTH) this.#start += text;
    return this.#feed(text);
  }

  /**
   * Ends the stream. The standard discards an event without its final blank line; here it is returned: a cut JSON text
   * cannot be mistaken for a whole one, and some servers leave out the blank line after their last event.
   */
  finish(): readonly string[] {
    return this.#feed(`${this.#utf8.decode()}\n\n`);
  }

  /**
   * The start of a text that arrived in place of an event stream, such as a web page or a JSON error; `undefined` if
   * there was an event, or nothing but comments and fields.
   */
  get otherText(): string | undefined {
    const text = this.#start?.slice(0, OTHER_TEXT_LENGTH).replace(LINES_OF_STREAM, "").trim() ?? "";
    return text === "" ? undefined : text;
  }

  #feed(text: string): readonly string[] {
    this.#parser.feed(text);
    if (this.#tooLarge) {
      throw new CulvertError(
        "message_too_large",
        `One event of the stream is larger than ${this.#maxLength} characters`,
        {
          hint:
            "Request a shorter answer, or check the proxies between here and the server: events are not usually that large.",
          details: { limit: this.#maxLength },
        },
      );
    }
    const events = this.#events;
    if (events.length > 0) {
      this.#events = [];
      this.#start = undefined;
    }
    return events;
  }
}
