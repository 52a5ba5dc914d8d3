/**
 * Finds the original of a bundle that `ca env` copied. A copy does not change when the company renews the
 * original. Therefore the first line of a copy names the original, and the variable of codex names the
 * original if codex can read it.
 *
 * @module
 */
import type { Bundle } from "../../trust/bundle/bundle.ts";
import { readBundleFile } from "../../trust/bundle/bundle_file.ts";
import type { Selection } from "../../trust/bundle/selection.ts";
import type { World } from "../../world/world.ts";

const MARK = "# Made by culvert ca env";
const FROM = " from ";

/** The origin of the content of a selected bundle. */
export type Origin =
  /** The file itself: it is not a copy. */
  | { readonly kind: "itself" }
  /** A copy of an existing file. */
  | { readonly kind: "copy"; readonly path: string }
  /** A copy of a file that no longer exists. */
  | { readonly kind: "orphan"; readonly path: string }
  /** A copy that contains only public roots. */
  | { readonly kind: "public" };

/**
 * Returns the first line of a copy, with its newline. A path with control characters is omitted, because it
 * does not fit on one line.
 *
 * @param original absolute path of the original; `undefined` for a copy that contains only public roots
 */
export function copyMark(original: string | undefined): string {
  const isWritable = original !== undefined && !/\p{Cc}/u.test(original);
  return `${MARK}${isWritable ? `${FROM}${original}` : ""}\n`;
}

/** Reads the first line of a bundle and returns its origin. A file that cannot be read counts as its own origin. */
export async function originOf({ source }: Selection, world: Pick<World, "sleep">): Promise<Origin> {
  const [line = ""] = (await textOf(source.path, world) ?? "").split("\n", 1);
  if (line === MARK) return { kind: "public" };
  if (!line.startsWith(`${MARK}${FROM}`)) return { kind: "itself" };
  const path = line.slice(MARK.length + FROM.length);
  return { kind: await isFile(path) ? "copy" : "orphan", path };
}

/**
 * Returns whether codex (0.171.0) can read the file of a bundle unchanged. codex refuses byte-order marks, UTF-16, DER,
 * PKCS#7, the label `X509 CERTIFICATE`, markers that are indented or in lower case, and any file with a broken section.
 *
 * @param bundle the bundle as this program read it
 */
export async function isReadableByCodex(bundle: Bundle, world: Pick<World, "sleep">): Promise<boolean> {
  const { certificates, warnings, source } = bundle;
  if (warnings.some(({ code }) => code === "ca_section_skipped" || code === "ca_certificate_skipped")) {
    return false;
  }
  if (certificates.some(({ label }) => label !== "CERTIFICATE" && label !== "TRUSTED CERTIFICATE")) {
    return false;
  }
  const text = await textOf(source.path, world);
  return text !== undefined && !text.startsWith("\ufeff") &&
    text.split(/[\r\n]+/).every((line) =>
      !/-----\s*(begin|end)/i.test(line) || /^-----(BEGIN|END) [A-Z0-9 #]+-----\s*$/.test(line)
    );
}

/** Reads a regular file as UTF-8. A pipe cannot be read again, so `undefined` is returned for it. */
async function textOf(path: string, world: Pick<World, "sleep">): Promise<string | undefined> {
  if (!await isFile(path)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      await readBundleFile(path, world.sleep),
    );
  } catch {
    // The file is binary or unreadable, which the reader of the bundle reports.
    return undefined;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}
