/**
 * The parser, and what its exit codes mean here.
 *
 * @module
 */
import { ExitCode, run as runApplication } from "@stricli/core";
import { CulvertError, EXIT } from "../errors.ts";
import { applicationFor } from "./app.ts";
import { cliContext } from "./context.ts";
import type { Host } from "./host.ts";
import { LATE } from "./late_modules.ts";

/**
 * Parses the words and runs the command that they name.
 *
 * @param host the process
 * @returns the exit status
 */
export async function runCommandLine(host: Host): Promise<number> {
  const context = cliContext(host);
  const application = await applicationFor(host.args);
  await runApplication(application, splitOddValues(host.args), context);
  const status = parserStatus(context.process.exitCode);
  if (status === EXIT.usage && promisesResult(host.args)) await writeUsageResult(host, context.said());
  return status ?? context.status;
}

/**
 * Takes apart `--flag=value` where the parser would take the whole for an argument, and a prompt would be sent that
 * nobody wrote: where the value is empty, as an unset variable of the shell leaves it, and where it has a newline.
 * (Seen in `@stricli/core` 1.3.0, whose pattern for such words is `=(.+)$`.)
 */
function splitOddValues(args: readonly string[]): readonly string[] {
  const end = args.includes("--") ? args.indexOf("--") : args.length;
  return args.flatMap((word, at) => {
    const [, flag, value] = at < end
      ? /^(-[a-z]|--[a-z][a-z\d._-]+)=(|.*[\n\r\u2028\u2029].*)$/is.exec(word) ?? []
      : [];
    return flag === undefined || value === undefined ? [word] : [flag, value];
  });
}

/** Whether the reader of stdout was promised a result as the last line, whatever happens. */
function promisesResult(args: readonly string[]): boolean {
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return words[0] === "respond" && words.includes("--json");
}

async function writeUsageResult(host: Host, said: string): Promise<void> {
  const { resultWithoutTurn } = await LATE.result();
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
