/**
 * Inserts a capture into ClickHouse while it is being recorded. The capture on disk is the queue: it is bounded by its
 * own limit, a part of it is in memory, and a server that is away delays the insertion and loses nothing.
 *
 * @module
 */
import { asCulvertError, type CulvertError } from "../../../errors.ts";
import type { Dialer } from "../../../net/dialer/dialer.ts";
import type { World } from "../../../world/world.ts";
import { batchesOf } from "./batches.ts";
import { ClickHouseClient } from "./client.ts";
import type { PendingCapture } from "./pending_capture.ts";
import { rowsOf } from "./rows.ts";
import { SCHEMA } from "./schema.ts";

/** Shortest time between two insertions, ms. */
const PAUSE_MS = 500;
/** Longest pause after a failure, ms. */
const LONGEST_PAUSE_MS = 10_000;

/** Options of {@link startShipping}. */
export interface ShipOptions {
  /** The capture that grows. */
  readonly source: PendingCapture;
  readonly url: URL;
  readonly dialer: Pick<Dialer, "request">;
  readonly world: World;
  /** Told when an insertion fails for the first time, and for the first time after a success. */
  readonly onTrouble: (error: CulvertError) => void;
  /** Told when an insertion succeeds again. */
  readonly onResume: () => void;
}

/** What was inserted of a capture. */
export interface ShipResult {
  readonly inserted: number;
  /** Records that are in the capture and not in the table. */
  readonly left: number;
  /** Why they are left. */
  readonly error?: CulvertError;
}

/** An insertion under way. */
export interface Shipping {
  /**
   * Inserts what is left of a capture whose recording has ended, and stops. It does not wait
   * after a failure that another attempt cannot mend.
   *
   * @param limitMs time allowed, ms
   */
  readonly finish: (limitMs: number) => Promise<ShipResult>;
}

/**
 * Creates the table if it does not exist, and inserts records as they appear.
 *
 * @throws CulvertError of the network; `server` for a failure that ClickHouse reports: nothing was started
 */
export async function startShipping(options: ShipOptions): Promise<Shipping> {
  const shipper = new Shipper(options);
  await shipper.prepare();
  return shipper;
}

class Shipper implements Shipping {
  readonly #options: ShipOptions;
  readonly #client: ClickHouseClient;
  readonly #stop = new AbortController();
  /** Aborted when the recording has ended: no pause is waited for any more. */
  readonly #ended = new AbortController();
  #running: Promise<void> | undefined;
  #last = -1;
  #inserted = 0;
  #error: CulvertError | undefined;
  #failures = 0;

  constructor(options: ShipOptions) {
    this.#options = options;
    this.#client = new ClickHouseClient({
      ...options,
      captureId: options.source.capture().meta.capture_id,
      signal: this.#stop.signal,
      maxRetries: 0,
    });
  }

  async prepare(): Promise<void> {
    await this.#client.text(SCHEMA);
    this.#running = this.#run();
  }

  async finish(limitMs: number): Promise<ShipResult> {
    const { world, source } = this.#options;
    this.#ended.abort();
    const limit = world.monotonic() + limitMs;
    const timer = world.sleep(limitMs, this.#stop.signal).then(() => this.#stop.abort(), () => {});
    await this.#running;
    while (
      !await this.#insert() && this.#error?.details["temporary"] !== false && world.monotonic() < limit
    ) {
      await this.#pause(this.#stop.signal);
    }
    this.#stop.abort();
    await timer;
    return {
      inserted: this.#inserted,
      left: source.countRest(),
      ...(this.#error === undefined ? {} : { error: this.#error }),
    };
  }

  async #run(): Promise<void> {
    const { world } = this.#options;
    const { signal } = this.#ended;
    while (!signal.aborted) {
      const begin = world.monotonic();
      await this.#insert();
      // The rows of a large capture take longer to compute: the recording must not suffer.
      await this.#pause(signal, 4 * (world.monotonic() - begin));
    }
  }

  /** Inserts what is there. Returns whether all of it is in the table now. Never rejects. */
  async #insert(): Promise<boolean> {
    const { source, onResume, onTrouble } = this.#options;
    try {
      // What failed before may have arrived nevertheless.
      if (this.#error !== undefined) this.#takeInserted((await this.#client.state()).last);
      do {
        for (const batch of batchesOf(rowsOf(source.capture(), this.#last))) {
          await this.#client.insert(batch);
          this.#takeInserted(batch.last);
        }
      } while (source.readMore());
      if (this.#error !== undefined) onResume();
      this.#error = undefined;
      this.#failures = 0;
      return true;
    } catch (thrown) {
      const error = asCulvertError(thrown);
      if (this.#error === undefined) onTrouble(error);
      // The end of the time allowed says less than the failure before it.
      if (this.#error === undefined || !this.#stop.signal.aborted) this.#error = error;
      this.#failures++;
      return false;
    }
  }

  #takeInserted(last: number): void {
    this.#last = Math.max(this.#last, last);
    this.#inserted += this.#options.source.inserted(this.#last);
  }

  async #pause(signal: AbortSignal, atLeast = 0): Promise<void> {
    const backOff = Math.min(LONGEST_PAUSE_MS, PAUSE_MS * 2 ** Math.min(this.#failures, 10));
    await this.#options.world.sleep(Math.max(backOff, atLeast), signal).catch(() => {
      // Aborted: the loops end at their conditions.
    });
  }
}
