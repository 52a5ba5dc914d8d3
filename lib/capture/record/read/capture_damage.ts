/**
 * What is missing in a capture. Every command that shows or converts a capture reports it, since the rest looks complete.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import type { Warning } from "../../../warning.ts";

/** What cannot be read of the files of a capture, with the names that it has in JSON. */
export interface FileDamage {
  /** Lines that are not records. They are left out. */
  readonly damaged_lines: number;
  /** Number of the first of them in `capture.jsonl`, from 1; null where no line is damaged. */
  readonly first_damaged_line: number | null;
  /** Whether the file ends within a line, as after a crash or while it is being written. The line is left out. */
  readonly is_torn: boolean;
  /** Files of `bodies/` that are not there. Their texts are left out. */
  readonly missing_bodies: number;
}

/** What is missing in a capture, with the names that it has in JSON. */
export interface CaptureDamage extends FileDamage {
  /** Exchanges whose request is missing. HAR files, mitmproxy files and replays do not contain them. */
  readonly missing_requests: number;
  /** Bodies, events and messages that were not recorded because the capture had reached its size limit. */
  readonly omitted_by_limit: number;
}

/** The damage of a capture in which nothing is missing. */
export const UNDAMAGED: CaptureDamage = {
  damaged_lines: 0,
  first_damaged_line: null,
  is_torn: false,
  missing_bodies: 0,
  missing_requests: 0,
  omitted_by_limit: 0,
};

/**
 * Returns a warning for each kind of damage.
 *
 * @param name the capture, as the user wrote it
 */
export function damageWarnings(
  name: string,
  { damaged_lines, first_damaged_line, is_torn, missing_bodies, missing_requests, omitted_by_limit }:
    CaptureDamage,
): readonly Warning[] {
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
      } missing in bodies/; the texts in ${missing_bodies === 1 ? "it" : "them"} are left out`,
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
  return warnings;
}
