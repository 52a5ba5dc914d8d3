/**
 * Writes one bundle. Events are queued and written by one writer at a time; the caller never waits, and no
 * function throws: a full disk ends the trace, not the turn.
 *
 * @module
 */
import { promisify } from "node:util";
import { zstdCompress } from "node:zlib";
import { fileProblem } from "../../../../files/read_file.ts";
import type { Redactor } from "../../../../redaction/redactor.ts";
import type { World } from "../../../../world/world.ts";
import { WRITTEN_VERSION } from "../../format/layout.ts";
import { encodeRecord } from "../../format/payload_record.ts";
import type { TraceFiles } from "./bundle_files.ts";
import { PayloadStore, type PendingPayload } from "./payload_store.ts";

/** Length of the payloads at which a shard is written before further events are built, bytes. */
const SHARD_BYTES = 4 * 1024 * 1024;
/** Maximum number of queued events. With more, the disk is too slow for the trace. */
const MOST_WAITING = 10_000;
/** Part of the size limit that is reserved for the event log, bytes. */
const RESERVED_BYTES = 64 * 1024;

/** An event without its envelope. */
export type WrittenEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** The part of the envelope that differs between events. */
export interface EventContext {
  readonly threadId?: string;
  readonly turnId?: string;
}

/** Options of {@link BundleWriter}. */
export interface BundleWriterOptions {
  readonly threadId: string;
  readonly world: Pick<World, "now" | "sleep">;
  /** Creates the files. Called before the first write. */
  readonly create: () => Promise<TraceFiles>;
  readonly redact: Redactor;
  /** Longest text within a payload, bytes. Default: no limit. */
  readonly maxPayloadBytes?: number;
  /** Maximum size on disk, bytes. */
  readonly maxBytes: number;
  /** Called once when a write fails; no data is written after it. */
  readonly onFailure: (reason: string) => void;
  /** Called once when the limit is reached. */
  readonly onLimit: () => void;
}

interface QueuedEvent {
  readonly at: number;
  readonly context: EventContext;
  /** Builds the event; its payloads are added to the store. */
  readonly build: (store: PayloadStore) => WrittenEvent;
}

const compress = promisify(zstdCompress);

/** Writes the events of one bundle in the order in which they are added. */
export class BundleWriter {
  readonly #options: BundleWriterOptions;
  readonly #store: PayloadStore;
  #files: TraceFiles | undefined;
  #queue: QueuedEvent[] = [];
  #writing: Promise<void> | undefined;
  #isClosing = false;
  #hasFailed = false;
  #isFull = false;
  #hasReachedLimit = false;
  #seq = 0;
  #shard = 0;
  #bytes = 0;

  /** Creates no file yet. */
  constructor(options: BundleWriterOptions) {
    this.#options = options;
    this.#store = new PayloadStore(options.redact, options.maxPayloadBytes);
  }

  /**
   * Adds an event.
   *
   * @param build creates the event and its payloads later; the objects that it uses must not be changed until
   * then
   * @param at wall clock, ms since 1970. Default: now
   */
  add(
    context: EventContext,
    build: (store: PayloadStore) => WrittenEvent,
    at: number = this.#options.world.now(),
  ): void {
    if (this.#hasFailed || this.#isFull || this.#isClosing) return;
    if (this.#queue.length >= MOST_WAITING) return this.#fail(`${MOST_WAITING} events wait to be written`);
    this.#queue.push({ at, context, build });
    this.#writing ??= this.#write();
  }

  /** Ends the bundle after the events that were added. */
  close(): void {
    this.#isClosing = true;
    this.#writing ??= this.#write();
  }

  /** Resolves when all added events are written. Never rejects. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #write(): Promise<void> {
    try {
      // The request of an event is sent first.
      await this.#options.world.sleep(0);
      while (this.#queue.length > 0 && !this.#hasFailed && !this.#isFull) {
        this.#files ??= await this.#options.create();
        await this.#writeSome(this.#files);
      }
    } catch (thrown) {
      this.#fail(fileProblem(thrown));
    }
    this.#writing = undefined;
    if (this.#queue.length > 0 && !this.#hasFailed && !this.#isFull) this.#writing = this.#write();
    else if (this.#isClosing || this.#hasFailed || this.#isFull) this.#release();
  }

  /** Writes queued events: their payloads first, in one shard, then their lines. */
  async #writeSome(files: TraceFiles): Promise<void> {
    const events: { readonly queued: QueuedEvent; readonly payload: WrittenEvent }[] = [];
    while (this.#store.pendingBytes < SHARD_BYTES) {
      const queued = this.#queue.shift();
      if (queued === undefined) break;
      events.push({ queued, payload: queued.build(this.#store) });
    }
    await this.#writePayloads(files, this.#store.takePending());
    const lines = events.map(({ queued, payload }) => this.#line(queued, payload)).join("");
    const bytes = new TextEncoder().encode(lines);
    if (this.#bytes + bytes.length > this.#options.maxBytes) {
      this.#isFull = true;
      return this.#noteLimit();
    }
    this.#bytes += bytes.length;
    await files.append(bytes);
  }

  async #writePayloads(files: TraceFiles, pending: readonly PendingPayload[]): Promise<void> {
    if (pending.length === 0) return;
    const records = pending.map(({ json, reference }) =>
      encodeRecord({ id: reference.raw_payload_id, json })
    );
    const shard = await compress(new Uint8Array(await new Blob(records).arrayBuffer()));
    const { maxBytes } = this.#options;
    if (this.#bytes + shard.length > maxBytes - Math.min(RESERVED_BYTES, maxBytes / 4)) {
      for (const { bytes, reference } of pending) {
        reference.capture = { status: "omitted", original_bytes: bytes };
      }
      return this.#noteLimit();
    }
    this.#bytes += shard.length;
    const number = ++this.#shard;
    await files.writeShard(number, shard);
    for (const { reference } of pending) reference.shard = number;
  }

  #line({ at, context }: QueuedEvent, payload: WrittenEvent): string {
    const line = {
      schema_version: WRITTEN_VERSION,
      seq: ++this.#seq,
      wall_time_unix_ms: Math.trunc(at),
      rollout_id: this.#options.threadId,
      thread_id: context.threadId ?? null,
      codex_turn_id: context.turnId ?? null,
      payload,
    };
    return `${this.#options.redact(JSON.stringify(line))}\n`;
  }

  #noteLimit(): void {
    if (this.#hasReachedLimit) return;
    this.#hasReachedLimit = true;
    this.#options.onLimit();
  }

  #fail(reason: string): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    this.#queue = [];
    this.#options.onFailure(reason);
  }

  #release(): void {
    this.#queue = [];
    const files = this.#files;
    this.#files = undefined;
    files?.close();
  }
}
