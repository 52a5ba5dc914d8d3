/**
 * The tables of {@link Coverage} as text.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { wrapText } from "../../text/wrap.ts";
import type { CaptureMode } from "./choose_mode.ts";
import type { Coverage } from "./coverage.ts";

/**
 * Renders what a capture saw.
 *
 * @param isCodex whether the program is the codex client: the channels that were not seen are named for it alone
 * @returns lines without a line break
 */
export function coverageLines(coverage: Coverage, mode: CaptureMode, isCodex: boolean): readonly string[] {
  const channels = coverage.channels(mode);
  const seen = channels.filter(({ state }) => state === "seen");
  const titles = (state: "configured" | "not coverable") =>
    channels.filter((row) => row.state === state).map(({ title }) => title).join(", ");
  const hosts = coverage.hosts();
  const lines = coverage.refusals().flatMap(({ reason, count }) =>
    folded(`${plural(count, "request")} refused and not recorded: ${reason}`)
  );
  if (mode !== "keylog") {
    lines.push(...table(
      ["channel", "exchanges", "sent", "received"],
      seen.map((row) => [
        row.title,
        String(row.exchanges),
        byteText(row.sentBytes),
        byteText(row.receivedBytes),
      ]),
    ));
    const configured = isCodex ? titles("configured") : "";
    if (configured !== "") lines.push(...folded(`configured, but not seen: ${configured}`));
    const uncovered = isCodex ? titles("not coverable") : "";
    if (uncovered !== "") lines.push(...folded(`cannot be recorded in ${mode} mode: ${uncovered}`));
  }
  if (hosts.length === 0) {
    return coverage.refusals().length > 0 ? lines : [...lines, ...nothingSeen(mode)];
  }
  lines.push(...table(
    [
      "host",
      mode === "reverse" ? "requests" : "opened",
      mode === "keylog" ? "recorded" : "tunnelled",
      "refused",
      "unreachable",
      "sent",
      "received",
    ],
    hosts.map((row) => [
      row.host,
      String(mode === "reverse" ? row.exchanges : row.opened),
      String(row.tunnelled),
      String(row.refused),
      String(row.unreachable),
      byteText(row.sentBytes),
      byteText(row.receivedBytes),
    ]),
  ));
  return lines;
}

/** Columns of a line: those of a terminal without the name of the program that the reporter puts before it. */
const COLUMNS = 80 - "culvert: ".length;

/** Returns a sentence in lines that fit a terminal of 80 columns. */
export function folded(text: string): readonly string[] {
  return wrapText(text, "", "  ", COLUMNS);
}

/** Says why nothing was recorded, and what to do. */
function nothingSeen(mode: CaptureMode): readonly string[] {
  const reasons = {
    forward:
      "no connection was seen; does the program use the proxy variables? It may also have sent nothing, or " +
      "used only addresses of this machine, which need no proxy, as respond --provider demo does. A program that reads a base " +
      "URL can be captured with --mode reverse; respond --capture DIR records its own requests",
    reverse:
      "no request was seen; does the program read OPENAI_BASE_URL? One with a fixed base URL, such as " +
      "https://api.openai.com, is captured with --mode forward; under Node, this needs Node 22.21 or 24.5. The " +
      "program may also have sent nothing: respond --provider demo starts its own server. respond --capture DIR " +
      "records its own requests",
    keylog: "no connection was seen; does the program use the proxy variables?",
  };
  return folded(reasons[mode]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  if (rows.length === 0) return [];
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)
    )
      .join("  ").trimEnd()
  );
}

/** Writes a number of bytes with a unit of powers of 1,000. */
export function byteText(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = bytes / 1_000;
  let at = 0;
  while (value >= 999.95 && at < units.length - 1) {
    value /= 1_000;
    at++;
  }
  return `${value.toFixed(1)} ${units[at]}`;
}
