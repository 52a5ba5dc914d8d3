/**
 * Finds the original of a bundle that `ca env` copied. A program that reads the copy would not notice when the company
 * renews the original. So the copy names its original, and if codex can read the original itself, its variable keeps
 * naming the original.
 *
 * @module
 */
import type { Bundle } from "../../trust/bundle/bundle.ts";
import { readBundleFile } from "../../trust/bundle/bundle_file.ts";
import type { Selection } from "../../trust/bundle/selection.ts";
import type { World } from "../../world/world.ts";

const MARK = "# Made by culvert ca env";
const FROM = " from ";

/** What stands behind a bundle that was chosen. */
export type Origin =
  /** It is no copy. */
  | { readonly kind: "itself" }
  /** A copy of this file, which is there. */
  | { readonly kind: "copy"; readonly path: string }
  /** A copy of a file that is gone. */
  | { readonly kind: "orphan"; readonly path: string }
  /** Public roots alone. */
  | { readonly kind: "public" };

/**
 * The first line of a copy.
 *
 * @param original absolute path; absent for public roots alone, or where a path cannot be written on one line
 */
export function copyMark(original: string | undefined): string {
  const isWritable = original !== undefined && !/\p{Cc}/u.test(original);
  return `${MARK}${isWritable ? `${FROM}${original}` : ""}\n`;
}

/** Finds out what a bundle is a copy of, by its first line. A file that cannot be read is not a copy. */
export async function originOf({ source }: Selection, world: Pick<World, "sleep">): Promise<Origin> {
  const [line = ""] = (await textOf(source.path, world) ?? "").split("\n", 1);
  if (line === MARK) return { kind: "public" };
  if (!line.startsWith(`${MARK}${FROM}`)) return { kind: "itself" };
  const path = line.slice(MARK.length + FROM.length);
  return { kind: await isFile(path) ? "copy" : "orphan", path };
}

/**
 * Whether codex (0.171.0) reads a bundle as it is. It refuses byte-order marks, UTF-16, DER, PKCS#7, the label
 * `X509 CERTIFICATE`, markers that are indented or in lower case, and any file with one broken section.
 *
 * @param bundle as it was read here
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

/** A pipe is read once, and by then it has been: only a regular file can be looked at again. */
async function textOf(path: string, world: Pick<World, "sleep">): Promise<string | undefined> {
  if (!await isFile(path)) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      await readBundleFile(path, world.sleep),
    );
  } catch {
    // Binary or unreadable: the reader of the bundle reports it.
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
