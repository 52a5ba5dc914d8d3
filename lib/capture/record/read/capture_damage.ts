/**
 * What is missing in a capture. Every command that shows or converts a capture reports it, since the rest looks complete.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import type { Warning } from "../../../warning.ts";
import type { BodyDamage } from "./body_files.ts";

/** What cannot be read of the files of a capture, with the names that it has in JSON. */
export interface FileDamage extends BodyDamage {
  /** Lines that are not records. They are left out. */
  readonly damaged_lines: number;
  /** Number of the first of them in `capture.jsonl`, from 1; null where no line is damaged. */
  readonly first_damaged_line: number | null;
  /** Records that are not in the file although later ones are, by their numbers (`seq`); those of damaged lines not included. */
  readonly missing_records: number;
  /** Whether the file ends within a line, as after a crash or while it is being written. The line is left out. */
  readonly is_torn: boolean;
}

/** What is missing in a capture, with the names that it has in JSON. */
export interface CaptureDamage extends FileDamage {
  /** Exchanges whose request is missing. HAR files, mitmproxy files and replays do not contain them. */
  readonly missing_requests: number;
  /** Bodies, events and messages that were not recorded because the capture had reached its size limit. */
  readonly omitted_by_limit: number;
  /** Exchanges of which something was not recorded because the traffic was faster than the recording. */
  readonly incomplete_by_overload: number;
}

/** The damage of a capture in which nothing is missing. */
export const UNDAMAGED: CaptureDamage = {
  damaged_lines: 0,
  first_damaged_line: null,
  missing_records: 0,
  is_torn: false,
  missing_bodies: 0,
  changed_bodies: 0,
  missing_requests: 0,
  omitted_by_limit: 0,
  incomplete_by_overload: 0,
};

/**
 * Returns a warning for each kind of damage.
 *
 * @param name the capture, as the user wrote it
 */
export function damageWarnings(
  name: string,
  damage: CaptureDamage,
): readonly Warning[] {
  const { damaged_lines, first_damaged_line, is_torn, missing_requests, omitted_by_limit } = damage;
  const { missing_records, missing_bodies, changed_bodies, incomplete_by_overload } = damage;
  const warnings: Warning[] = [];
  if (first_damaged_line !== null) {
    const where = damaged_lines === 1 ? "it is" : "the first is";
    const verb = damaged_lines === 1 ? "is" : "are";
    warnings.push({
      code: "capture_damaged",
      message: `${plural(damaged_lines, "line")} of ${name} cannot be read and ${verb} left out; ` +
        `${where} line ${first_damaged_line} of capture.jsonl`,
      line: first_damaged_line,
    });
  }
  if (missing_records > 0) {
    warnings.push({
      code: "capture_records_missing",
      message: `${plural(missing_records, "record")} of ${name} ${
        missing_records === 1 ? "is" : "are"
      } missing in capture.jsonl, by the numbers of the others`,
    });
  }
  if (is_torn) {
    warnings.push({
      code: "capture_torn",
      message: `The last record of ${name} is incomplete and is left out`,
    });
  }
  if (missing_bodies > 0) {
    warnings.push({
      code: "capture_bodies_missing",
      message: `${plural(missing_bodies, "file")} of ${name} ${
        missing_bodies === 1 ? "is" : "are"
      } missing in bodies/ or cannot be read; the texts in ${
        missing_bodies === 1 ? "it" : "them"
      } are left out`,
    });
  }
  if (changed_bodies > 0) {
    warnings.push({
      code: "capture_bodies_changed",
      message:
        `The content of ${plural(changed_bodies, "file")} in bodies/ of ${name} is not the one that was ` +
        `recorded (SHA-256); the texts in ${changed_bodies === 1 ? "it" : "them"} are left out`,
    });
  }
  if (missing_requests > 0) {
    warnings.push({
      code: "capture_requests_missing",
      message: `The request of ${plural(missing_requests, "exchange")} of ${name} is missing; HAR files, ` +
        `mitmproxy files and replays do not contain ${
          missing_requests === 1 ? "this exchange" : "these exchanges"
        }`,
    });
  }
  if (omitted_by_limit > 0) {
    warnings.push({
      code: "capture_limited",
      message:
        `${omitted_by_limit} ${omitted_by_limit === 1 ? "body or event" : "bodies and events"} of ${name} ` +
        `${
          omitted_by_limit === 1 ? "was" : "were"
        } not recorded, because the capture had reached its size limit ` +
        "(--max-size)",
    });
  }
  if (incomplete_by_overload > 0) {
    warnings.push({
      code: "capture_overloaded",
      message: `${plural(incomplete_by_overload, "exchange")} of ${name} ${
        incomplete_by_overload === 1 ? "is" : "are"
      } not complete, because the traffic was faster than the recording`,
    });
  }
  return warnings;
}
