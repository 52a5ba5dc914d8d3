/**
 * The part of a growing capture that is not in a table yet. Its file is the queue: it is read no faster than its records
 * are inserted, so that memory is bounded however long the server is away.
 *
 * @module
 */
import { CaptureReader } from "../../record/read/capture_reader.ts";
import {
  capturedSoFar,
  type Exchange,
  ExchangeTable,
  type LoadedCapture,
} from "../../record/read/exchanges.ts";

/** Exchanges that have ended and are still known: a retry or a recovery refers to the exchange before it. */
const MAX_ENDED = 500;
/** Event types that end a model call on a websocket. */
const TERMINAL = /^(response\.(completed|done|incomplete|failed)|error)$/;

/** Reads a capture while its records are inserted. */
export class PendingCapture implements Disposable {
  readonly #reader: CaptureReader;
  readonly #table = new ExchangeTable();
  /** Numbers of the records that were read and not inserted, in their order. */
  #waiting: number[] = [];

  private constructor(reader: CaptureReader) {
    this.#reader = reader;
  }

  /**
   * Opens the capture in a directory.
   *
   * @throws CulvertError `input_unreadable`
   */
  static async open(directory: string): Promise<PendingCapture> {
    return new PendingCapture(await CaptureReader.open(directory));
  }

  /** Reads about 1 MiB more. Returns whether there was something. */
  readMore(): boolean {
    const records = this.#reader.read();
    for (const record of records) {
      this.#table.add(record);
      if (record.kind !== "capture.limit") this.#waiting.push(record.seq);
    }
    return records.length > 0;
  }

  /** Returns what is in memory. */
  capture(): LoadedCapture {
    return capturedSoFar(this.#reader, this.#table);
  }

  /**
   * Takes note that the records up to a number are in the table, and removes from memory what no later row needs.
   *
   * @returns how many of the records were read since the last call
   */
  inserted(last: number): number {
    const rest = this.#waiting.findIndex((seq) => seq > last);
    const count = rest < 0 ? this.#waiting.length : rest;
    this.#waiting = this.#waiting.slice(count);
    let ended = 0;
    for (const exchange of this.#table.exchanges.toReversed()) {
      if (isInserted(exchange, last)) {
        forget(exchange);
        if (++ended > MAX_ENDED) this.#table.delete(exchange.id);
      } else if (exchange.open !== undefined) forgetMessages(exchange, last);
    }
    return count;
  }

  /** Counts the records that are not inserted, those in the file included. Nothing can be inserted after it. */
  countRest(): number {
    let count = this.#waiting.length;
    for (let records = this.#reader.read(); records.length > 0; records = this.#reader.read()) {
      count += records.filter(({ kind }) => kind !== "capture.limit").length;
    }
    return count;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
  }
}

function isInserted({ end, close }: Exchange, last: number): boolean {
  const final = end ?? close;
  return final !== undefined && final.seq <= last;
}

/** Keeps the last event, which says how a model call ended. */
function forget({ events, messages, chunks }: Exchange): void {
  for (const records of [events, messages, chunks]) records.splice(0, records.length - 1);
}

/** Removes the messages of the model calls that have ended. */
function forgetMessages({ messages, chunks }: Exchange, last: number): void {
  const end = messages.findLastIndex(({ seq, json_type }) => seq <= last && TERMINAL.test(json_type ?? ""));
  messages.splice(0, end + 1);
  chunks.splice(0, chunks.findLastIndex(({ seq }) => seq <= last) + 1);
}
