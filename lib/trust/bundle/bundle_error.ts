/**
 * The two errors of a bundle, worded so that the reader knows which variable chose which file, what is wrong
 * with it where, and what to do.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { BundleSource, SkippedSection } from "./bundle.ts";

/** Sections that a message lists before it goes over to counting. */
const LISTED = 8;

/**
 * The file cannot be read.
 *
 * @param source who named it
 * @param reason the system's words
 * @param nearMiss what is odd about the value itself, see `near_miss.ts`
 * @param cause the system's error
 * @returns `ca_unreadable`, with `variable`, `path` and `reason` in its details
 */
export function bundleUnreadable(
  source: BundleSource,
  reason: string,
  nearMiss: string | undefined,
  cause?: unknown,
): CulvertError {
  return new CulvertError(
    "ca_unreadable",
    `Cannot read the CA bundle${namedBy(source)} ${placeOf(source)}: ${reason}`,
    {
      hint: [...(nearMiss === undefined ? [] : [nearMiss]), remedy(source)].join(" "),
      details: { ...sourceDetails(source), reason },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/**
 * The file holds no usable certificate.
 *
 * @param source who named it
 * @param skipped every section that was found and passed over
 * @param nothing what the file is, where no section was found at all
 * @returns `ca_invalid`, with `variable`, `path`, `reason`, `skipped` and, where there is one, the `line` and
 *   `index` of the first fault in its details
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
    `No usable certificate found in the CA bundle that ${source.name} names, ${
      placeOf(source)
    }: ${reason}${more}`,
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

/**
 * One skipped section as a phrase.
 *
 * @param section what was skipped
 */
export function describeSkipped(section: SkippedSection): string {
  const what = section.index === undefined ? section.kind : `certificate ${section.index} (${section.kind})`;
  return `${what} on line ${section.line}: ${section.reason}`;
}

/**
 * Where a bundle is, as a phrase.
 *
 * @param source who named it
 */
export function placeOf(source: BundleSource): string {
  return source.path === "-" ? "standard input" : `"${source.path}"`;
}

function namedBy(source: BundleSource): string {
  return source.kind === "file" ? "" : ` that ${source.name} names,`;
}

function sourceDetails(source: BundleSource): { readonly variable: string; readonly path: string } {
  return { variable: source.name, path: source.path };
}

function remedy(source: BundleSource): string {
  if (source.kind === "file") {
    return "Name a PEM, DER or PKCS#7 file with at least one certificate in it.";
  }
  const what = source.kind === "variable" ? "Unset it" : "Leave it out";
  const others = "--ca-cert, CODEX_CA_CERTIFICATE and SSL_CERT_FILE are looked at in this order";
  return `Point ${source.name} at a PEM file with at least one certificate block in it (${others}). ` +
    `${what}, and the roots of Mozilla and of the operating system apply.`;
}
