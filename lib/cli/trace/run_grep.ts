/**
 * Implements `culvert trace grep`.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";
import type { Bundle } from "../../observe/trace/read/bundle.ts";
import { findBundles } from "../../observe/trace/read/find_bundles.ts";
import { Problems } from "../../observe/trace/read/problems.ts";
import { searchTrace, type TraceMatch } from "../../observe/trace/read/search_trace.ts";
import { openTrace } from "../../observe/trace/read/open_trace.ts";
import { createRedactor } from "../../redaction/redactor.ts";
import { plainText } from "../../text/wrap.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter, type Reporter } from "../output/reporter.ts";
import type { TraceGrepFlags } from "./command.ts";
import { traceFolder } from "./trace_folder.ts";

/** Runs the command. */
export async function run(
  { host }: CliContext,
  flags: TraceGrepFlags,
  pattern: string,
  name?: string,
): Promise<void> {
  const reporter = createReporter(host, flags);
  const find = finder(pattern, flags);
  const redact = createRedactor([], "user");
  const root = await traceFolder(flags.root, host.world, reporter);
  const bundles = name === undefined
    ? await everyBundle(root, reporter)
    : [await openTrace(name, root, host.world.cwd())];
  let count = 0;
  for (const bundle of bundles) {
    const problems = new Problems();
    try {
      for await (const match of searchTrace(bundle, find, problems)) {
        count++;
        await host.stdout.write(lineOf(bundle, { ...match, excerpt: redact(match.excerpt) }, flags));
      }
    } catch (error) {
      if (!(error instanceof CulvertError) || error.code !== "input_unreadable" || name !== undefined) {
        throw error;
      }
      reporter.warn({ code: "trace_unreadable", message: error.message });
    }
    for (const problem of problems.all) {
      reporter.warn({ code: "trace_damaged", message: `${bundle.name}: ${problem}` });
    }
  }
  if (count === 0) reporter.progress("nothing matches");
}

async function everyBundle(root: string, reporter: Reporter): Promise<readonly Bundle[]> {
  const bundles: Bundle[] = [];
  for (const found of await findBundles(root)) {
    if ("bundle" in found) bundles.push(found.bundle);
    else reporter.warn({ code: "trace_unreadable", message: found.error.message });
  }
  return bundles;
}

function lineOf({ manifest }: Bundle, match: TraceMatch, { json }: TraceGrepFlags): string {
  if (json === true) return `${JSON.stringify({ trace_id: manifest.trace_id, ...match })}\n`;
  const where = match.payload_id ?? `event ${match.seq}`;
  const place = `${manifest.trace_id.slice(0, 13)} ${where} ${match.kind} ${match.pointer}`;
  return `${plainText(`${place}: ${match.excerpt}`)}\n`;
}

/** @throws CulvertError `usage` for a pattern that is no regular expression */
function finder(
  pattern: string,
  { ignoreCase, regexp }: TraceGrepFlags,
): (text: string) => { readonly index: number; readonly length: number } | undefined {
  const source = regexp === true ? pattern : RegExp.escape(pattern);
  let expression: RegExp;
  try {
    expression = new RegExp(source, ignoreCase === true ? "iu" : "u");
  } catch (cause) {
    throw new CulvertError("usage", `PATTERN is not a valid regular expression: ${pattern}`, {
      hint: "Remove --regexp to search for the literal text.",
      cause,
    });
  }
  return (text) => {
    const found = expression.exec(text);
    return found === null ? undefined : { index: found.index, length: found[0].length };
  };
}
