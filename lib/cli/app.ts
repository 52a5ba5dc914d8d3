/**
 * The table of commands. Each entry is words only; what a command does is loaded when it is called.
 *
 * @module
 */
import {
  type Application,
  ArgumentScannerError,
  buildApplication,
  formatMessageForArgumentScannerError,
  text_en,
  version,
} from "@stricli/core";
import { VERSION } from "../version.ts";
import { type CommandDocs, defineGroup } from "./command.ts";
import { authCommands } from "./commands/auth.ts";
import { completeCommand } from "./commands/complete.ts";
import { completionCommand } from "./commands/completion.ts";
import { demoCommand } from "./commands/demo.ts";
import { helpCommand } from "./commands/help.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { manCommand } from "./commands/man.ts";
import { caRoutes } from "./commands/ca.ts";
import { reportCommand } from "./commands/report.ts";
import { respondCommand } from "./commands/respond.ts";
import type { CliContext } from "./context.ts";
import { HELP_FLAG, helpFlag, VERSION_FLAG } from "./help_flag.ts";
import { kebab } from "./reference/manual.ts";

const docs: CommandDocs = {
  brief: "Stream model answers through networks that stand in the way",
  description: [
    "Streams from the Responses API over SSE and WebSocket, through TLS interception,",
    "proxies and expired tokens. Data goes to stdout, everything else to stderr.",
  ].join("\n"),
  examples: [`culvert respond --provider demo "Why is the sky blue?"`],
  seeAlso: ["culvert COMMAND --help", "culvert help TOPIC", "culvert man"],
};

/** Every command of the program. */
export const routes = defineGroup(
  {
    respond: respondCommand,
    doctor: doctorCommand,
    ca: caRoutes,
    demo: demoCommand,
    auth: authCommands,
    report: reportCommand,
    completion: completionCommand,
    man: manCommand,
    help: helpCommand,
    __complete: completeCommand,
  },
  docs,
  ["__complete"],
);

/** What the parser did not understand. It suggests flags by their names in the code; here as they are typed. */
function parsingMessage(exc: unknown): string {
  if (!(exc instanceof ArgumentScannerError)) return exc instanceof Error ? exc.message : String(exc);
  return formatMessageForArgumentScannerError(exc, {
    FlagNotFoundError: ({ input, corrections }) => {
      const meant = corrections.map((name) => `--${kebab(name)}`).join(" or ");
      return `There is no flag --${input}${meant === "" ? "" : `; did you mean ${meant}?`}`;
    },
    AliasNotFoundError: ({ input }) => `There is no flag -${input}`,
  });
}

/** The program, ready to be given words. */
export const application: Application<CliContext> = buildApplication(routes, {
  name: "culvert",
  scanner: {
    caseStyle: "allow-kebab-for-camel",
    allowArgumentEscapeSequence: true,
    // Suggest what two slips of the finger away was meant, and nothing further.
    distanceOptions: {
      threshold: 2,
      weights: { insertion: 1, deletion: 1, substitution: 1, transposition: 1 },
    },
  },
  documentation: { caseStyle: "convert-camel-to-kebab", disableAnsiColor: true },
  localization: {
    text: {
      ...text_en,
      noCommandRegisteredForInput: ({ input, corrections }) => {
        const meant = corrections.length === 0 ? "" : `; did you mean ${corrections.join(" or ")}?`;
        return `culvert: There is no command \`${input}\`${meant}
  See: culvert --help`;
      },
      exceptionWhileParsingArguments: (exc) => `culvert: ${parsingMessage(exc)}`,
    },
  },
}, {
  [HELP_FLAG.name]: helpFlag,
  [VERSION_FLAG.name]: version({
    brief: VERSION_FLAG.brief,
    alias: "v",
    info: { currentVersion: VERSION },
    hook: "app:start",
    complete: true,
  }),
});
