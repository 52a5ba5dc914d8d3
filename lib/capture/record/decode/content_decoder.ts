/**
 * Undoes content encodings (RFC 9110 §8.4) while the bytes arrive. One decoder lives as long as the body; what the
 * sender flushed comes out at once, so that each event of a compressed stream has its own arrival time.
 *
 * @module
 */
import type { Transform } from "node:stream";

/** Decodes one body. Calls must not overlap. */
export interface ContentDecoder {
  /**
   * Decodes the next bytes.
   *
   * @returns what they complete, at once where nothing has to be undone
   * @throws Error when the bytes are not of the encoding
   */
  readonly push: (bytes: Uint8Array) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /**
   * Ends the body.
   *
   * @returns the last bytes
   * @throws Error when the body ends within the encoding
   */
  readonly finish: () => Promise<readonly Uint8Array[]>;
  /** Frees the memory. */
  readonly close: () => void;
}

/** Parses a Content-Encoding header: the encodings in the order in which they were applied. */
export function contentEncodings(header: string | undefined): readonly string[] {
  return (header ?? "").split(",").map((name) => name.trim().toLowerCase()).filter((name) =>
    name !== "" && name !== "identity"
  );
}

const KNOWN: ReadonlySet<string> = new Set(["gzip", "x-gzip", "deflate", "br", "zstd"]);

/** Tells whether every encoding of a list can be undone. */
export function canDecode(encodings: readonly string[]): boolean {
  return encodings.every((name) => KNOWN.has(name));
}

/**
 * Makes the decoder of a body.
 *
 * @param encodings in the order in which they were applied; undone in reverse
 * @param maxBytes largest decoded size of any stage, bytes
 * @throws TypeError for an encoding that {@link canDecode} does not know
 */
export async function createDecoder(encodings: readonly string[], maxBytes: number): Promise<ContentDecoder> {
  const stages: Stage[] = [];
  for (const name of encodings.toReversed()) stages.push(await createStage(name, maxBytes));
  const through = async (chunks: readonly Uint8Array[], from: number): Promise<readonly Uint8Array[]> => {
    let current = chunks;
    for (const stage of stages.slice(from)) {
      const next: Uint8Array[] = [];
      for (const chunk of current) next.push(...await stage.push(chunk));
      current = next;
    }
    return current;
  };
  return {
    push: (bytes) => stages.length === 0 ? [bytes] : through([bytes], 0),
    finish: async () => {
      const out: Uint8Array[] = [];
      for (const [index, stage] of stages.entries()) {
        out.push(...await through(await stage.finish(), index + 1));
      }
      return out;
    },
    close: () => stages.forEach((stage) => stage.close()),
  };
}

/** One encoding of a body. */
interface Stage {
  readonly push: (bytes: Uint8Array) => Promise<readonly Uint8Array[]>;
  readonly finish: () => Promise<readonly Uint8Array[]>;
  readonly close: () => void;
}

async function createStage(name: string, maxBytes: number): Promise<Stage> {
  const zlib = await import("node:zlib");
  switch (name) {
    case "gzip":
    case "x-gzip":
      return streamStage(zlib.createGunzip(), maxBytes);
    case "br":
      return streamStage(zlib.createBrotliDecompress(), maxBytes);
    case "zstd": {
      const stage = streamStage(zlib.createZstdDecompress(), maxBytes);
      // The runtime does not report a body that ends within a frame (seen in 2.9.6). A whole frame appended to it
      // comes out if and only if the body was complete.
      const probe = zlib.zstdCompressSync(new TextEncoder().encode(PROBE));
      return { ...stage, finish: () => finishZstd(stage, probe) };
    }
    case "deflate": {
      // Some servers send the bare stream of RFC 1951 without the header of RFC 1950.
      let stage: Stage | undefined;
      return {
        push: (bytes) => {
          const isZlib = ((bytes[0] ?? 0) & 0x0f) === 8;
          stage ??= streamStage(isZlib ? zlib.createInflate() : zlib.createInflateRaw(), maxBytes);
          return stage.push(bytes);
        },
        finish: async () => await stage?.finish() ?? [],
        close: () => stage?.close(),
      };
    }
    default:
      throw new TypeError(`No decoder for the content encoding "${name}"`);
  }
}

const PROBE = "end of body";

async function finishZstd(stage: Stage, probe: Uint8Array): Promise<readonly Uint8Array[]> {
  const cut = new Error("unexpected end of the zstd stream");
  const out = await stage.push(probe).catch(() => {
    throw cut;
  });
  await stage.finish();
  const text = out.map((chunk) => new TextDecoder().decode(chunk)).join("");
  if (text !== PROBE) throw cut;
  return [];
}

function streamStage(stream: Transform, maxBytes: number): Stage {
  let out: Uint8Array[] = [];
  let total = 0;
  let failure: Error | undefined;
  let isOver = false;
  let wake = () => {};
  const stop = (error?: Error) => {
    failure ??= error;
    isOver = true;
    wake();
  };
  stream.on("data", (chunk: Uint8Array) => {
    total += chunk.length;
    if (total <= maxBytes) out.push(chunk);
    else {
      stop(new DecodedTooLarge(maxBytes));
      stream.destroy();
    }
  });
  stream.on("error", stop);
  stream.on("end", () => stop());
  stream.on("close", () => stop());
  const step = async (run: (done: () => void) => void): Promise<readonly Uint8Array[]> => {
    if (failure !== undefined) throw failure;
    if (isOver) return [];
    await new Promise<void>((resolve) => {
      wake = resolve;
      run(resolve);
    });
    const chunks = out;
    out = [];
    // What came out before the fault is handed over first; the fault is reported by the next call.
    if (failure !== undefined && chunks.length === 0) throw failure;
    return chunks;
  };
  return {
    push: (bytes) => step((done) => stream.write(bytes, () => done())),
    finish: async () => {
      const chunks = await step(() => stream.end());
      if (failure !== undefined) throw failure;
      return chunks;
    },
    close: () => stream.destroy(),
  };
}

/** The decoded body is larger than the recorder keeps. */
export class DecodedTooLarge extends Error {
  override readonly name = "DecodedTooLarge";

  /** @param limit in bytes */
  constructor(limit: number) {
    super(`the decoded body is larger than ${limit} bytes`);
  }
}
