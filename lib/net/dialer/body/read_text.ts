/**
 * The bounded reader of reply bodies.
 *
 * @module
 */
import type { ReplyBody } from "../reply_body.ts";

/** Limits of {@link readText}. */
export interface ReadTextOptions {
  /** Bytes that are read at most; the rest of the body is cancelled. */
  readonly maxBytes: number;
  /** Aborts reading. */
  readonly signal?: AbortSignal;
  /** Whether a body that breaks off or is aborted yields what came of it. Default false: it throws. */
  readonly keepPartial?: boolean;
}

/** The text of a body. */
export interface BodyText {
  readonly text: string;
  /** False where the body was cut at the limit, broke off or was aborted. */
  readonly isComplete: boolean;
}

/**
 * Reads a body as UTF-8, up to a limit.
 *
 * @param body `null` is read as an empty text
 * @throws the reason of the signal when it is aborted; CulvertError of the network codes when the body breaks off
 */
export async function readText(
  body: ReplyBody | null,
  { keepPartial = false, maxBytes, signal }: ReadTextOptions,
): Promise<BodyText> {
  if (body === null) return { text: "", isComplete: true };
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  const stop = () => void body.cancel(signal?.reason).catch(ignoreCancelled);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener("abort", stop, { once: true });
  try {
    for (;;) {
      const piece = await body.read();
      // A body that was cancelled ends like any other.
      if (piece === undefined && signal?.aborted === true) throw signal.reason;
      if (piece === undefined) return { text: text + decoder.decode(), isComplete: true };
      const fitting = piece.subarray(0, maxBytes - bytes);
      text += decoder.decode(fitting, { stream: true });
      bytes += fitting.length;
      if (fitting.length < piece.length) return { text: text + decoder.decode(), isComplete: false };
    }
  } catch (error) {
    if (!keepPartial) throw error;
    return { text: text + decoder.decode(), isComplete: false };
  } finally {
    signal?.removeEventListener("abort", stop);
    await body.cancel().catch(ignoreCancelled);
  }
}

/** What a cancelled body reports about its connection concerns nobody any more. */
function ignoreCancelled(): void {}
