/**
 * Which roots are trusted, and is the CA bundle among them sound?
 *
 * @module
 */
import type { DetailValue } from "../../errors.ts";
import type { Bundle } from "../../trust/bundle/bundle.ts";
import type { TrustStore } from "../../trust/trust_store.ts";
import type { Warning } from "../../warning.ts";
import { type Check, type Finding, ok, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** A root that ends so soon deserves a word, ms. */
const SOON_MS = 30 * 24 * 3_600_000;
/** Certificates of a bundle that are listed one by one. */
const LISTED = 8;
/** A file with more certificates is a whole public store, and those always hold a few old ones. */
const WHOLE_STORE = 60;

/** The check. */
export const bundleCheck: Check<DoctorContext> = {
  id: "bundle",
  category: "trust",
  question: "Which roots are trusted, and is the CA bundle among them sound?",
  network: false,
  next: "culvert ca inspect",
  run: async ({ trust, world }) => await examineTrust(await trust(), world.now()),
};

/**
 * @param trust the roots in force
 * @param now ms since 1970
 */
export async function examineTrust(trust: TrustStore, now: number): Promise<Finding> {
  const { bundle } = trust;
  const roots = { mozilla: trust.counts.mozilla ?? null, system: trust.counts.system };
  if (bundle === undefined) {
    const details = { roots, bundle: null };
    if (trust.warnings.length === 0) return ok(trust.description, details);
    return warn(`${trust.description}. ${byKind(trust.warnings)}`, {
      details,
      remediation: "Mozilla's roots are in force all the same; name a CA bundle if this network needs one.",
    });
  }
  const { listed, weak } = await lookInto(bundle, now);
  const warnings = [...trust.warnings, ...weak];
  const details = {
    roots,
    source: bundle.source.name,
    path: bundle.source.path,
    certificates: bundle.certificates.length,
    skipped: bundle.skipped.map(({ kind, line, reason }) => ({ kind, line, reason })),
    ...(bundle.certificates.length <= LISTED ? { subjects: listed } : {}),
    warnings: Object.fromEntries(kindsOf(warnings).map((same) => [same[0].code, same.length])),
  };
  if (warnings.length === 0) return ok(trust.description, details);
  if (bundle.certificates.length > WHOLE_STORE && warnings.every(({ code }) => OF_AGE.has(code))) {
    return ok(`${trust.description}; some of these are old or end soon, as in every public store`, details);
  }
  return warn(`${trust.description}. ${byKind(warnings)}`, {
    details,
    remediation: "See every certificate with culvert ca inspect; ask for a clean bundle where one is broken.",
    next: `culvert ca inspect ${bundle.source.kind === "flag" ? bundle.source.path : ""}`.trimEnd(),
  });
}

/** What only says that a root is old. */
const OF_AGE = new Set(["ca_expired", "ca_expires_soon", "weak_root_signature", "version_1", "weak_key"]);

interface Look {
  readonly listed: readonly DetailValue[];
  readonly weak: readonly Warning[];
}

async function lookInto(bundle: Bundle, now: number): Promise<Look> {
  const { certificateFacts, weaknesses } = await import("../../trust/certificate/certificate_facts.ts");
  const weak: Warning[] = [];
  const listed: DetailValue[] = [];
  for (const { der, index, line } of bundle.certificates) {
    const facts = certificateFacts(der);
    if (facts === undefined) continue;
    const which = `Certificate ${index}`;
    weak.push(...weaknesses(facts, which, line));
    const ends = Date.parse(facts.notAfter);
    if (ends > now && ends < now + SOON_MS) {
      weak.push({
        code: "ca_expires_soon",
        message: `${which} expires on ${facts.notAfter.slice(0, 10)}: ${facts.subject}`,
        line,
      });
    }
    if (listed.length < LISTED) listed.push({ subject: facts.subject, not_after: facts.notAfter });
  }
  return { listed, weak };
}

type Same = readonly [Warning, ...Warning[]];

function kindsOf(warnings: readonly Warning[]): readonly Same[] {
  const kinds = new Map<string, [Warning, ...Warning[]]>();
  for (const warning of warnings) {
    const same = kinds.get(warning.code);
    if (same === undefined) kinds.set(warning.code, [warning]);
    else same.push(warning);
  }
  return [...kinds.values()];
}

/** One sentence a kind: an old bundle may hold dozens of expired roots. */
function byKind(warnings: readonly Warning[]): string {
  return kindsOf(warnings).map(([first, ...more]) =>
    more.length === 0 ? first.message : `${first.message} (and ${more.length} more like it)`
  ).join(". ");
}
