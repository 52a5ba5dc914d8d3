/**
 * A picture of one turn on a time line, for a turn that was recorded in a trace or in a capture.
 *
 * @module
 */

/** How an attempt or a tool ended. */
export type PictureOutcome = "good" | "bad" | "cut" | "open";

/** A time without an event. */
export interface PictureGap {
  readonly from_ms: number;
  readonly to_ms: number;
}

/** One row: an attempt to get a response, or the run of a tool. Times are ms from the start of the turn. */
export interface PictureRow {
  readonly kind: "attempt" | "tool";
  readonly label: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly outcome: PictureOutcome;
  /** The outcome in words. */
  readonly status: string;
  /** Whether the connection was already open; `null` if it is not known. */
  readonly is_reused: boolean | null;
  readonly first_event_ms: number | null;
  readonly first_output_ms: number | null;
  readonly gaps: readonly PictureGap[];
  /** The times at which items were complete. */
  readonly items: readonly { readonly at_ms: number; readonly label: string }[];
  /** The earlier row that this one repeats, and the reason. */
  readonly repeats: { readonly row: number; readonly why: string } | null;
}

/** A turn. */
export interface TurnPicture {
  readonly title: string;
  readonly duration_ms: number;
  readonly rows: readonly PictureRow[];
}

/** Formats a duration. @param ms in ms */
export function duration(ms: number): string {
  if (ms < 0) return "0 ms";
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1_000)} s`;
}

/** Returns the reason why a row repeats another one, in words. */
export function causeText(cause: string): string {
  return cause === "unauthorized" ? "after 401" : cause === "fallback" ? "fallback to HTTP" : cause;
}

/** The legend of the picture. */
export const LEGEND =
  "Light: waiting for the first event. Circle: an item is complete. Framed: no data arrived. Dashed: a retry of the same request.";

/** Heads of the columns of {@link pictureTable}. */
export const TABLE_HEAD = [
  "Step",
  "Start",
  "Duration",
  "Outcome",
  "Connection",
  "First event",
  "First output",
  "Longest gap",
  "Repeats",
] as const;

/** Returns the same facts as rows of a table, for users who cannot see the picture. */
export function pictureTable({ rows }: TurnPicture): readonly (readonly string[])[] {
  return rows.map((row) => {
    const since = (ms: number | null) => ms === null ? "–" : duration(ms - row.start_ms);
    const longest = row.gaps.reduce((most, gap) => Math.max(most, gap.to_ms - gap.from_ms), 0);
    return [
      row.label,
      `+${duration(row.start_ms)}`,
      duration(row.end_ms - row.start_ms),
      row.status,
      row.is_reused === null ? "–" : row.is_reused ? "reused" : "new",
      since(row.first_event_ms),
      since(row.first_output_ms),
      longest === 0 ? "–" : duration(longest),
      row.repeats === null ? "–" : `${rows[row.repeats.row]?.label ?? ""}: ${row.repeats.why}`,
    ];
  });
}
