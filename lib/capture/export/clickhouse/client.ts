/**
 * Talks to the HTTP interface of ClickHouse.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import { splitUserInfo } from "../../../net/user_info.ts";
import { readText } from "../../../net/dialer/body/read_text.ts";
import type { Dialer } from "../../../net/dialer/dialer.ts";
import { type RetryNotice, withRetries } from "../../../net/dialer/retry.ts";
import { quotedAddress } from "../../../redaction/address.ts";
import type { World } from "../../../world/world.ts";
import type { Batch } from "./batches.ts";
import { type Answer, isTemporary, refusalError } from "./refusal.ts";
import { TABLE } from "./schema.ts";

/** Time allowed until ClickHouse has answered, ms. */
const ANSWER_LIMIT_MS = 60_000;
/** Bytes of an error that are quoted. */
const MAX_ERROR = 400;
/** Bytes of a result that are read. */
const MAX_RESULT = 1024 * 1024;

/** Options of {@link ClickHouseClient}. */
export interface ClientOptions {
  /** Of the capture whose records are inserted. */
  readonly captureId: string;
  /** The HTTP interface, such as `http://127.0.0.1:8123/?database=default`; user and password may be in it. */
  readonly url: URL;
  readonly dialer: Pick<Dialer, "request">;
  readonly world: World;
  readonly signal: AbortSignal;
  /** Tries of a request after the first. */
  readonly maxRetries: number;
  /** Told when a request is tried again. */
  readonly onRetry?: (notice: RetryNotice) => void;
}

/**
 * Parses the address of an HTTP interface.
 *
 * @throws CulvertError `usage`
 */
export function clickHouseUrl(address: string): URL {
  const url = URL.parse(address);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new CulvertError("usage", `${quotedAddress(address)} is not the URL of an HTTP interface`, {
    hint: "Write, for example, http://127.0.0.1:8123/?database=default.",
  });
}

/** Talks to one server about one capture. */
export class ClickHouseClient {
  readonly #options: ClientOptions;
  readonly #url: URL;
  readonly #headers: Readonly<Record<string, string>>;

  /**
   * @param options the server and the capture
   * @throws CulvertError `usage` for user information that is not percent-encoded
   */
  constructor(options: ClientOptions) {
    this.#options = options;
    const { url, authorization } = splitUserInfo(options.url);
    this.#url = url;
    this.#headers = authorization === undefined ? {} : { authorization };
  }

  /** Returns how many records of the capture are in the table, and the number of the last; -1 where none is. */
  async state(): Promise<{ readonly count: number; readonly last: number }> {
    return stateOf(await this.text(this.#stateQuery()), this.#url);
  }

  /** Inserts a batch. It may have arrived although the request failed: before it is sent again, the table is asked. */
  async insert(batch: Batch): Promise<void> {
    await this.#retrying(async (attempt) => {
      if (attempt > 0) {
        const state = await this.#send(this.#stateQuery());
        if (state.status !== 200 || stateOf(state.text, this.#url).last >= batch.last) return state;
      }
      return await this.#send(`INSERT INTO ${TABLE} FORMAT JSONEachRow`, batch.text);
    });
  }

  /** Runs a statement and returns its result. */
  async text(sql: string): Promise<string> {
    return (await this.#retrying(() => this.#send(sql))).text;
  }

  #stateQuery(): string {
    const id = this.#options.captureId.replace(/['\\]/g, "\\$&");
    return `SELECT count(), max(seq) FROM ${TABLE} WHERE capture_id = '${id}' FORMAT TabSeparated`;
  }

  async #retrying(send: (attempt: number) => Promise<Answer>): Promise<Answer> {
    const { world, signal, maxRetries, onRetry } = this.#options;
    const answer = await withRetries(send, {
      ...{ maxRetries, world, signal, shouldRetry: isTemporary },
      ...(onRetry === undefined ? {} : { onRetry }),
    });
    if (answer.status < 400) return answer;
    throw refusalError(answer, this.#url.host);
  }

  async #send(sql: string, rows?: string): Promise<Answer> {
    const { dialer, signal } = this.#options;
    const url = new URL(this.#url);
    url.searchParams.set("query", sql);
    const { status, headers, body } = await dialer.request({
      method: "POST",
      url,
      headers: this.#headers,
      body: rows ?? "",
      signal,
      headerTimeoutMs: ANSWER_LIMIT_MS,
    });
    const maxBytes = status < 400 ? MAX_RESULT : MAX_ERROR;
    return { status, headers, text: (await readText(body, { maxBytes })).text };
  }
}

/** Parses the answer to the query of the state. */
function stateOf(text: string, { host }: URL): { readonly count: number; readonly last: number } {
  const [, count, last] = /^(\d+)\t(\d+)\n?$/.exec(text) ?? [];
  if (count === undefined) {
    throw new CulvertError("server", `${host} does not answer as ClickHouse does`, {
      hint: "Give the URL of the HTTP interface of ClickHouse, such as http://127.0.0.1:8123/",
      details: { host },
    });
  }
  return count === "0" ? { count: 0, last: -1 } : { count: Number(count), last: Number(last) };
}
