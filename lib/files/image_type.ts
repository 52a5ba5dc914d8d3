/**
 * The formats of images.
 *
 * @module
 */

const TYPES = [
  { extension: "png", mediaType: "image/png", signature: [0x89, 0x50, 0x4e, 0x47], at: 0 },
  { extension: "jpg", mediaType: "image/jpeg", signature: [0xff, 0xd8, 0xff], at: 0 },
  { extension: "gif", mediaType: "image/gif", signature: [0x47, 0x49, 0x46, 0x38], at: 0 },
  { extension: "webp", mediaType: "image/webp", signature: [0x57, 0x45, 0x42, 0x50], at: 8 },
] as const;

/** Returns the format of an image by its first bytes, if it is one that the API accepts. */
export function imageType(image: Uint8Array | undefined): typeof TYPES[number] | undefined {
  return TYPES.find(({ at, signature }) => signature.every((byte, index) => image?.[at + index] === byte));
}
