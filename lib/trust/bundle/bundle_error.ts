/**
 * The errors of a bundle. Each names the file, the flag or variable that chose it, the fault with its line, and what
 * to do.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { BundleSource, SkippedSection } from "./bundle.ts";
import { CA_FLAG, CA_VARIABLES } from "./selection.ts";

/** Maximum number of sections that a message lists; the others are counted. */
const LISTED = 8;

/**
 * Returns the error for a file that cannot be read.
 *
 * @param source what named the file
 * @param reason the message of the system
 * @param pathHint what is wrong with the path itself, see `path_hint.ts`
 * @param cause the system's error
 * @returns `ca_unreadable`, with `variable`, `path` and `reason` in its details
 */
export function bundleUnreadable(
  source: BundleSource,
  reason: string,
  pathHint: string | undefined,
  cause?: unknown,
): CulvertError {
  return new CulvertError(
    "ca_unreadable",
    `Cannot read the CA bundle ${placeOf(source)}${namedBy(source)}: ${reason}`,
    {
      hint: [...(pathHint === undefined ? [] : [pathHint]), remedy(source)].join(" "),
      details: { ...sourceDetails(source), reason },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/**
 * Returns the error for a file without a usable certificate.
 *
 * @param source what named the file
 * @param skipped every section that was skipped
 * @param nothing what the file is, if it has no section at all
 * @returns `ca_invalid`, with `variable`, `path`, `reason`, `skipped` and, if there is one, the `line` and
 * `index` of the first fault in its details
 */
export function bundleInvalid(
  source: BundleSource,
  skipped: readonly SkippedSection[],
  nothing: string | undefined,
): CulvertError {
  const first = skipped.find((section) => section.index !== undefined) ?? skipped[0];
  const reason = nothing ?? skipped.slice(0, LISTED).map(describeSkipped).join("; ");
  const more = skipped.length > LISTED ? `; and ${skipped.length - LISTED} more sections` : "";
  return new CulvertError(
    "ca_invalid",
    `No usable certificate found in the CA bundle ${placeOf(source)}${namedBy(source)}: ${reason}${more}`,
    {
      hint: remedy(source),
      details: {
        ...sourceDetails(source),
        reason,
        ...(first === undefined ? {} : { line: first.line }),
        ...(first?.index === undefined ? {} : { index: first.index }),
        skipped: skipped.map((section) => ({ ...section })),
      },
    },
  );
}

/** Describes a skipped section in a phrase: what it is, its line, and the reason. */
export function describeSkipped(section: SkippedSection): string {
  const what = section.index === undefined ? section.kind : `certificate ${section.index} (${section.kind})`;
  return section.file === undefined
    ? `${what} on line ${section.line}: ${section.reason}`
    : `"${section.file}", ${what} on line ${section.line}: ${section.reason}`;
}

/** Returns the quoted path of a bundle, or `standard input`. */
export function placeOf(source: BundleSource): string {
  return source.path === "-" ? "standard input" : `"${source.path}"`;
}

function namedBy(source: BundleSource): string {
  return source.kind === "file" ? "" : ` (${source.name})`;
}

function sourceDetails(source: BundleSource): { readonly variable: string; readonly path: string } {
  return { variable: source.name, path: source.path };
}

function remedy(source: BundleSource): string {
  if (source.kind === "file") {
    return "Name a PEM, DER or PKCS#7 file with at least one certificate.";
  }
  const what = source.kind === "variable" ? "Unset it" : "Remove it";
  const others = [CA_FLAG, ...CA_VARIABLES].includes(source.name)
    ? " (the first of --ca-cert, CODEX_CA_CERTIFICATE and SSL_CERT_FILE that is set is used)"
    : "";
  return `Set ${source.name} to a PEM file with at least one certificate block${others}. ` +
    `${what} to use only the roots of Mozilla and of the operating system.`;
}
