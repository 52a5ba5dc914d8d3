/**
 * Records one exchange: the head and body of an HTTP request and its response, an event stream event by event, or
 * the handshake of a websocket and, through {@link SocketRecorder}, its messages.
 *
 * @module
 */
import type {
  Direction,
  ExchangeEnd,
  ExchangeHead,
  ExchangeIds,
  ExchangeTap,
} from "../../net/exchange_tap.ts";
import { BodyDecoder, BodyRecorder } from "./body_recorder.ts";
import { channelOf, headerTags, isOAuth } from "./channels.ts";
import { type CaptureRedaction, shortLabel } from "./capture_redaction.ts";
import { dataOf, jsonType, type Place, responseTags } from "./decode/event_facts.ts";
import type { CaptureWriter } from "./store/capture_writer.ts";
import type { EndRecord, HeaderPair, RecordBase, SseRecord, StoredBody } from "./format.ts";
import { type Moments, stageOf, timingsOf } from "./exchange_facts.ts";
import { JobQueue } from "./job_queue.ts";
import { SocketRecorder } from "./socket_recorder.ts";
import { type SseBlock, SseSplitter } from "./decode/sse_splitter.ts";

/** What the recorders of one capture share. */
export interface RecorderParts {
  readonly writer: CaptureWriter;
  readonly redaction: CaptureRedaction;
  /** Start of the capture on the monotonic clock, ms. */
  readonly monotonicStart: number;
  /** Start of the capture on the wall clock, ms since 1970. */
  readonly wallStart: number;
  /** Records the pieces of bodies; with `data` their bytes too. Default: no pieces. */
  readonly chunks?: "sizes" | "data";
  /** Called when an exchange cannot be recorded as it should be. */
  readonly onFault: (error: unknown) => void;
}

/**
 * Longest text of an event that is kept as it came beside its data, UTF-16 units. It stands in the line of the record,
 * where a control character takes six bytes, and a line must remain readable.
 */
const MAX_RAW = 1024 * 1024;

/** Records one exchange. */
export class ExchangeRecorder implements ExchangeTap {
  readonly #parts: RecorderParts;
  readonly #ids: ExchangeIds;
  readonly #onEnd: () => void;
  readonly #queue: JobQueue;
  readonly #moments: Moments = { request: 0 };
  readonly #tags: Record<string, string> = {};
  readonly #wireOffsets = { request: 0, response: 0 };
  #channel = "other";
  #request: ExchangeHead | undefined;
  #requestBody: BodyRecorder | undefined;
  #requestBodyTaken = false;
  #requestWritten = false;
  #requestEnd: ExchangeEnd | undefined;
  #responseBody: BodyRecorder | undefined;
  #stream: { readonly decoder: BodyDecoder; readonly splitter: SseSplitter } | undefined;
  #events = 0;
  #socket: SocketRecorder | undefined;
  #responseEnd: ExchangeEnd | undefined;
  #isOver = false;

  /** @param onEnd called when the last record of the exchange was written */
  constructor(ids: ExchangeIds, parts: RecorderParts, onEnd: () => void) {
    this.#ids = ids;
    this.#parts = parts;
    this.#onEnd = onEnd;
    this.#queue = new JobQueue(parts.onFault);
  }

  head(head: ExchangeHead): void {
    if (head.direction === "request") this.#queue.add(() => this.#takeRequest(head));
    else if (head.status !== 101) this.#queue.add(() => this.#takeResponse(head));
  }

  bytes(direction: Direction, data: Uint8Array, at: number): void {
    this.#queue.add(() => {
      this.#writeChunk(direction, data, at);
      if (this.#socket !== undefined) return this.#socket.bytes(direction, data, at);
      if (direction === "request") return this.#requestBody?.push(data);
      this.#moments.firstByte ??= at;
      if (this.#stream === undefined) return this.#responseBody?.push(data);
      const decoded = this.#stream.decoder.push(data);
      if (decoded instanceof Promise) return decoded.then((chunks) => this.#takeEvents(chunks, at));
      this.#takeEvents(decoded, at);
    });
  }

  upgrade(head: ExchangeHead): void {
    this.#queue.add(async () => {
      this.#writeRequest();
      const headers = this.#parts.redaction.headers(head.rawHeaders);
      this.#parts.writer.append({
        ...this.#place(head.at),
        ...this.#lift(headers),
        kind: "ws.open",
        ...opened(head, headers),
      });
      this.#socket = await SocketRecorder.open({
        ...this.#parts,
        place: (at) => this.#place(at),
        extensions: headerOf(head.rawHeaders, "sec-websocket-extensions"),
      });
    });
  }

  /** Takes note of bytes that were not handed over. What follows them in that direction is not recorded. */
  lost(direction: Direction, length: number): void {
    this.#queue.add(() => {
      if (this.#socket !== undefined) return this.#socket.lost(direction);
      if (direction === "request") this.#requestBody?.lost(length);
      else (this.#stream?.decoder ?? this.#responseBody)?.lost(length);
    });
  }

  end(end: ExchangeEnd): void {
    this.#queue.add(() => this.#takeEnd(end));
  }

  /** Whether the last record of the exchange was written. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Waits for the work under way. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  /** Waits for the work under way, and ends the records of an exchange that is still open. */
  async close(at: number): Promise<void> {
    const cut = { at, outcome: "aborted", error: "the recording ended" } as const;
    if (this.#requestEnd === undefined) this.end({ direction: "request", ...cut });
    this.end({ direction: "response", ...cut });
    await this.#queue.idle();
  }

  #takeRequest(head: ExchangeHead): void {
    this.#request = head;
    this.#channel = channelOf(head.url ?? "");
    this.#moments.request = head.at;
    if (!hasBody(head)) {
      this.#writeRequest();
      return;
    }
    this.#requestBody = new BodyRecorder(
      codingsOf(head.rawHeaders),
      headerOf(head.rawHeaders, "content-type"),
    );
  }

  #takeResponse(head: ExchangeHead): void {
    this.#writeRequest();
    const { writer, redaction } = this.#parts;
    const status = head.status ?? 0;
    const isInterim = status >= 100 && status < 200;
    const headers = redaction.headers(head.rawHeaders);
    writer.append({
      ...this.#place(head.at),
      ...this.#lift(headers),
      kind: "http.response",
      status,
      status_text: redaction.label(head.reason ?? ""),
      headers,
      ...(isInterim ? { interim: true } : {}),
    });
    if (isInterim) return;
    this.#moments.response = head.at;
    const encoding = head.isDecoded === true ? undefined : codingsOf(head.rawHeaders);
    const mediaType = headerOf(head.rawHeaders, "content-type");
    if (/^text\/event-stream\b/i.test(mediaType ?? "")) {
      this.#stream = { decoder: new BodyDecoder(encoding), splitter: new SseSplitter() };
    } else this.#responseBody = new BodyRecorder(encoding, mediaType);
  }

  async #takeEnd(end: ExchangeEnd): Promise<void> {
    if (this.#isOver) return;
    if (this.#socket !== undefined) {
      if (this.#socket.end(end.direction, end.at)) this.#finish();
      return;
    }
    if (end.direction === "request") {
      this.#requestEnd = end;
      this.#moments.requestEnd = end.at;
      await this.#requestBody?.finish();
      if (end.outcome === "complete") this.#writeRequest();
    } else {
      this.#responseEnd = end;
      if (this.#stream !== undefined) {
        this.#takeEvents(await this.#stream.decoder.finish(), end.at);
        for (const block of this.#stream.splitter.finish()) this.#writeEvent(block, end.at);
      } else await this.#responseBody?.finish();
    }
    if (this.#responseEnd !== undefined && this.#requestEnd !== undefined) this.#writeEnd(this.#responseEnd);
  }

  #writeChunk(direction: "request" | "response", data: Uint8Array, at: number): void {
    const { writer, chunks } = this.#parts;
    if (chunks === undefined) return;
    const offset = this.#wireOffsets[direction];
    this.#wireOffsets[direction] += data.length;
    writer.append({
      ...this.#place(at),
      kind: "http.chunk",
      dir: direction === "request" ? "send" : "receive",
      offset,
      size: data.length,
      ...(chunks === "sizes" ? {} : dataOf(writer.store(data.toBase64()))),
    });
  }

  #writeRequest(): void {
    const head = this.#request;
    if (this.#requestWritten || head === undefined) return;
    this.#requestWritten = true;
    const { writer, redaction } = this.#parts;
    const headers = redaction.headers(head.rawHeaders);
    const body = this.#requestEnd === undefined ? undefined : this.#takeRequestBody();
    writer.append({
      ...this.#place(head.at),
      ...this.#lift(headers),
      kind: "http.request",
      connection: this.#ids.connectionId,
      method: head.method ?? "GET",
      url: redaction.url(head.url ?? ""),
      http_version: "HTTP/1.1",
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }

  /** Stores the request body, and returns it the first time: a record of the exchange holds it once. */
  #takeRequestBody(): StoredBody | undefined {
    if (this.#requestBodyTaken) return undefined;
    this.#requestBodyTaken = true;
    return this.#requestBody?.store(this.#parts.writer, this.#parts.redaction, isOAuth(this.#channel));
  }

  #takeEvents(chunks: readonly Uint8Array[], at: number): void {
    for (const chunk of chunks) {
      for (const block of this.#stream?.splitter.push(chunk) ?? []) this.#writeEvent(block, at);
    }
  }

  #writeEvent(block: SseBlock, at: number): void {
    const { writer, redaction } = this.#parts;
    const isComment = block.event === ":";
    const oauth = isOAuth(this.#channel);
    const data = redaction.text(block.data, isComment ? "text/plain" : undefined, oauth);
    const isUnchanged = data === block.data &&
      (block.raw === undefined || redaction.text(block.raw, "text/plain", oauth) === block.raw);
    const type = isComment ? undefined : jsonType(block.data);
    if (!isComment) this.#moments.firstEvent ??= at;
    if (type === "response.output_item.added") this.#moments.firstOutput ??= at;
    const stored = writer.store(data);
    const record: Omit<SseRecord, "v" | "seq"> = {
      ...this.#place(at),
      ...this.#liftResponse(type, block.data),
      kind: "sse.event",
      index: this.#events++,
      // Most servers send the type as the name too: it was searched for secrets with the data.
      event: isUnchanged && block.event === type ? shortLabel(block.event) : redaction.label(block.event),
      ...(block.id === undefined ? {} : { event_id: redaction.label(block.id) }),
      ...(block.retry === undefined ? {} : { retry: block.retry }),
      ...dataOf(stored),
      ...(type === undefined ? {} : {
        json_type: isUnchanged && block.event === type ? shortLabel(type) : redaction.label(type),
      }),
      offset: block.offset,
      size: block.size,
      ...(block.raw === undefined || block.raw.length > MAX_RAW || !isUnchanged ||
          stored.omitted !== undefined
        ? {}
        : { raw: block.raw }),
      ...(block.incomplete === true ? { incomplete: true } : {}),
    };
    writer.append(record);
  }

  #writeEnd(end: ExchangeEnd): void {
    const { writer, redaction } = this.#parts;
    const late = this.#requestWritten ? this.#takeRequestBody() : undefined;
    this.#writeRequest();
    const failed = [end, this.#requestEnd].find((one) => one !== undefined && one.outcome !== "complete");
    const error = failed?.error === undefined ? undefined : redaction.text(failed.error, "text/plain", false);
    if (this.#moments.response === undefined && end.outcome === "failed") {
      writer.append({
        ...this.#place(end.at),
        kind: "net.error",
        stage: stageOf(end, error),
        error: error ?? "unknown",
      });
    }
    const body = this.#responseBody?.store(writer, redaction, isOAuth(this.#channel));
    const trailers = end.rawTrailers === undefined ? [] : redaction.headers(end.rawTrailers);
    const decodeError = this.#stream?.decoder.error;
    const received = this.#stream?.decoder ?? this.#responseBody;
    const outcome: EndRecord["outcome"] = failed === undefined
      ? "ok"
      : failed.outcome === "aborted"
      ? "aborted"
      : "error";
    writer.append({
      ...this.#place(end.at),
      ...(Object.keys(this.#tags).length === 0 ? {} : { tags: { ...this.#tags } }),
      kind: "http.end",
      outcome,
      ...(error === undefined ? {} : { error }),
      ...(body === undefined ? {} : { body }),
      ...(late === undefined ? {} : { request_body: late }),
      sizes: {
        request_wire: this.#requestBody?.wireSize ?? 0,
        request: this.#requestBody?.size ?? 0,
        response_wire: received?.wireSize ?? 0,
        response: received?.size ?? 0,
      },
      ...(decodeError === undefined ? {} : { decode_error: decodeError }),
      ...(trailers.length === 0 ? {} : { trailers }),
      timings: timingsOf(this.#moments, end.at),
    });
    this.#finish();
  }

  #finish(): void {
    this.#isOver = true;
    this.#onEnd();
  }

  #place(at: number): Place {
    const elapsed = Math.round((at - this.#parts.monotonicStart) * 1_000) / 1_000;
    return {
      id: `x${this.#ids.exchangeId}`,
      t_ms: elapsed,
      wall_ms: Math.round(this.#parts.wallStart + elapsed),
      channel: this.#channel,
    };
  }

  #lift(headers: readonly HeaderPair[]): Pick<RecordBase, "tags"> {
    const tags = headerTags(headers);
    return tags === undefined ? {} : { tags };
  }

  /** The ids of the response, once, from the event that begins it. */
  #liftResponse(type: string | undefined, data: string): Pick<RecordBase, "tags"> {
    if (type !== "response.created") return {};
    const tags = responseTags(data, this.#parts.redaction.label);
    Object.assign(this.#tags, tags);
    return { tags };
  }
}

function opened(head: ExchangeHead, headers: readonly HeaderPair[]) {
  const field = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
  const subprotocol = field("sec-websocket-protocol");
  const extensions = field("sec-websocket-extensions");
  return {
    status: head.status ?? 101,
    headers,
    ...(subprotocol === undefined ? {} : { subprotocol }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

function headerOf(raw: readonly string[], name: string): string | undefined {
  const values: string[] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    if (raw[at]?.toLowerCase() === name) values.push(raw[at + 1] ?? "");
  }
  return values.length === 0 ? undefined : values.join(", ");
}

/**
 * Returns the codings of a body in the order in which they were applied: those of the content, then those of the
 * transfer (RFC 9112 §6.1), of which `chunked` is undone already.
 */
function codingsOf(rawHeaders: readonly string[]): string | undefined {
  const transfer = headerOf(rawHeaders, "transfer-encoding")?.split(",").map((coding) => coding.trim()) ?? [];
  const codings = [
    headerOf(rawHeaders, "content-encoding") ?? "",
    ...transfer.filter((coding) => coding.toLowerCase() !== "chunked"),
  ].filter((coding) => coding !== "");
  return codings.length === 0 ? undefined : codings.join(", ");
}

function hasBody({ rawHeaders }: ExchangeHead): boolean {
  const length = headerOf(rawHeaders, "content-length");
  return length === undefined
    ? headerOf(rawHeaders, "transfer-encoding") !== undefined
    : length.trim() !== "0";
}
