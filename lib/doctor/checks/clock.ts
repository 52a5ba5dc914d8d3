/**
 * Does the clock of this machine agree with the world's?
 *
 * @module
 */
import { type Check, type Finding, ok, skipped, warn } from "../check.ts";
import type { DoctorContext } from "../context.ts";

/** A difference beyond this makes certificates and tokens seem stale or unborn, ms. */
export const CLOCK_TOLERANCE_MS = 2 * 60_000;

/** The check. */
export const clockCheck: Check<DoctorContext> = {
  id: "clock",
  category: "clock",
  question: "Does the clock of this machine agree with the world's?",
  network: true,
  after: ["http"],
  run: async (context) => {
    const time = await context.foreignTime();
    if (time === undefined) return skipped("Nobody who was reached said what time it is");
    return compareClocks(time);
  },
};

/** A time told by somebody else, and ours at that moment; ms since 1970. */
export interface ForeignTime {
  readonly theirs: number;
  readonly ours: number;
  /** Who said so. */
  readonly by: string;
}

/** Compares two clocks. An HTTP date has whole seconds, and is compared as such. */
export function compareClocks({ theirs, ours, by }: ForeignTime): Finding {
  const behind = theirs - ours;
  const details = {
    by,
    their_time: new Date(theirs).toISOString(),
    offset_seconds: Math.round(behind / 1_000),
  };
  if (Math.abs(behind) <= CLOCK_TOLERANCE_MS) {
    return ok(`It agrees with ${by} within ${CLOCK_TOLERANCE_MS / 60_000} minutes`, details);
  }
  return warn(
    `It is ${duration(Math.abs(behind))} ${behind > 0 ? "behind" : "ahead of"} the clock of ${by}`,
    {
      details,
      remediation: "Synchronise the clock (NTP): certificates and tokens are judged by it.",
    },
  );
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
