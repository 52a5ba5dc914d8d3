/**
 * The optional parts of the turns of `culvert respond`: tools, trace context, inference traces and the formatter.
 *
 * @module
 */
import { ACCESS_TOKEN_VARIABLE, API_KEY_VARIABLES } from "../../../auth/credential.ts";
import type { Traces } from "../../../observe/trace/write/start_traces.ts";
import { processTrace, type TraceContext } from "../../../responses/request/trace_context.ts";
import type { TurnOptions } from "../../../responses/turn/turn.ts";
import type { Environment } from "../../../world/world.ts";
import type { Reporter } from "../../output/reporter.ts";
import type { TextRenderer } from "../turn_output.ts";
import type { Job } from "./job.ts";

/** Variables that hold credentials of this program. */
const CREDENTIAL_VARIABLES = [...API_KEY_VARIABLES, ACCESS_TOKEN_VARIABLE];

/** Time that one run of a tool may take by default, seconds. */
const TOOL_TIMEOUT_S = 60;

/** Returns the functions of the commands that `--tool` and `--tools` name. */
export async function toolOptions({ connection, flags, prepared }: Job): Promise<TurnOptions> {
  if (prepared.commands.length === 0) return {};
  const { commandFunctions } = await import("../tools/command_tool.ts");
  const limitMs = (flags.toolTimeout ?? TOOL_TIMEOUT_S) * 1_000;
  const { envKey } = connection.settings.provider;
  const hides = [...CREDENTIAL_VARIABLES, ...(envKey === undefined ? [] : [envKey])];
  return { toolFunctions: commandFunctions(prepared.commands, { limitMs, hides }, connection.world) };
}

/** Returns the span that started the process; a value that is not valid is ignored with a warning. */
export function traceOf(env: Environment, reporter: Reporter): TraceContext | undefined {
  const trace = processTrace(env);
  if (trace === undefined && env("TRACEPARENT")?.trim()) {
    const message = "TRACEPARENT is not valid by W3C Trace Context and is ignored";
    reporter.warn({ code: "traceparent", message });
  }
  return trace;
}

/**
 * Starts the inference traces, where the settings ask for them.
 *
 * @throws CulvertError `output_unwritable` for a folder of `--trace`; one that the environment or the configuration
 * names for every run causes only a warning
 */
export async function tracesFor({ connection, flags, reporter }: Job): Promise<Traces | undefined> {
  const { secrets, settings: { trace: settings }, world } = connection;
  if (settings === undefined) return undefined;
  const { checkTraceFolder, startTraces } = await import("../../../observe/trace/write/start_traces.ts");
  if (flags.trace !== undefined) await checkTraceFolder(settings.root);
  reporter.note(`inference trace in ${settings.root}`);
  return startTraces({ settings, world, secrets, warn: reporter.warn });
}

/** Returns the formatter of Markdown: on a terminal that shows styles, and nowhere else. */
export async function rendererFor({ context: { host }, flags }: Job): Promise<TextRenderer | undefined> {
  if (flags.json === true || flags.render === "never" || !host.stdout.isTerminal) return undefined;
  const { wantsColor } = await import("../../output/color.ts");
  if (!wantsColor(flags.color, host.stdout, host.world.env)) return undefined;
  return new (await import("../../output/markdown/markdown_renderer.ts")).MarkdownRenderer();
}
