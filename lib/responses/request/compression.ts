/**
 * zstd for request bodies, where the server takes it and the runtime has it.
 *
 * @module
 */
/**
 * Compresses at level 3, as the codex client does (0.169.0) towards the ChatGPT backend.
 *
 * @returns `undefined` where the runtime has no zstd (Deno before 2.5): the body then goes out as it is
 */
export async function zstd(text: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  // Imported late: it brings Node's streams with it, as much as an empty program's whole start.
  const zlib = await import("node:zlib");
  if (!("zstdCompressSync" in zlib)) return undefined;
  const { ZSTD_c_compressionLevel } = zlib.constants;
  return new Uint8Array(zlib.zstdCompressSync(text, { params: { [ZSTD_c_compressionLevel]: 3 } }));
}
