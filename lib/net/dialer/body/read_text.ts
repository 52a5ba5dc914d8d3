/**
 * Reads reply bodies up to a limit.
 *
 * @module
 */
import type { ReplyBody } from "../reply_body.ts";
import { joinBytes } from "../../../text/join_bytes.ts";

/** Limits of {@link readText} and {@link readBytes}. */
export interface ReadTextOptions {
  /** The maximum number of bytes to read; the rest of the body is cancelled. */
  readonly maxBytes: number;
  /** Aborts reading. */
  readonly signal?: AbortSignal;
  /** Whether the part that arrived is returned if the body is cut or aborted. Default false: it throws. */
  readonly keepPartial?: boolean;
}

/** The text of a body. */
export interface BodyText {
  readonly text: string;
  /** False if the body was longer than the limit, was cut or was aborted. */
  readonly isComplete: boolean;
}

/** The bytes of a body. */
export interface BodyBytes {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** False if the body was longer than the limit, was cut or was aborted. */
  readonly isComplete: boolean;
}

/**
 * Reads a body as UTF-8, up to a limit.
 *
 * @param body `null` is read as an empty text
 * @throws the reason of the signal when it is aborted; CulvertError of the network codes if the body is cut
 */
export async function readText(body: ReplyBody | null, options: ReadTextOptions): Promise<BodyText> {
  const { bytes, isComplete } = await readBytes(body, options);
  return { text: new TextDecoder().decode(bytes), isComplete };
}

/**
 * Reads a body, up to a limit.
 *
 * @param body `null` is read as an empty body
 * @throws the reason of the signal when it is aborted; CulvertError of the network codes if the body is cut
 */
export async function readBytes(
  body: ReplyBody | null,
  { keepPartial = false, maxBytes, signal }: ReadTextOptions,
): Promise<BodyBytes> {
  if (body === null) return { bytes: new Uint8Array(), isComplete: true };
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  const read = (isComplete: boolean) => ({ bytes: joinBytes(pieces), isComplete });
  const stop = () => void body.cancel(signal?.reason).catch(ignoreCancelled);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const piece = await body.read();
      // A cancelled body ends like any other one.
      if (piece === undefined && signal?.aborted === true) throw signal.reason;
      if (piece === undefined) return read(true);
      // The body reuses the buffer of each chunk.
      const fitting = piece.slice(0, maxBytes - length);
      pieces.push(fitting);
      length += fitting.length;
      if (fitting.length < piece.length) return read(false);
    }
  } catch (error) {
    if (!keepPartial) throw error;
    return read(false);
  } finally {
    signal?.removeEventListener("abort", stop);
    await body.cancel().catch(ignoreCancelled);
  }
}

/** Ignores an error that a cancelled body reports, for which no caller waits. */
function ignoreCancelled(): void {}
