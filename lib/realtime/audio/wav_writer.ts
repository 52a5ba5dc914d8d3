/**
 * Writes the header of a WAV file with PCM16.
 *
 * @module
 */

/** Length of the header, bytes. */
const WAV_HEADER_BYTES = 44;

/** The value for an unknown length, which is also the largest possible one. */
const UNKNOWN = 0xffffffff;

/**
 * Returns the header.
 *
 * @param rate Hz
 * @param dataBytes length of the audio after the header, bytes; `undefined` if it is not known, as in a pipe
 */
export function wavHeader(
  rate: number,
  channels: number,
  dataBytes: number | undefined,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const text = (at: number, value: string) => bytes.set(new TextEncoder().encode(value), at);
  const size = dataBytes === undefined || dataBytes > UNKNOWN - WAV_HEADER_BYTES ? undefined : dataBytes;
  const block = channels * 2;
  text(0, "RIFF");
  view.setUint32(4, size === undefined ? UNKNOWN : size + WAV_HEADER_BYTES - 8, true);
  text(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * block, true);
  view.setUint16(32, block, true);
  view.setUint16(34, 16, true);
  text(36, "data");
  view.setUint32(40, size ?? UNKNOWN, true);
  return bytes;
}
