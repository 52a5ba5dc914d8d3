/**
 * Compares the clock of this machine with that of the server.
 *
 * @module
 */
import { type Check, type Finding, ok, skipped, warn } from "../../check.ts";
import type { DoctorContext } from "../../context.ts";

/** A larger difference makes certificates and tokens look expired or not yet valid, ms. */
export const CLOCK_TOLERANCE_MS = 2 * 60_000;

/** The check. */
export const clockCheck: Check<DoctorContext> = {
  id: "clock",
  category: "clock",
  question: "Do the clocks of this machine and of the server agree?",
  network: true,
  after: ["http"],
  run: async (context) => {
    const reply = await context.receivedModelList();
    const theirs = Date.parse(reply?.headers.get("date") ?? "");
    if (reply === undefined || Number.isNaN(theirs)) return skipped("Skipped: no server reported its time");
    return compareClocks({ theirs, ours: (reply.sentAt + reply.answeredAt) / 2, by: reply.url.host });
  },
};

/** The time of a server and the local time at that moment, ms since 1970. */
export interface ClockReading {
  readonly theirs: number;
  readonly ours: number;
  /** The server. */
  readonly by: string;
}

/** Compares two clocks. The date of an HTTP reply has a resolution of one second (RFC 9110 §5.6.7). */
export function compareClocks({ theirs, ours, by }: ClockReading): Finding {
  const behind = theirs - ours;
  const details = {
    by,
    their_time: new Date(theirs).toISOString(),
    offset_seconds: Math.round(behind / 1_000),
  };
  if (Math.abs(behind) <= CLOCK_TOLERANCE_MS) {
    return ok(`The clock agrees with ${by} within ${CLOCK_TOLERANCE_MS / 60_000} minutes`, details);
  }
  return warn(
    `The clock is ${duration(Math.abs(behind))} ${behind > 0 ? "behind" : "ahead of"} the clock of ${by}`,
    {
      details,
      remediation: "Synchronize the clock (NTP). The validity of certificates and tokens depends on it.",
    },
  );
}

function duration(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  if (minutes < 120) return `${minutes} minutes`;
  const hours = Math.round(minutes / 60);
  return hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
}
