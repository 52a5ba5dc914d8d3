/**
 * Implements `culvert trace show`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import { payloadText } from "../../observe/trace/read/payloads.ts";
import { Problems } from "../../observe/trace/read/problems.ts";
import { openTrace } from "../../observe/trace/read/open_trace.ts";
import type { Bundle } from "../../observe/trace/read/bundle.ts";
import type { ReducedTrace } from "../../observe/trace/reduce/model.ts";
import { referenceOf } from "../../observe/trace/reduce/payload_table.ts";
import { reduceTrace } from "../../observe/trace/reduce/reduce_trace.ts";
import { redactTrace, shareTrace } from "../../observe/trace/show/share_trace.ts";
import { traceText } from "../../observe/trace/show/trace_text.ts";
import { turnViews } from "../../observe/trace/show/turn_views.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { applyStyles, createStyle } from "../../text/style.ts";
import type { CliContext } from "../command/context.ts";
import { wantsColor } from "../output/color.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import type { TraceShowFlags } from "./command.ts";
import { traceFolder } from "./trace_folder.ts";

/** Runs the command. */
export async function run(context: CliContext, flags: TraceShowFlags, name: string): Promise<void> {
  const { host } = context;
  const forms = (["json", "html", "payload"] as const).filter((name) => flags[name] !== undefined);
  if (forms.length > 1) {
    throw new CulvertError("usage", `Only one of --${forms.join(" and --")} can be used`, {
      hint: "Run the command once for each.",
    });
  }
  const reporter = createReporter(host, flags);
  const bundle = await openTrace(name, await traceFolder(flags.root, host.world, reporter), host.world.cwd());
  const trace = await reduceTrace(bundle);
  if (flags.share === true) {
    reporter.progress("--share: contents and directories are omitted; their lengths are shown");
  }
  const output = flags.payload === undefined
    ? await rendered(context, flags, trace, reporter)
    : await payload(bundle, trace, flags.payload, flags, reporter);
  if (flags.output === undefined) {
    // A terminal's stream applies the styles itself, behind its filter of control characters.
    return await host.stdout.write(host.stdout.isTerminal ? output : applyStyles(output));
  }
  const { writeOutput } = await import("../output/output_file.ts");
  await writeOutput(host, flags.output, output, { secret: true });
}

async function rendered(
  { host }: CliContext,
  flags: TraceShowFlags,
  reduced: ReducedTrace,
  reporter: Reporter,
): Promise<string> {
  const isShared = flags.share === true;
  const trace = isShared ? shareTrace(reduced) : redactTrace(reduced);
  const exchanges = flags.capture === undefined
    ? new Map<string, string>()
    : await (await import("./capture_join.ts")).exchangesOfCalls(flags.capture, host, reporter);
  if (flags.json === true) {
    const joined = flags.capture === undefined ? {} : { exchanges: Object.fromEntries(exchanges) };
    return `${JSON.stringify({ ...trace, ...joined, contents_removed: isShared })}\n`;
  }
  const turns = turnViews(trace);
  const exchangeOf = (id: string) => exchanges.get(id);
  if (flags.html === true) {
    const { tracePage } = await import("./trace_page.ts");
    return await tracePage(trace, turns, { name: trace.trace_id, isShared, exchangeOf });
  }
  const isPlain = flags.output !== undefined || !wantsColor(flags.color, host.stdout, host.world.env);
  const columns = flags.output === undefined ? host.stdout.columns() : undefined;
  const lines = traceText(trace, turns, {
    name: trace.trace_id,
    style: createStyle(!isPlain),
    exchangeOf,
    ...(columns === undefined ? {} : { columns }),
  });
  return lines.map((line) => `${line}\n`).join("");
}

async function payload(
  bundle: Bundle,
  trace: ReducedTrace,
  id: string,
  { share }: TraceShowFlags,
  reporter: Reporter,
): Promise<string> {
  const payloads = new Map(Object.entries(trace.raw_payloads));
  const reference = referenceOf((each) => payloads.get(each), id);
  if (reference === undefined) {
    throw new CulvertError("usage", `There is no payload ${id} in ${bundle.name}`, {
      hint: "culvert trace show TRACE --json lists the payloads in raw_payloads.",
      details: { payload: id },
    });
  }
  const problems = new Problems();
  const found = await payloadText(bundle, reference, problems);
  if (found === undefined) {
    const reason = problems.all[0] ?? "it was omitted when the trace was recorded";
    throw new CulvertError("input_unreadable", `Cannot read the payload ${id} of ${bundle.name}: ${reason}`, {
      hint: "The trace was recorded with a limit, or a file of it is missing.",
      details: { payload: id },
    });
  }
  if (found.isTruncated) {
    reporter.warn({ code: "trace_truncated", message: `${id} was cut by a limit when it was recorded` });
  }
  if (share !== true) return `${createRedactor([], "user")(found.text)}\n`;
  const { shareText } = await import("../../capture/record/share_text.ts");
  return `${createRedactor([], "anybody")(shareText(found.text, () => "removed"))}\n`;
}
