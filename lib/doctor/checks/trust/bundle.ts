/**
 * Checks the CA bundle in force.
 *
 * @module
 */
import type { DetailValue } from "../../../errors.ts";
import type { Bundle } from "../../../trust/bundle/bundle.ts";
import type { TrustStore } from "../../../trust/trust_store.ts";
import type { Warning } from "../../../warning.ts";
import { type Check, type Finding, ok, warn } from "../../check.ts";
import { type Commands, quoted } from "../../commands.ts";
import type { DoctorContext } from "../../context.ts";

/** A root that expires within this time is reported, ms. */
const SOON_MS = 30 * 24 * 3_600_000;
/** A bundle with more certificates is not listed. */
const LISTED = 8;
/** A bundle with more certificates is a public store, which always holds a few old ones. */
const WHOLE_STORE = 60;

/** The check. */
export const bundleCheck: Check<DoctorContext> = {
  id: "bundle",
  category: "trust",
  question: "Which roots are trusted, and is the CA bundle valid?",
  network: false,
  next: async ({ commands }, { code, details }) => {
    const path = details["path"];
    return code === "ca_unreadable" && typeof path === "string"
      ? listFile(path)
      : (await commands()).caInspect();
  },
  run: async ({ commands, trust, world }) => await examineTrust(await trust(), world.now(), await commands()),
};

/** A file that cannot be read cannot be inspected either: the system shows what is there. */
function listFile(path: string): string {
  return Deno.build.os === "windows" ? `dir ${quoted(path)}` : `ls -l ${quoted(path)}`;
}

/**
 * Examines the roots in force.
 *
 * @param now ms since 1970
 */
async function examineTrust(
  trust: TrustStore,
  now: number,
  commands: Pick<Commands, "caInspect">,
): Promise<Finding> {
  const { bundle } = trust;
  const roots = { mozilla: trust.counts.mozilla ?? null, system: trust.counts.system };
  if (bundle === undefined) {
    const details = { roots, bundle: null };
    if (trust.warnings.length === 0) return ok(trust.description, details);
    return warn(`${trust.description}. ${byKind(trust.warnings)}`, {
      details,
      remediation:
        "Mozilla's roots are in force. If this network needs a CA, name its bundle with --ca-cert.",
    });
  }
  const { listed, weak } = await examineCertificates(bundle, now);
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
  if (bundle.certificates.length > WHOLE_STORE && warnings.every(({ code }) => AGE_WARNINGS.has(code))) {
    return ok(
      `${trust.description}; some of these are old or expire soon, as in all public root stores`,
      details,
    );
  }
  return warn(`${trust.description}. ${byKind(warnings)}`, {
    details,
    remediation: "The next command shows every certificate. If one is damaged, ask for a new bundle.",
    next: commands.caInspect(),
  });
}

/** Warnings that only say that a root is old. */
const AGE_WARNINGS = new Set([
  "ca_expired",
  "ca_expires_soon",
  "weak_root_signature",
  "version_1",
  "weak_key",
]);

/** The certificates of a bundle. */
interface ExaminedCertificates {
  readonly listed: readonly DetailValue[];
  readonly weak: readonly Warning[];
}

async function examineCertificates(bundle: Bundle, now: number): Promise<ExaminedCertificates> {
  const { certificateFacts, weaknesses } = await import("../../../trust/certificate/certificate_facts.ts");
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

/** Warnings of one kind. */
type SameKind = readonly [Warning, ...Warning[]];

function kindsOf(warnings: readonly Warning[]): readonly SameKind[] {
  const kinds = new Map<string, [Warning, ...Warning[]]>();
  for (const warning of warnings) {
    const same = kinds.get(warning.code);
    if (same === undefined) kinds.set(warning.code, [warning]);
    else same.push(warning);
  }
  return [...kinds.values()];
}

/** Returns one sentence for each kind of warning: an old bundle may hold dozens of expired roots. */
function byKind(warnings: readonly Warning[]): string {
  return kindsOf(warnings).map(([first, ...more]) =>
    more.length === 0 ? first.message : `${first.message} (and ${more.length} more of this kind)`
  ).join(". ");
}
