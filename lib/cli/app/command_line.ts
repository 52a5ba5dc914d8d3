/**
 * Runs the parser and turns its exit codes into those of the program.
 *
 * @module
 */
import { ExitCode, run as runApplication } from "@stricli/core";
import { CulvertError, EXIT } from "../../errors.ts";
import { cliContext } from "../command/context.ts";
import type { Host } from "../command/host.ts";
import { PROGRAM } from "./app.ts";

/**
 * Parses the arguments and runs the command that they name.
 *
 * @param host the process
 * @returns the exit code
 */
export async function runCommandLine(host: Host): Promise<number> {
  // A value in the same word as its flag must be checked; most command lines have none.
  const odd = host.args.some((word) => /^-.*=|^-[A-Za-z]./s.test(word))
    ? await import("./flag_values.ts")
    : undefined;
  const application = await PROGRAM.application(host.args);
  const needless = odd?.needlessValue(host.args, application.root);
  if (needless !== undefined) return await refuse(host, `${needless} takes no value; write it without =`);
  const long = odd?.singleDash(host.args, application.root);
  if (long !== undefined) {
    return await refuse(host, `There is no flag ${long.slice(1)}; did you mean ${long}?`);
  }
  const { context, output, messages } = cliContext(host, PROGRAM);
  const args = odd?.splitShortValues(odd.splitOddValues(host.args), application.root) ?? host.args;
  await runApplication(application, args, context);
  await host.stdout.write(output());
  const message = messages() === "" ? "" : await masked(messages(), host);
  host.stderr.writeSync(message);
  const status = parserStatus(context.process.exitCode);
  if (context.process.exitCode === ExitCode.InvalidArgument) await pointToHelp(host);
  if (status === EXIT.usage && promisesResult(host.args)) await writeUsageResult(host, message);
  return status ?? context.status;
}

/**
 * Masks secrets in the messages of the parser, which repeat the words that it does not expect: a key is easily typed as
 * an argument (`auth login --api-key sk-…`).
 */
async function masked(messages: string, host: Host): Promise<string> {
  const { createRedactor } = await import("../../redaction/redactor.ts");
  return createRedactor(host.secrets(), "user")(messages);
}

async function pointToHelp(host: Host): Promise<void> {
  host.stderr.writeSync(`  See: ${await PROGRAM.helpCommand(host.args)}\n`);
}

/** Reports a command line that the parser would misinterpret. */
async function refuse(host: Host, message: string): Promise<number> {
  host.stderr.writeSync(`culvert: ${message}\n`);
  await pointToHelp(host);
  if (promisesResult(host.args)) await writeUsageResult(host, message);
  return EXIT.usage;
}

/** Returns whether the last line of stdout must be a result, even after a failure. */
function promisesResult(args: readonly string[]): boolean {
  const words = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return words[0] === "respond" && words.includes("--json");
}

async function writeUsageResult(host: Host, message: string): Promise<void> {
  const [{ resultWithoutTurn }, { writeLastLine }] = await Promise.all([
    import("../../responses/turn/result.ts"),
    import("../command/report_error.ts"),
  ]);
  const error = new CulvertError("usage", message.trim().replace(/^culvert: /, ""), {
    hint: "See: culvert respond --help",
  });
  writeLastLine(host, `${JSON.stringify(resultWithoutTurn(error, null))}\n`);
}

/**
 * Converts the exit code of the parser, whose own codes are negative: invalid arguments, and internal errors.
 */
function parserStatus(code: number | string | null | undefined): number | undefined {
  if (typeof code !== "number" || code === ExitCode.Success) return undefined;
  const misunderstood = code === ExitCode.InvalidArgument || code === ExitCode.UnknownCommand;
  return misunderstood ? EXIT.usage : code < 0 ? EXIT.internal : code;
}
