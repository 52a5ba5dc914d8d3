/**
 * Implements `culvert diff`.
 *
 * @module
 */
import { loadCapture } from "../../capture/export/load_capture.ts";
import { damageWarnings } from "../../capture/record/read/capture_damage.ts";
import { compareSides, openSide } from "../../capture/diff/compare_captures.ts";
import { comparisonLines, legendLines } from "../../capture/diff/render_comparison.ts";
import { capturePath } from "../capture/open_capture.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { applyStyles, createStyle } from "../../text/style.ts";
import { wantsColor } from "../output/color.ts";
import type { DiffFlags } from "./command.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: DiffFlags, one: string, other: string): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  const open = (file: string) => loadCapture(capturePath(file, host), host.world);
  const before = await openSide(one, open);
  using _before = before.capture;
  const after = await openSide(other, open);
  using _after = after.capture;
  // Of two calls of one capture, the damage is reported once.
  const damages = new Map([before, after].map(({ file, capture }) => [file, capture.damage]));
  const warnings = [...damages].flatMap(([file, damage]) => damageWarnings(file, damage));
  for (const warning of warnings) reporter.warn(warning);
  const comparisons = compareSides(before, after);
  const [left, right] = [before.turns.length, after.turns.length];
  if (left !== right) {
    reporter.warn({
      code: "diff_lengths",
      message:
        `${one} has ${left} model calls and ${other} has ${right}; the additional ones are not compared`,
    });
  }
  let output: string;
  const captures = [before, after].map(({ name, capture }) => ({ name, ...capture.damage }));
  if (flags.json === true) output = `${JSON.stringify({ schema_version: 1, captures, comparisons })}\n`;
  else if (flags.html === true) {
    const { diffPage } = await import("../../capture/diff/diff_page.ts");
    output = await diffPage([one, other], comparisons, warnings.map(({ message }) => message));
  } else {
    const isPrinted = flags.output === undefined;
    const style = createStyle(isPrinted && wantsColor(flags.color, host.stdout, host.world.env));
    const columns = isPrinted ? host.stdout.columns() : undefined;
    const layout = { style, ...(columns === undefined ? {} : { columns }) };
    const sections = comparisons.map((comparison) => comparisonLines(comparison, layout));
    output = [...sections, legendLines(layout)].map((lines) => `${lines.join("\n")}\n`).join("\n");
  }
  // A terminal's stream applies the styles itself, behind its filter of control characters.
  if (flags.output === undefined) {
    return await host.stdout.write(host.stdout.isTerminal ? output : applyStyles(output));
  }
  const { writeOutput } = await import("../output/output_file.ts");
  await writeOutput(host, flags.output, output, { secret: true });
}
