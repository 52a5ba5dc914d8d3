/**
 * Reads a folder of certificate files as one bundle.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { fileProblem } from "../../files/read_file.ts";
import type { Bundle, BundleCertificate, BundleSource, SkippedSection } from "./bundle.ts";
import { bundleInvalid, bundleUnreadable } from "./bundle_error.ts";
import type { ReadFile } from "./bundle_file.ts";
import { readBundle, type ReadBundleOptions } from "./bundle_reader.ts";
import type { Warning } from "../../warning.ts";

/** Maximum number of files that are read. Debian's `/etc/ssl/certs` has about 300. */
const MOST_FILES = 5_000;

/** Returns whether a path names a folder. A path that cannot be examined does not. */
export async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    // The read of the file reports the reason.
    return false;
  }
}

/**
 * Returns the paths of the regular files in a folder, sorted by name. Links are followed; hidden files,
 * subfolders, special files and broken links are skipped.
 *
 * @throws Deno.errors.* as the system reports; Error for more than 5,000 files
 */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    if (name.startsWith(".")) continue;
    const path = `${folder.replace(/[\\/]+$/, "")}/${name}`;
    if (await isRegularFile(path)) paths.push(path);
    if (paths.length > MOST_FILES) throw new Error(`it contains more than ${MOST_FILES} files`);
  }
  return paths.toSorted();
}

async function isRegularFile(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

/**
 * Reads every file of a folder. A file without a certificate is skipped.
 *
 * @param source the folder, and what named it
 * @param readFile reads one file
 * @param options see {@link readBundle}
 * @throws CulvertError `ca_unreadable` if the folder cannot be read, `ca_invalid` if no file in it has a
 * usable certificate
 */
export async function readBundleFolder(
  source: BundleSource,
  readFile: ReadFile,
  options: ReadBundleOptions,
): Promise<Bundle> {
  let paths: readonly string[];
  try {
    paths = await filesIn(source.path);
  } catch (error) {
    throw bundleUnreadable(source, fileProblem(error), undefined, error);
  }
  const certificates = new Map<string, BundleCertificate>();
  const skipped: SkippedSection[] = [];
  const warnings: Warning[] = [];
  for (const path of paths) {
    try {
      const bundle = readBundle(await readFile(path), { ...source, path }, options);
      for (const certificate of bundle.certificates) {
        if (!certificates.has(certificate.pem)) {
          certificates.set(certificate.pem, { ...certificate, file: path });
        }
      }
      skipped.push(...bundle.skipped.map((section) => ({ ...section, file: path })));
      warnings.push(...bundle.warnings);
    } catch (error) {
      const reason = error instanceof CulvertError
        ? String(error.details["reason"] ?? error.message)
        : fileProblem(error);
      skipped.push({ kind: "file", line: 1, reason, file: path });
    }
  }
  if (certificates.size === 0) {
    throw bundleInvalid(source, skipped, paths.length === 0 ? "the folder contains no files" : undefined);
  }
  return { source, certificates: [...certificates.values()], skipped, warnings };
}
