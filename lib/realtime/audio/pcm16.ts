/**
 * The audio format of realtime sessions: 16-bit little-endian PCM, one channel.
 *
 * @module
 */

/** Bytes of one sample. */
export const SAMPLE_BYTES = 2;

/** Converts samples from -1 to 1 to PCM16; values outside of the range are clipped. */
export function encodePcm16(samples: Float32Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(samples.length * SAMPLE_BYTES);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < samples.length; index++) {
    const value = Math.round((samples[index] ?? 0) * 32_768);
    view.setInt16(index * SAMPLE_BYTES, Math.max(-32_768, Math.min(32_767, value)), true);
  }
  return bytes;
}

/** Returns the duration of PCM16 of one channel, ms. */
export function pcm16Ms(bytes: number, rate: number): number {
  return bytes / SAMPLE_BYTES / rate * 1000;
}
