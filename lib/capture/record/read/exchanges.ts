/**
 * The exchanges of a capture, put together from its records.
 *
 * @module
 */
import {
  type CaptureMeta,
  type ChunkRecord,
  type EndRecord,
  type ExchangeRecord,
  type LimitRecord,
  LOST,
  type NetErrorRecord,
  type RequestRecord,
  type ResponseRecord,
  type SocketCloseRecord,
  type SocketMessageRecord,
  type SocketOpenRecord,
  type SseRecord,
  type StoredBody,
} from "../format.ts";
import type { CaptureDamage } from "./capture_damage.ts";
import { CaptureReader, type ReadRecord, type TextHolder } from "./capture_reader.ts";

/** One exchange: a request with its response, or a websocket. */
export interface Exchange {
  readonly id: string;
  channel: string;
  request?: RequestRecord;
  readonly interim: ResponseRecord[];
  response?: ResponseRecord;
  /** Only of a capture that was recorded with them. */
  readonly chunks: ChunkRecord[];
  readonly events: SseRecord[];
  open?: SocketOpenRecord;
  readonly messages: SocketMessageRecord[];
  close?: SocketCloseRecord;
  end?: EndRecord;
  readonly errors: NetErrorRecord[];
  /** Events, messages and pieces that are on disk and were removed from memory. Absent: none. */
  left_out?: number;
}

/** A capture in memory, without the texts that are on disk. */
export interface LoadedCapture extends Disposable {
  /** Directory or file it was read from. */
  readonly path: string;
  readonly meta: CaptureMeta;
  /** In the order of their first records. */
  readonly exchanges: readonly Exchange[];
  /** Returns a text that a record holds; `undefined` where it was left out. */
  readonly text: (holder: TextHolder | undefined) => string | undefined;
  /** Set where the capture reached its limit. */
  readonly limit?: LimitRecord;
  readonly damage: CaptureDamage;
}

/** Puts exchanges together as their records arrive. */
export class ExchangeTable {
  readonly #exchanges = new Map<string, Exchange>();
  limit: LimitRecord | undefined;

  /** The exchanges so far, in the order of their first records. */
  get exchanges(): readonly Exchange[] {
    return [...this.#exchanges.values()];
  }

  /** Returns an exchange by its name. */
  get(id: string): Exchange | undefined {
    return this.#exchanges.get(id);
  }

  /**
   * Removes events, messages and pieces from memory: of the exchanges that ended, the oldest first, and then the first
   * ones of the others. Terminal events stay: they say how an exchange ended.
   *
   * @param limit how many may stay
   * @returns how many were removed
   */
  shrink(limit: number): number {
    const all = this.exchanges;
    let excess = all.reduce((total, exchange) => total + lengthOf(exchange), 0) - limit;
    let removed = 0;
    const isOver = ({ end, close }: Exchange) => end !== undefined || close !== undefined;
    for (const exchange of [...all.filter(isOver), ...all.filter((each) => !isOver(each))]) {
      if (excess <= 0) break;
      for (const records of [exchange.chunks, exchange.events, exchange.messages]) {
        const count = Math.min(excess, records.length - 1);
        if (count <= 0) continue;
        records.splice(0, count);
        exchange.left_out = (exchange.left_out ?? 0) + count;
        removed += count;
        excess -= count;
      }
    }
    return removed;
  }

  /** Removes an exchange. */
  delete(id: string): void {
    this.#exchanges.delete(id);
  }

  /** Takes the next record and returns the exchange it belongs to. */
  add(record: ReadRecord): Exchange | undefined {
    if (record.kind === "capture.limit") {
      this.limit = record;
      return undefined;
    }
    let exchange = this.#exchanges.get(record.id);
    if (exchange === undefined) {
      exchange = {
        id: record.id,
        channel: record.channel,
        interim: [],
        chunks: [],
        events: [],
        messages: [],
        errors: [],
      };
      this.#exchanges.set(record.id, exchange);
    }
    place(exchange, record);
    return exchange;
  }
}

function lengthOf({ events, messages, chunks }: Exchange): number {
  return events.length + messages.length + chunks.length;
}

function place(exchange: Exchange, record: ExchangeRecord): void {
  switch (record.kind) {
    case "http.request":
      exchange.request = record;
      exchange.channel = record.channel;
      break;
    case "http.response":
      if (record.interim === true) exchange.interim.push(record);
      else exchange.response = record;
      break;
    case "http.chunk":
      exchange.chunks.push(record);
      break;
    case "sse.event":
      exchange.events.push(record);
      break;
    case "ws.open":
      exchange.open = record;
      break;
    case "ws.message":
      exchange.messages.push(record);
      break;
    case "ws.close":
      exchange.close = record;
      break;
    case "http.end":
      exchange.end = record;
      break;
    case "net.error":
      exchange.errors.push(record);
      break;
  }
}

/** Returns the body of an exchange's request. */
export function requestBody(exchange: Exchange): StoredBody | undefined {
  return exchange.request?.body ?? exchange.end?.request_body;
}

/**
 * Returns whether the request of an exchange is missing although later records of the exchange exist, which are
 * recorded after it. Pieces of a body may precede the record of the request, so they do not count.
 */
export function isRequestMissing(
  { request, response, open, end, interim, events, messages }: Exchange,
): boolean {
  return request === undefined &&
    (response ?? open ?? end ?? interim[0] ?? events[0] ?? messages[0]) !== undefined;
}

/** The parts of an exchange that hold texts. */
function textHolders(exchange: Exchange): readonly (StoredBody | TextHolder | undefined)[] {
  const { end, events, messages, chunks } = exchange;
  return [requestBody(exchange), end?.body, ...events, ...messages, ...chunks];
}

/** Returns how many bodies, events, messages and pieces of exchanges the size limit of the capture left out. */
export function omittedByLimit(exchanges: readonly Exchange[]): number {
  return exchanges.flatMap(textHolders).filter((holder) => holder?.omitted === "budget").length;
}

/** Returns whether a part of an exchange was not recorded because the traffic was faster than the recording. */
function isIncompleteByOverload(exchange: Exchange): boolean {
  const { end, close } = exchange;
  return textHolders(exchange).some((holder) => holder?.omitted === "backlog") ||
    [requestBody(exchange), end?.body, end, close].some((part) => part?.decode_error === LOST);
}

/**
 * Reads the capture in a directory.
 *
 * @throws CulvertError `input_unreadable`
 */
export async function loadDirectory(directory: string): Promise<LoadedCapture> {
  const reader = await CaptureReader.open(directory);
  const table = new ExchangeTable();
  for (const record of reader.records()) table.add(record);
  return capturedSoFar(reader, table);
}

/** Returns what was read of a capture. Disposing of it closes the reader. */
export function capturedSoFar(reader: CaptureReader, table: ExchangeTable): LoadedCapture {
  return {
    path: reader.directory,
    meta: reader.meta,
    exchanges: table.exchanges,
    text: (holder) => reader.text(holder),
    ...(table.limit === undefined ? {} : { limit: table.limit }),
    get damage() {
      return {
        ...reader.damage,
        missing_requests: table.exchanges.filter(isRequestMissing).length,
        omitted_by_limit: omittedByLimit(table.exchanges),
        incomplete_by_overload: table.exchanges.filter(isIncompleteByOverload).length,
      };
    },
    [Symbol.dispose]: () => reader[Symbol.dispose](),
  };
}
