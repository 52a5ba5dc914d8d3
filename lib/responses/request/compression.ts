/**
 * zstd for request bodies.
 *
 * @module
 */

/** Compresses a text at level 3, as the codex client does towards the ChatGPT backend (0.171.0). */
export async function zstd(text: string): Promise<Uint8Array<ArrayBuffer>> {
  // Imported late: it loads Node's streams, which take as long as an empty program's whole start.
  const { constants, zstdCompressSync } = await import("node:zlib");
  return new Uint8Array(zstdCompressSync(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }));
}
