/**
 * The parser, and what its exit codes mean here.
 *
 * @module
 */
import { ExitCode, run as runApplication } from "@stricli/core";
import { CulvertError, EXIT } from "../../errors.ts";
import { applicationFor } from "./app.ts";
import { cliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";

/**
 * Parses the words and runs the command that they name.
 *
 * @param host the process
 * @returns the exit status
 */
export async function runCommandLine(host: Host): Promise<number> {
  const odd = host.args.some((word) => /^-.*=/s.test(word)) ? await import("./flag_values.ts") : undefined;
  const application = await applicationFor(host.args);
  const needless = odd?.needlessValue(host.args, application.root);
  if (needless !== undefined) return await refuseValue(host, needless);
  const context = cliContext(host);
  await runApplication(application, odd?.splitOddValues(host.args) ?? host.args, context);
  const status = parserStatus(context.process.exitCode);
  if (status === EXIT.usage && promisesResult(host.args)) await writeUsageResult(host, context.said());
  return status ?? context.status;
}

async function refuseValue(host: Host, flag: string): Promise<number> {
  const said = `culvert: ${flag} takes no value; give it without =`;
  host.stderr.writeSync(`${said}\n`);
  if (promisesResult(host.args)) await writeUsageResult(host, said);
  return EXIT.usage;
}

/** Whether the reader of stdout was promised a result as the last line, whatever happens. */
function promisesResult(args: readonly string[]): boolean {
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return words[0] === "respond" && words.includes("--json");
}

async function writeUsageResult(host: Host, said: string): Promise<void> {
  const { resultWithoutTurn } = await import("../../responses/turn/result.ts");
  const error = new CulvertError("usage", said.trim().replace(/^culvert: /, ""), {
    hint: "See: culvert respond --help",
  });
  host.stdout.writeSync(`${JSON.stringify(resultWithoutTurn(error, null))}\n`);
}

/** The parser's own exit codes are negative: words it did not understand, and faults of ours. */
function parserStatus(code: number | string | null | undefined): number | undefined {
  if (typeof code !== "number" || code === ExitCode.Success) return undefined;
  const misunderstood = code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand;
  return misunderstood ? EXIT.usage : code < 0 ? EXIT.internal : code;
}
