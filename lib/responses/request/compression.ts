/**
 * Compresses request bodies with zstd.
 *
 * @module
 */

/** Compresses a text at level 3, as the codex client does for the ChatGPT backend (0.171.0). */
export async function zstd(text: string): Promise<Uint8Array<ArrayBuffer>> {
  // Loaded on first use: it loads Node's streams, which takes as long as starting an empty program.
  const { constants, zstdCompressSync } = await import("node:zlib");
  return new Uint8Array(zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }));
}
