/**
 * Defines commands. The definition (flags and help) is loaded eagerly, the implementation on first use. The
 * failure of an implementation is converted to an exit code here.
 *
 * @module
 */
import {
  buildCommand,
  buildRouteMap,
  type Command,
  type FlagParametersForType,
  type RouteMap,
  type TypedPositionalParameters,
} from "@stricli/core";
import { asCulvertError } from "../../errors.ts";
import type { CliContext } from "./context.ts";
import type { ReportOptions } from "./report_error.ts";

/** The help text of a command, without its flags. */
export interface CommandDocs {
  /** A summary of one line, without a full stop. */
  readonly brief: string;
  /** Paragraphs, separated by an empty line. Default: the summary. */
  readonly description?: string;
  /** Complete command lines. A test runs each of them against the demo provider. */
  readonly examples: readonly string[];
  /** Names of related commands and help topics. */
  readonly seeAlso: readonly string[];
}

/** The function `run` that the module of an implementation exports. */
export type CommandRun<FLAGS, ARGS extends readonly unknown[]> = (
  context: CliContext,
  flags: FLAGS,
  ...args: ARGS
) => Promise<void>;

/** Definition of a command. */
export interface CommandDefinition<
  FLAGS extends Readonly<Record<string, unknown>>,
  ARGS extends readonly unknown[],
> {
  readonly flags: FlagParametersForType<FLAGS, CliContext>;
  readonly aliases?: Readonly<Record<string, keyof FLAGS & string>>;
  readonly positional: TypedPositionalParameters<ARGS, CliContext>;
  readonly docs: CommandDocs;
  /** Imports the implementation. */
  readonly load: () => Promise<{ readonly run: CommandRun<FLAGS, ARGS> }>;
}

/** A command or a group of commands with its help text. */
export interface Documented {
  readonly docs: CommandDocs;
}

/** Creates a command from its definition. */
export function defineCommand<
  FLAGS extends Readonly<Record<string, unknown>>,
  ARGS extends readonly unknown[],
>(
  definition: CommandDefinition<FLAGS, ARGS>,
): Command<CliContext> & Documented {
  const command = buildCommand<FLAGS, ARGS, CliContext>({
    loader: async () => {
      const { run } = await definition.load();
      return async function (this: CliContext, flags: FLAGS, ...args: ARGS): Promise<void> {
        try {
          await run(this, flags, ...args);
        } catch (thrown) {
          const error = asCulvertError(thrown);
          const [{ reportError }, { hintWithFlags }] = await Promise.all([
            import("./report_error.ts"),
            import("./flags/given_flags.ts"),
          ]);
          const hints = error.hint === undefined ? [] : [hintWithFlags(error.hint, flags)];
          if (error.code === "usage" && error.hint?.includes("--help") !== true) {
            hints.push(`See: ${await this.program.helpCommand(this.host.args)}`);
          }
          reportError(this, error, {
            ...(hints.length === 0 ? {} : { hint: hints.join("\n") }),
            json: flags["json"] === true,
            verbose: Number(flags["verbose"] ?? 0) > 0,
            ...colorOf(flags["color"]),
          });
        }
      };
    },
    parameters: {
      flags: definition.flags,
      positional: definition.positional,
      // The short name of --config is the same in every command that has the flag.
      aliases: { ...("config" in definition.flags ? { C: "config" } : {}), ...definition.aliases },
    },
    docs: { brief: definition.docs.brief },
  });
  return Object.assign(command, { docs: definition.docs });
}

function colorOf(flag: unknown): Pick<ReportOptions, "color"> {
  return flag === "always" || flag === "never" ? { color: flag } : {};
}

/** Creates a group of commands, such as `culvert auth`. */
export function defineGroup(
  routes: Readonly<Record<string, Command<CliContext> | RouteMap<CliContext>>>,
  docs: CommandDocs,
  hidden: readonly string[] = [],
): RouteMap<CliContext> & Documented {
  const group = buildRouteMap<string, CliContext>({
    routes,
    docs: { brief: docs.brief, hideRoute: Object.fromEntries(hidden.map((name) => [name, true])) },
  });
  return Object.assign(group, { docs });
}
