/**
 * Inserts a capture into ClickHouse over its HTTP interface.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { Dialer, HttpReply } from "../../../net/dialer/dialer.ts";
import { readText } from "../../../net/dialer/body/read_text.ts";
import { type RetryNotice, withRetries } from "../../../net/dialer/retry.ts";
import type { World } from "../../../world/world.ts";
import type { LoadedCapture } from "../../record/read/exchanges.ts";
import { type Row, rowsOf } from "./rows.ts";
import { SCHEMA, TABLE } from "./schema.ts";

/** Rows of one batch. Each batch is one part of the table, and is inserted as a whole or not at all. */
const BATCH_ROWS = 10_000;
/** UTF-16 units of one batch. Only one batch is in memory. */
const BATCH_SIZE = 8 * 1024 * 1024;
/** Tries of a request after the first, with pauses that grow: about half a minute. */
const MAX_RETRIES = 8;
/** Time allowed until ClickHouse has answered, ms. */
const ANSWER_LIMIT_MS = 60_000;
/** Bytes of an error that are quoted. */
const MAX_ERROR = 400;

/** Bytes of a result that are read. */
const MAX_RESULT = 1024 * 1024;

/** Options of {@link insertCapture}. */
export interface InsertOptions {
  readonly capture: LoadedCapture;
  /** The HTTP interface, such as `http://127.0.0.1:8123/?database=default`; user and password may be in it. */
  readonly url: URL;
  readonly dialer: Pick<Dialer, "request">;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Told how many records are in the table. */
  readonly onProgress: (inserted: number) => void;
  /** Told when a request is tried again. */
  readonly onRetry: (notice: RetryNotice) => void;
}

/** What was inserted. */
export interface InsertResult {
  /** Records that were inserted now. */
  readonly inserted: number;
  /** Records that were in the table before. */
  readonly present: number;
}

/**
 * Creates the table if it does not exist, and inserts the records that are not in it. Records are inserted in the order
 * of their numbers and in whole batches, so the highest number in the table says where to go on, after a failure too.
 *
 * @throws CulvertError of the network; `server` for a failure that ClickHouse reports
 */
export async function insertCapture(options: InsertOptions): Promise<InsertResult> {
  const { capture, onProgress } = options;
  const client = new Client(options);
  await client.text(SCHEMA);
  const { count: present, last } = await client.state();
  onProgress(present);
  let inserted = 0;
  for (const batch of batchesOf(rowsOf(capture, last))) {
    await client.insert(batch);
    inserted += batch.rows;
    onProgress(present + inserted);
  }
  return { inserted, present };
}

/** Rows that are inserted together. */
interface Batch {
  /** JSON, one row a line. */
  readonly text: string;
  readonly rows: number;
  /** Number of the last row. */
  readonly last: number;
}

function* batchesOf(rows: Iterable<Row>): Generator<Batch> {
  let lines: string[] = [];
  let size = 0;
  let last = -1;
  for (const row of rows) {
    const line = JSON.stringify(row);
    if (lines.length >= BATCH_ROWS || (lines.length > 0 && size + line.length > BATCH_SIZE)) {
      yield { text: lines.join("\n"), rows: lines.length, last };
      lines = [];
      size = 0;
    }
    lines.push(line);
    size += line.length;
    last = Number(row["seq"]);
  }
  if (lines.length > 0) yield { text: lines.join("\n"), rows: lines.length, last };
}

/** Talks to one server about one capture. */
class Client {
  readonly #options: InsertOptions;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(options: InsertOptions) {
    this.#options = options;
    this.#url = new URL(options.url);
    const { username, password } = this.#url;
    this.#url.username = this.#url.password = "";
    this.#headers = username === ""
      ? {}
      : { authorization: `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}` };
  }

  /** Returns how many records of the capture are in the table, and the number of the last; -1 where none is. */
  async state(): Promise<{ readonly count: number; readonly last: number }> {
    const [count = 0, last = -1] = (await this.text(this.#stateQuery())).trim().split("\t").map(Number);
    return count === 0 ? { count, last: -1 } : { count, last };
  }

  /** Inserts a batch. It may have arrived although the request failed: before it is sent again, the table is asked. */
  async insert(batch: Batch): Promise<void> {
    const reply = await this.#retrying(async (attempt) => {
      if (attempt > 0) {
        const state = await this.#send(this.#stateQuery());
        if (state.status !== 200) return state;
        const last = Number((await readText(state.body, { maxBytes: MAX_ERROR })).text.trim().split("\t")[1]);
        if (last >= batch.last) return { ...state, body: null };
      }
      return await this.#send(`INSERT INTO ${TABLE} FORMAT JSONEachRow`, batch.text);
    });
    await reply.body?.cancel();
  }

  /** Runs a statement and returns its result. */
  async text(sql: string): Promise<string> {
    const reply = await this.#retrying(() => this.#send(sql));
    return (await readText(reply.body, { maxBytes: MAX_RESULT })).text;
  }

  #stateQuery(): string {
    const id = this.#options.capture.meta.capture_id.replace(/['\\]/g, "\\$&");
    return `SELECT count(), max(seq) FROM ${TABLE} WHERE capture_id = '${id}' FORMAT TabSeparated`;
  }

  async #retrying(send: (attempt: number) => Promise<HttpReply>): Promise<HttpReply> {
    const { world, signal, onRetry } = this.#options;
    const reply = await withRetries(send, { maxRetries: MAX_RETRIES, world, signal, onRetry });
    if (reply.status < 400) return reply;
    const text = (await readText(reply.body, { maxBytes: MAX_ERROR })).text.trim();
    throw new CulvertError("server", `ClickHouse at ${this.#url.host} answered ${reply.status}: ${text}`, {
      hint: reply.status === 401 || reply.status === 403 || reply.status === 516
        ? "Give user and password in the URL: http://USER:PASSWORD@HOST:8123/"
        : "Check the URL: it is that of the HTTP interface, and ?database=NAME chooses the database.",
      details: { host: this.#url.host, status: reply.status },
    });
  }

  #send(sql: string, rows?: string): Promise<HttpReply> {
    const { dialer, signal } = this.#options;
    const url = new URL(this.#url);
    url.searchParams.set("query", sql);
    return dialer.request({
      method: "POST",
      url,
      headers: this.#headers,
      body: rows ?? "",
      signal,
      headerTimeoutMs: ANSWER_LIMIT_MS,
    });
  }
}
