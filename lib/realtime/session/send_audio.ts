/**
 * Sends audio over a realtime websocket, as fast as the server takes it or in the time of the audio.
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
  /** How many times as fast as it is spoken the audio is sent at most. Default: no limit. */
  readonly pace?: number;
  readonly world: Pick<World, "monotonic" | "sleep">;
  /** Ends the reading of the audio; what was read before is sent. */
  readonly stop: AbortSignal;
  /** Ends everything. */
  readonly signal: AbortSignal;
}

/**
 * Sends audio to its end, or until `stop` is aborted.
 *
 * @throws what `send` and the audio throw; the reason of `signal`
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
    // A source that waits for input ends only when that arrives, and is not waited for.
    source.return(undefined).catch(() => {});
  }
}
