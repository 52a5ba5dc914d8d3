/**
 * Inserts a capture into ClickHouse over its HTTP interface.
 *
 * @module
 */
import type { Dialer } from "../../../net/dialer/dialer.ts";
import type { RetryNotice } from "../../../net/dialer/retry.ts";
import type { World } from "../../../world/world.ts";
import type { LoadedCapture } from "../../record/read/exchanges.ts";
import { batchesOf } from "./batches.ts";
import { ClickHouseClient } from "./client.ts";
import { rowsOf } from "./rows.ts";
import { SCHEMA } from "./schema.ts";

/** Tries of a request after the first, with pauses that grow: about half a minute. */
const MAX_RETRIES = 8;

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
  const client = new ClickHouseClient({
    ...options,
    captureId: capture.meta.capture_id,
    maxRetries: MAX_RETRIES,
  });
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
