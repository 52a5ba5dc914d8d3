/**
 * The table of commands, and the parser's configuration. Definitions are loaded here, implementations on first use.
 *
 * @module
 */
import {
  type Application,
  ArgumentScannerError,
  buildApplication,
  type Command,
  formatMessageForArgumentScannerError,
  type PartialApplicationConfiguration,
  type RouteMap,
  type StricliIntegration,
  text_en,
  version,
} from "@stricli/core";
import { didYouMean, similarNames } from "../../text/edit_distance.ts";
import { VERSION } from "../../version.ts";
import { type CommandDocs, defineGroup, type Documented } from "../command/command.ts";
import type { CliContext, Program } from "../command/context.ts";
import { kebab } from "../command/kebab.ts";
import { HELP_FLAG, VERSION_FLAG } from "../command/program_flags.ts";
import { helpFlag } from "./help_flag.ts";

const docs: CommandDocs = {
  brief: "Stream model answers through difficult networks",
  description: [
    "Streams answers of models from the Responses API, over SSE and WebSocket. Works",
    "behind proxies, also those that intercept TLS, and renews expired tokens. Data",
    "goes to stdout, everything else to stderr.",
  ].join("\n"),
  examples: [`culvert respond --provider demo "Why is the sky blue?"`],
  seeAlso: ["culvert COMMAND --help", "culvert help TOPIC", "culvert man"],
};

/** Loads the definition of each command. */
const COMMANDS: Readonly<Record<string, () => Promise<Command<CliContext> | RouteMap<CliContext>>>> = {
  respond: async () => (await import("../respond/command.ts")).respondCommand,
  doctor: async () => (await import("../doctor/command.ts")).doctorCommand,
  ca: async () => (await import("../ca/command.ts")).caCommands,
  demo: async () => (await import("../demo/command.ts")).demoCommand,
  auth: async () => (await import("../auth/command.ts")).authCommands,
  run: async () => (await import("../run/command.ts")).runCommand,
  capture: async () => (await import("../capture/command.ts")).captureCommand,
  realtime: async () => (await import("../realtime/command.ts")).realtimeCommand,
  transcribe: async () => (await import("../transcribe/command.ts")).transcribeCommand,
  serve: async () => (await import("../serve/command.ts")).serveCommand,
  models: async () => (await import("../models/command.ts")).modelsCommand,
  usage: async () => (await import("../usage/command.ts")).usageCommand,
  compact: async () => (await import("../compact/command.ts")).compactCommand,
  image: async () => (await import("../image/command.ts")).imageCommand,
  search: async () => (await import("../search/command.ts")).searchCommand,
  memories: async () => (await import("../memories/command.ts")).memoriesCommand,
  conversation: async () => (await import("../conversation/command.ts")).conversationCommands,
  config: async () => (await import("../config/command.ts")).configCommand,
  trace: async () => (await import("../trace/command.ts")).traceCommands,
  telemetry: async () => (await import("../telemetry/command.ts")).telemetryCommands,
  report: async () => (await import("../report/command.ts")).reportCommand,
  export: async () => (await import("../export/command.ts")).exportCommand,
  replay: async () => (await import("../replay/command.ts")).replayCommand,
  view: async () => (await import("../view/command.ts")).viewCommand,
  diff: async () => (await import("../diff/command.ts")).diffCommand,
  completion: async () => (await import("../completion/command.ts")).completionCommand,
  man: async () => (await import("../man/command.ts")).manCommand,
  help: async () => (await import("../help/command.ts")).helpCommand,
  __complete: async () => (await import("../completion/complete_command.ts")).completeCommand,
};

/** Loads the definitions of all commands, or of the one with that name. */
async function commandsFor(name?: string): Promise<RouteMap<CliContext> & Documented> {
  const names = name !== undefined && Object.hasOwn(COMMANDS, name) ? [name] : Object.keys(COMMANDS);
  const entries = names.map(async (key) => [key, await COMMANDS[key]?.()] as const);
  const routes: Record<string, Command<CliContext> | RouteMap<CliContext>> = {};
  for (const [key, command] of await Promise.all(entries)) if (command !== undefined) routes[key] = command;
  return defineGroup(routes, docs, names.filter((key) => key.startsWith("__")));
}

/**
 * Returns the message for a command line that the parser rejects. Flags are named in the form in which users
 * type them.
 *
 * @param hint is put after the name of an unknown flag
 */
function parsingMessage(exc: unknown, hint: string): string {
  if (!(exc instanceof ArgumentScannerError)) return exc instanceof Error ? exc.message : String(exc);
  return formatMessageForArgumentScannerError(exc, {
    FlagNotFoundError: ({ input, corrections }) => {
      const meant = similarNames(input, corrections.map(kebab)).map((name) => `--${name}`).join(" or ");
      return `There is no flag --${input}${meant === "" ? hint : `; did you mean ${meant}?`}`;
    },
    AliasNotFoundError: ({ input }) => `There is no flag -${input}${hint}`,
    ArgumentParseError: ({ externalFlagNameOrPlaceholder: name, exception }) => {
      const reason = exception instanceof Error ? exception.message : String(exception);
      // A positional argument is named by its placeholder, in upper case.
      return /^[A-Z]/.test(name) ? `${name}: ${reason}` : `--${kebab(name)}: ${reason}`;
    },
    EnumValidationError: ({ externalFlagName, input, values }) =>
      `--${kebab(externalFlagName)}: "${input}" is not one of ${values.join(", ")}`,
    UnsatisfiedFlagError: ({ externalFlagName }) => `--${kebab(externalFlagName)} needs a value`,
    UnexpectedFlagError: ({ externalFlagName }) => `--${kebab(externalFlagName)} may be given only once`,
    UnexpectedPositionalError: ({ input, expectedCount }) =>
      expectedCount === 0
        ? `"${input}" is not expected: the command takes no argument`
        : `"${input}" is an unexpected argument: the command takes ${expectedCount}`,
    UnsatisfiedPositionalError: ({ placeholder }) => `${placeholder} is missing`,
    InvalidNegatedFlagSyntaxError: ({ externalFlagName }) => `--${kebab(externalFlagName)} takes no value`,
  });
}

/** The command tree in the context of commands. */
export const PROGRAM: Program = { commands: commandsFor, application: applicationFor, helpCommand };

/** Builds the parser for a command line. Loads only the definition that its first word names. */
async function applicationFor(args: readonly string[]): Promise<Application<CliContext>> {
  const [group] = args;
  const known = group !== undefined && Object.hasOwn(COMMANDS, group) ? group : undefined;
  return buildApplication(await commandsFor(known), configuration(args, known), INTEGRATIONS);
}

async function helpCommand(args: readonly string[]): Promise<string> {
  const { commandWords } = await import("./command_words.ts");
  return ["culvert", ...commandWords(args, await commandsFor(args[0])), "--help"].join(" ");
}

/** Commands whose arguments are another program and its flags. */
const RUNNING_COMMANDS: ReadonlySet<string> = new Set(["capture", "run"]);

/** Returns the advice for a flag of the program that stands before `--`. */
function separatorHint(args: readonly string[], group: string | undefined): string {
  if (group === undefined || !RUNNING_COMMANDS.has(group) || args.includes("--")) return "";
  return `\n  The program and its flags come after --: culvert ${group} [FLAGS] -- PROGRAM`;
}

/** @param group the command that the first word names, which may have commands of its own */
const configuration = (args: readonly string[], group?: string): PartialApplicationConfiguration => ({
  name: "culvert",
  scanner: {
    caseStyle: "allow-kebab-for-camel",
    allowArgumentEscapeSequence: true,
    // The parser compares with names in camel case, where each hyphen costs two. The messages choose among these.
    distanceOptions: {
      threshold: 6,
      weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 },
    },
  },
  documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
  localization: {
    text: {
      ...text_en,
      noCommandRegisteredForInput: ({ input, corrections }) => {
        const names = similarNames(input, corrections.map((name) => name.replaceAll("`", "")));
        const meant = didYouMean(names);
        const path = group === undefined ? "culvert" : `culvert ${group}`;
        if (input.startsWith("-")) return `culvert: There is no flag ${input}\n  See: ${path} --help`;
        const words = group === undefined ? input : `${group} ${input}`;
        return `culvert: There is no command "${words}"${meant}\n  See: ${path} --help`;
      },
      exceptionWhileParsingArguments: (exc) => `culvert: ${parsingMessage(exc, separatorHint(args, group))}`,
    },
  },
});

const INTEGRATIONS: Readonly<Record<string, StricliIntegration<CliContext>>> = {
  [HELP_FLAG.name]: helpFlag,
  [VERSION_FLAG.name]: version({
    brief: VERSION_FLAG.brief,
    alias: "V",
    info: { currentVersion: VERSION },
    hook: "app:start",
    complete: true,
  }),
};
