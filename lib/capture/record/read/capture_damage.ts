/**
 * What cannot be read of a capture. Whatever shows or converts a capture reports it, since the rest looks complete.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import type { Warning } from "../../../warning.ts";

/** What cannot be read of a capture, with the names that it has in JSON. */
export interface CaptureDamage {
  /** Lines that are not records. They are left out. */
  readonly damaged_lines: number;
  /** Number of the first of them in `capture.jsonl`, from 1; null where no line is damaged. */
  readonly first_damaged_line: number | null;
  /** Whether the file ends within a line, as after a crash or while it is being written. The line is left out. */
  readonly is_torn: boolean;
  /** Files of `bodies/` that are not there. Their texts are left out. */
  readonly missing_bodies: number;
}

/** The damage of a file that was read completely. */
export const UNDAMAGED: CaptureDamage = {
  damaged_lines: 0,
  first_damaged_line: null,
  is_torn: false,
  missing_bodies: 0,
};

/**
 * Returns a warning for each kind of damage.
 *
 * @param name the capture, as the user wrote it
 */
export function damageWarnings(
  name: string,
  { damaged_lines, first_damaged_line, is_torn, missing_bodies }: CaptureDamage,
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
      message: `The last record of ${name} is incomplete and left out`,
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
  return warnings;
}
