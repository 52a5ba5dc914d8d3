/**
 * A capture as it may be given to others: without secrets, or also without the texts of prompts, answers and tools.
 *
 * @module
 */
import { decodedBase64 } from "../../text/decode_base64.ts";
import { redactedBytes } from "../record/body_recorder.ts";
import { type CaptureRedaction, createCaptureRedaction } from "../record/capture_redaction.ts";
import { isOAuth } from "../record/channels.ts";
import type { HeaderPair, RecordBase, RedactionProfile, StoredBody } from "../record/format.ts";
import type { TextHolder } from "../record/read/capture_reader.ts";
import type { Exchange, LoadedCapture } from "../record/read/exchanges.ts";

/**
 * Returns a capture that is redacted again, by another profile than it was recorded with. Nothing can be undone: what
 * was redacted at the recording stays so.
 *
 * @param profile `none` returns the capture as it is
 */
export function redactedCapture(capture: LoadedCapture, profile: RedactionProfile): LoadedCapture {
  if (profile === "none") return capture;
  const redaction = createCaptureRedaction(profile);
  const texts = new TextRedaction(redaction, profile, capture.text);
  const exchanges = capture.exchanges.map((exchange) => redactedExchange(exchange, redaction, texts));
  return { ...capture, meta: { ...capture.meta, redaction: profile }, exchanges, text: texts.text };
}

/** Redacts the texts that records refer to, at the time when they are asked for: they may be on disk. */
class TextRedaction {
  /** How a text is stored, by the record or body that holds it. */
  readonly #holders = new WeakMap<TextHolder, { readonly isBinary: boolean; readonly isOAuth: boolean }>();
  readonly #redaction: CaptureRedaction;
  readonly #profile: RedactionProfile;
  readonly #read: LoadedCapture["text"];

  constructor(redaction: CaptureRedaction, profile: RedactionProfile, read: LoadedCapture["text"]) {
    this.#redaction = redaction;
    this.#profile = profile;
    this.#read = read;
  }

  /** Takes note of a holder of a text, and returns it. */
  holder<HOLDER extends TextHolder>(holder: HOLDER, isBinary: boolean, channel: string): HOLDER {
    this.#holders.set(holder, { isBinary, isOAuth: isOAuth(channel) });
    return holder;
  }

  readonly text = (holder: TextHolder | undefined): string | undefined => {
    const text = this.#read(holder);
    if (holder === undefined || text === undefined) return undefined;
    const { isBinary, isOAuth } = this.#holders.get(holder) ?? { isBinary: false, isOAuth: false };
    return isBinary ? this.#binary(text, isOAuth) : this.#redaction.text(text, undefined, isOAuth);
  };

  /** Redacts base64 of bytes. In bytes that are no text a secret can be found, and not replaced. */
  #binary(base64: string, isOAuth: boolean): string | undefined {
    const bytes = decodedBase64(base64);
    if (bytes === undefined || this.#profile === "share") return undefined;
    const { encoding, text } = redactedBytes(bytes, "text/plain", this.#redaction, isOAuth);
    return encoding === "base64" || text === undefined ? text : new TextEncoder().encode(text).toBase64();
  }
}

function redactedExchange(exchange: Exchange, redaction: CaptureRedaction, texts: TextRedaction): Exchange {
  const { request, response, open, end, close, channel } = exchange;
  const headers = (pairs: readonly HeaderPair[]) => redaction.headers(pairs.flat());
  const plain = (text: string) => redaction.text(text, "text/plain", isOAuth(channel));
  const body = (stored: StoredBody) => texts.holder({ ...stored }, stored.encoding === "base64", channel);
  // Tags are copies of header fields, and of ids in events.
  const tagged = <RECORD extends RecordBase>(record: RECORD): RECORD =>
    record.tags === undefined
      ? { ...record }
      : { ...record, tags: Object.fromEntries(headers(Object.entries(record.tags))) };
  const head = <RECORD extends RecordBase & { readonly headers: readonly HeaderPair[] }>(record: RECORD) => ({
    ...tagged(record),
    headers: headers(record.headers),
  });
  const answered = (record: NonNullable<typeof response>) => ({
    ...head(record),
    status_text: redaction.label(record.status_text),
  });
  return {
    ...exchange,
    ...(request === undefined ? {} : {
      request: {
        ...head(request),
        url: redaction.url(request.url),
        ...(request.body === undefined ? {} : { body: body(request.body) }),
      },
    }),
    interim: exchange.interim.map(answered),
    ...(response === undefined ? {} : { response: answered(response) }),
    ...(open === undefined ? {} : {
      open: {
        ...head(open),
        ...(open.subprotocol === undefined
          ? {}
          : { subprotocol: redaction.headers(["sec-websocket-protocol", open.subprotocol])[0]?.[1] ?? "" }),
      },
    }),
    // Nothing can be redacted in bytes that may be compressed.
    chunks: exchange.chunks.map(({ data: _data, data_parts: _parts, ...chunk }) => tagged(chunk)),
    // The bytes of an event as they stood in the stream may hold what is redacted in its data.
    events: exchange.events.map(({ raw: _raw, ...event }) =>
      texts.holder(
        {
          ...tagged(event),
          event: plain(event.event),
          ...(event.event_id === undefined ? {} : { event_id: plain(event.event_id) }),
          ...(event.json_type === undefined ? {} : { json_type: redaction.label(event.json_type) }),
        },
        false,
        channel,
      )
    ),
    messages: exchange.messages.map((message) =>
      texts.holder(
        {
          ...tagged(message),
          ...(message.json_type === undefined ? {} : { json_type: redaction.label(message.json_type) }),
          ...(message.response_id === undefined ? {} : { response_id: redaction.label(message.response_id) }),
        },
        message.opcode !== 1,
        channel,
      )
    ),
    errors: exchange.errors.map((record) => ({ ...tagged(record), error: plain(record.error) })),
    ...(close === undefined ? {} : { close: { ...tagged(close), reason: plain(close.reason) } }),
    ...(end === undefined ? {} : {
      end: {
        ...tagged(end),
        ...(end.error === undefined ? {} : { error: plain(end.error) }),
        ...(end.trailers === undefined ? {} : { trailers: headers(end.trailers) }),
        ...(end.body === undefined ? {} : { body: body(end.body) }),
        ...(end.request_body === undefined ? {} : { request_body: body(end.request_body) }),
      },
    }),
  };
}
