/**
 * Names of image files.
 *
 * @module
 */
import { imageType } from "../../files/image_type.ts";

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
