/**
 * The file to which the packets of a capture are appended while its program runs.
 *
 * @module
 */
import { writeAll } from "../../files/write_all.ts";

/** When no more packets are written. */
export interface PacketLimits {
  /** Bytes after which no more packets are written. */
  readonly maxBytes: number;
  /** Called once if no more packets are written, with the error of the file system or without one at the limit. */
  readonly onStop: (error?: unknown) => void;
}

/** Blocks of a pcapng file as they come. */
export class PacketFile {
  readonly path: string;
  readonly #file: Deno.FsFile;
  readonly #head: Uint8Array<ArrayBuffer>;
  readonly #limits: PacketLimits;
  #pending: Promise<void> = Promise.resolve();
  /** Bytes of the blocks that were accepted. */
  #accepted = 0;
  /** Bytes of the blocks that are whole on disk. */
  #written = 0;
  #isStopped = false;
  #hasFailed = false;

  private constructor(
    path: string,
    file: Deno.FsFile,
    head: Uint8Array<ArrayBuffer>,
    limits: PacketLimits,
  ) {
    this.path = path;
    this.#file = file;
    this.#head = head;
    this.#limits = limits;
  }

  /**
   * Creates a file, with mode 0600.
   *
   * @param head the blocks that it begins with
   * @throws an error of the file system
   */
  static async create(
    path: string,
    head: Uint8Array<ArrayBuffer>,
    limits: PacketLimits,
  ): Promise<PacketFile> {
    const file = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    const packets = new PacketFile(path, file, head, limits);
    packets.#append(head);
    return packets;
  }

  /** Appends a block. Never throws: after an error the file ends with the block before. */
  write(block: Uint8Array): void {
    if (this.#isStopped) return;
    this.#accepted += block.length;
    if (this.#accepted > this.#limits.maxBytes) this.#stop();
    else this.#append(block);
  }

  /** Waits for the writes, and removes what is there of an incomplete block, which no program could read. */
  async close(): Promise<void> {
    await this.#pending;
    await this.#file.truncate(this.#written);
    this.#file.close();
  }

  /**
   * Copies the closed file, with more blocks behind its head. Leaves no part of the copy where it fails.
   *
   * @throws an error of the file system
   */
  async copyTo(path: string, blocks: readonly Uint8Array<ArrayBuffer>[]): Promise<void> {
    using to = await Deno.open(path, { write: true, createNew: true, mode: 0o600 });
    try {
      using from = await Deno.open(this.path);
      await from.seek(this.#head.length, Deno.SeekMode.Start);
      await writeAll(to, await new Blob([this.#head, ...blocks]).bytes());
      const chunk = new Uint8Array(COPY_BYTES);
      for (let count = await from.read(chunk); count !== null; count = await from.read(chunk)) {
        await writeAll(to, chunk.subarray(0, count));
      }
    } catch (error) {
      await Deno.remove(path);
      throw error;
    }
  }

  #append(block: Uint8Array): void {
    this.#pending = this.#pending.then(async () => {
      if (this.#hasFailed) return;
      try {
        await writeAll(this.#file, block);
        this.#written += block.length;
      } catch (error) {
        this.#hasFailed = true;
        this.#stop(error);
      }
    });
  }

  #stop(error?: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#limits.onStop(error);
  }
}

/** Bytes that are copied at a time. */
const COPY_BYTES = 256 * 1024;
