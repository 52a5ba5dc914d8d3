/**
 * Sends audio over a realtime websocket, as fast as the server reads it or at the speed of the audio.
 *
 * @module
 */
import { raceAbort } from "../../async/race_abort.ts";
import type { World } from "../../world/world.ts";
import { frames } from "../audio/frames.ts";
import { pcm16Ms } from "../audio/pcm16.ts";
import { SESSION_RATE } from "../protocol/protocol_version.ts";

/** Options of {@link sendAudio}. */
export interface SendAudioOptions {
  /** PCM16 of one channel at {@link SESSION_RATE}. It is read only as fast as it is sent. */
  readonly pcm: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Sends one frame; resolves when the next may be sent. */
  readonly send: (frame: Uint8Array<ArrayBuffer>, durationMs: number) => Promise<void>;
  /** Maximum speed of sending, as a multiple of the speed of speech. Default: no limit. */
  readonly pace?: number;
  readonly world: Pick<World, "monotonic" | "sleep">;
  /** Ends the reading of the audio; the audio that was already read is sent. */
  readonly stop: AbortSignal;
  /** Aborts the sending. */
  readonly signal: AbortSignal;
}

/**
 * Sends audio to its end, or until `stop` is aborted.
 *
 * @throws the errors of `send` and of the audio; the reason of `signal`
 */
export async function sendAudio(options: SendAudioOptions): Promise<void> {
  const { pace, pcm, send, signal, stop, world } = options;
  const source = frames(pcm, SESSION_RATE)[Symbol.asyncIterator]();
  const either = AbortSignal.any([stop, signal]);
  const begin = world.monotonic();
  let sentMs = 0;
  try {
    for (;;) {
      const next = await raceAbort(source.next(), either);
      if (next.done === true) return;
      const due = pace === undefined ? 0 : begin + sentMs / pace - world.monotonic();
      if (due > 0) await world.sleep(due, either);
      const durationMs = pcm16Ms(next.value.length, SESSION_RATE);
      await send(next.value, durationMs);
      sentMs += durationMs;
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!stop.aborted || error !== stop.reason) throw error;
  } finally {
    // A source that waits for input ends only when it arrives, so its end is not awaited.
    source.return(undefined).catch(() => {});
  }
}
