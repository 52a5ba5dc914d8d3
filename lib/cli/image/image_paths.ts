/**
 * Names of image files.
 *
 * @module
 */

/** The formats of the API, by their first bytes. */
const TYPES = [
  { extension: "png", signature: [0x89, 0x50, 0x4e, 0x47], at: 0 },
  { extension: "jpg", signature: [0xff, 0xd8, 0xff], at: 0 },
  { extension: "webp", signature: [0x57, 0x45, 0x42, 0x50], at: 8 },
] as const;

/** Returns the format of an image; `undefined` for one that is not known. */
export function imageType(image: Uint8Array | undefined): typeof TYPES[number] | undefined {
  return TYPES.find(({ at, signature }) => signature.every((byte, index) => image?.[at + index] === byte));
}

/** Extensions of image files, and the format of each. */
const FORMATS: Readonly<Record<string, string>> = {
  png: "PNG",
  jpg: "JPEG",
  jpeg: "JPEG",
  webp: "WebP",
  gif: "GIF",
  avif: "AVIF",
};

/** Returns the format of an image whose path has the extension of another format. */
export function otherFormat(path: string, image: Uint8Array | undefined): string | undefined {
  const named = FORMATS[/\.([^./\\]+)$/.exec(path)?.[1]?.toLowerCase() ?? ""];
  const format = FORMATS[imageType(image)?.extension ?? ""];
  return named === undefined || named === format ? undefined : format;
}

/** Names for images. */
export const imagePaths = {
  /** Returns a name in the working directory that is derived from the time, in UTC. */
  byTime(now: number): string {
    return `image-${new Date(now).toISOString().slice(0, 19).replace("T", "-").replaceAll(":", "")}.png`;
  },

  /**
   * Returns a path for each image: the chosen one, with a number before its extension if there are several.
   *
   * @param isDefault whether the extension may be changed to that of the format
   */
  forImages(chosen: string, images: readonly Uint8Array[], isDefault: boolean): readonly string[] {
    const [, stem = chosen, extension = ""] = /^(.*[^/\\])(\.[^./\\]+)$/s.exec(chosen) ?? [];
    return images.map((image, index) => {
      const number = images.length === 1 ? "" : `-${index + 1}`;
      const type = isDefault ? imageType(image)?.extension : undefined;
      return `${stem}${number}${type === undefined ? extension : `.${type}`}`;
    });
  },
};
