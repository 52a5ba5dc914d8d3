/**
 * Reads a HAR file as a capture: its own, or that of a browser or of another proxy.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { decodedBase64 } from "../../text/decode_base64.ts";
import { channelOf } from "../record/channels.ts";
import { jsonType, responseTags } from "../record/decode/event_facts.ts";
import { SseSplitter } from "../record/decode/sse_splitter.ts";
import { FORMAT_VERSION, type HeaderPair, type RecordBase, type StoredBody } from "../record/format.ts";
import { UNDAMAGED } from "../record/read/capture_damage.ts";
import { ExchangeTable, type LoadedCapture } from "../record/read/exchanges.ts";
import { sha256 } from "../record/store/piece_table.ts";
import { type HarEntry, harSchema } from "./har_format.ts";

/**
 * Reads a HAR file.
 *
 * @param path for messages
 * @param text its content
 * @throws CulvertError `input_unreadable`
 */
export function captureOfHar(path: string, text: string): LoadedCapture {
  let value: unknown;
  try {
    // mitmproxy accepts a byte order mark, so there are files with one.
    value = JSON.parse(text.replace(/^\ufeff/, ""));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (FLOW_FILE.test(text)) {
      throw unreadable(path, "it is a flow file of mitmproxy", error, FLOW_FILE_HINT);
    }
    throw unreadable(path, "it is not JSON", error);
  }
  const har = harSchema.safeParse(value);
  if (!har.success) {
    const [issue] = har.error.issues;
    throw unreadable(
      path,
      `it is not HAR 1.2: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
      har.error,
    );
  }
  const { entries, creator, _redaction: redaction } = har.data.log;
  const starts = entries.map((entry) => Date.parse(entry.startedDateTime)).filter((time) =>
    !Number.isNaN(time)
  );
  const start = starts.reduce((first, time) => Math.min(first, time), Infinity);
  const started_ms = Number.isFinite(start) ? start : 0;
  const table = new ExchangeTable();
  let records = 0;
  const next = () => records++;
  for (const [index, entry] of entries.entries()) {
    new EntryReader(entry, index, started_ms, table, next).read();
  }
  return {
    path,
    meta: {
      v: FORMAT_VERSION,
      capture_id: `har-${sha256(text).slice(0, 32)}`,
      tool: creator,
      redaction,
      started_ms,
    },
    exchanges: table.exchanges,
    text: (holder) => holder?.text ?? holder?.data,
    damage: UNDAMAGED,
    [Symbol.dispose]: () => {},
  };
}

/** The beginning of a flow: a dictionary in the notation of tnetstrings, whose first key is a string. */
const FLOW_FILE = /^\d{1,10}:\d{1,10}:\w{1,40};/;

const FLOW_FILE_HINT =
  "mitmproxy 10.1 or later converts it to HAR: mitmdump -n -r FILE --set hardump=FILE.har";

function unreadable(
  path: string,
  reason: string,
  cause: unknown,
  hint = "Name the directory that culvert capture wrote, or a HAR 1.2 file.",
): CulvertError {
  return new CulvertError("input_unreadable", `Cannot read ${path}: ${reason}`, {
    hint,
    details: { path },
    cause,
  });
}

/** Writes the records of one entry. */
class EntryReader {
  readonly #entry: HarEntry;
  readonly #started: number;
  readonly #table: ExchangeTable;
  readonly #base: (t_ms: number) => Omit<RecordBase, "tags">;

  constructor(entry: HarEntry, index: number, started: number, table: ExchangeTable, nextSeq: () => number) {
    this.#entry = entry;
    this.#started = started;
    this.#table = table;
    const url = entry.request.url.replace(/^ws/, "http");
    const id = `x${index + 1}`;
    const channel = channelOf(url);
    this.#base = (t_ms) => ({
      v: FORMAT_VERSION,
      seq: nextSeq(),
      id,
      t_ms,
      wall_ms: Math.round(started + t_ms),
      channel,
    });
  }

  read(): void {
    const { request, response, timings, _webSocketMessages: messages } = this.#entry;
    const begin = (Date.parse(this.#entry.startedDateTime) || this.#started) - this.#started;
    const before = sum([timings.blocked, timings.dns, timings.connect, timings.send]);
    const answered = begin + before + Math.max(0, timings.wait ?? 0);
    const body = postBody(this.#entry);
    this.#table.add({
      ...this.#base(begin),
      kind: "http.request",
      connection: 0,
      method: request.method,
      url: request.url.replace(/^ws/, "http"),
      http_version: request.httpVersion,
      headers: pairs(request.headers),
      ...(body === undefined ? {} : { body }),
    });
    if (messages !== undefined && messages !== null) return this.#readSocket(answered, messages);
    if (response.status > 0) {
      this.#table.add({
        ...this.#base(answered),
        kind: "http.response",
        status: response.status,
        status_text: response.statusText,
        headers: pairs(response.headers),
      });
    }
    const end = answered + Math.max(0, timings.receive ?? 0);
    const isStream = /^text\/event-stream\b/i.test(response.content.mimeType);
    if (isStream) this.#readStream(answered);
    const content = isStream ? undefined : contentBody(this.#entry);
    this.#table.add({
      ...this.#base(end),
      kind: "http.end",
      outcome: response.status > 0 ? "ok" : "error",
      ...(content === undefined ? {} : { body: content }),
      sizes: { request_wire: -1, request: -1, response_wire: -1, response: response.content.size },
      timings: {
        blocked: timings.blocked ?? -1,
        dns: timings.dns ?? -1,
        connect: timings.connect ?? -1,
        ssl: timings.ssl ?? -1,
        send: timings.send ?? -1,
        wait: timings.wait ?? -1,
        first_event: -1,
        first_output: -1,
        receive: timings.receive ?? -1,
      },
    });
  }

  /** The text of the stream is whole; the list of its events, where there is one, has the times. */
  #readStream(answered: number): void {
    const times = this.#entry._eventSourceMessages?.map(({ time }) => time * 1_000 - this.#started) ?? [];
    const text = decodedText(this.#entry.response.content) ?? "";
    const splitter = new SseSplitter();
    const blocks = [...splitter.push(new TextEncoder().encode(text)), ...splitter.finish()];
    let dispatched = 0;
    let at = answered;
    for (const [index, block] of blocks.entries()) {
      if (block.event !== ":") at = times[dispatched++] ?? at;
      const type = jsonType(block.data);
      const { id: _id, ...facts } = block;
      this.#table.add({
        ...this.#base(at),
        ...(type === "response.created" ? { tags: responseTags(block.data) } : {}),
        kind: "sse.event",
        index,
        ...facts,
        ...(block.id === undefined ? {} : { event_id: block.id }),
        ...(type === undefined ? {} : { json_type: type }),
      });
    }
  }

  #readSocket(answered: number, messages: NonNullable<HarEntry["_webSocketMessages"]>): void {
    const { response, _webSocketClose: close } = this.#entry;
    this.#table.add({
      ...this.#base(answered),
      kind: "ws.open",
      status: response.status === 0 ? 101 : response.status,
      headers: pairs(response.headers),
    });
    let last = answered;
    for (const [index, message] of messages.entries()) {
      if (message.type === "error") continue;
      last = message.time * 1_000 - this.#started;
      const isText = message.opcode !== 2;
      const type = isText ? jsonType(message.data) : undefined;
      this.#table.add({
        ...this.#base(last),
        ...(type === "response.created" ? { tags: responseTags(message.data) } : {}),
        kind: "ws.message",
        index,
        dir: message.type,
        opcode: isText ? 1 : 2,
        size: message.data.length,
        data: isText || decodedBase64(message.data) !== undefined
          ? message.data
          : new TextEncoder().encode(message.data).toBase64(),
        ...(type === undefined ? {} : { json_type: type }),
      });
    }
    const known = typeof close === "object" && close !== null ? close : { code: 1006, reason: "" };
    this.#table.add({ ...this.#base(last), kind: "ws.close", ...known, by: "server" });
  }
}

function pairs(headers: readonly { readonly name: string; readonly value: string }[]): readonly HeaderPair[] {
  // The head of HTTP/2, as Chrome writes it.
  return headers.filter(({ name }) => !name.startsWith(":")).map(({ name, value }) => [name, value]);
}

function postBody({ request }: HarEntry): StoredBody | undefined {
  const data = request.postData;
  if (data === undefined || data === null) return undefined;
  return textBody(data.text, "utf8");
}

function contentBody({ response }: HarEntry): StoredBody | undefined {
  const { text, encoding } = response.content;
  if (text === undefined || text === null) return undefined;
  const isBinary = encoding === "base64" && decodedBase64(text) !== undefined &&
    decodedText(response.content) === undefined;
  return isBinary ? textBody(text, "base64") : textBody(decodedText(response.content) ?? text, "utf8");
}

function textBody(text: string, encoding: StoredBody["encoding"]): StoredBody {
  return { encoding, text, wire_size: text.length, size: text.length, truncated: false };
}

/** Returns content as text; `undefined` where it is base64 of bytes that are no text, or no base64. */
function decodedText(content: HarEntry["response"]["content"]): string | undefined {
  if (content.text === undefined || content.text === null) return undefined;
  if (content.encoding !== "base64") return content.text;
  const bytes = decodedBase64(content.text);
  if (bytes === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function sum(parts: readonly (number | undefined)[]): number {
  return parts.reduce<number>((total, part) => total + Math.max(0, part ?? 0), 0);
}
