/**
 * Finds the points at which audio is committed to models without turn detection, preferably in pauses.
 *
 * @module
 */

/** Minimum and maximum length of audio between two commits, ms. */
const LEAST_MS = 5_000;
const MOST_MS = 20_000;
/** A frame counts as a pause below this part of the loudest frame since the last commit. */
const QUIET = 0.1;

/** Measures the loudness of PCM16. */
export class PauseFinder {
  #elapsedMs = 0;
  #loudest = 0;

  /**
   * Adds a frame.
   *
   * @param durationMs length of the frame, ms
   * @returns whether the audio is to be committed after it
   */
  add(pcm: Uint8Array, durationMs: number): boolean {
    this.#elapsedMs += durationMs;
    const loudness = rootMeanSquare(pcm);
    this.#loudest = Math.max(this.#loudest, loudness);
    const isPause = this.#elapsedMs >= LEAST_MS && loudness <= this.#loudest * QUIET;
    if (!isPause && this.#elapsedMs < MOST_MS) return false;
    this.#elapsedMs = 0;
    this.#loudest = 0;
    return true;
  }
}

function rootMeanSquare(pcm: Uint8Array): number {
  const view = new DataView(pcm.buffer, pcm.byteOffset, pcm.byteLength);
  const count = pcm.length >> 1;
  let sum = 0;
  for (let index = 0; index < count; index++) sum += view.getInt16(index * 2, true) ** 2;
  return count === 0 ? 0 : Math.sqrt(sum / count);
}
