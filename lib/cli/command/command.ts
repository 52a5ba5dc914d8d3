/**
 * How a command is defined: words (parameters and help) here and now, deeds loaded when it is called, and one
 * place where its failure becomes an exit status.
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
import type { ReportOptions } from "../output/render_error.ts";

/** The last part of a command's help: examples that run as written, and where to read on. */
export interface CommandDocs {
  /** One line, without a full stop. */
  readonly brief: string;
  /** A paragraph or a few. */
  readonly description?: string;
  /** Whole command lines. A test runs each of them against the demo provider. */
  readonly examples: readonly string[];
  /** Names of commands and help topics. */
  readonly seeAlso: readonly string[];
}

/** What a command's module exports as `run`. */
export type CommandRun<FLAGS, ARGS extends readonly unknown[]> = (
  context: CliContext,
  flags: FLAGS,
  ...args: ARGS
) => Promise<void>;

/** The definition of a command. */
export interface CommandDefinition<
  FLAGS extends Readonly<Record<string, unknown>>,
  ARGS extends readonly unknown[],
> {
  readonly flags: FlagParametersForType<FLAGS, CliContext>;
  readonly aliases?: Readonly<Record<string, keyof FLAGS & string>>;
  readonly positional: TypedPositionalParameters<ARGS, CliContext>;
  readonly docs: CommandDocs;
  /** Imports the module that does the work. */
  readonly load: () => Promise<{ readonly run: CommandRun<FLAGS, ARGS> }>;
}

/** What help, the manual and completion know of a command or of a group of commands. */
export interface Documented {
  readonly docs: CommandDocs;
}

/** Makes a command of its definition. */
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
          const { reportError } = await import("../output/render_error.ts");
          reportError(this, error, {
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
      ...(definition.aliases === undefined ? {} : { aliases: definition.aliases }),
    },
    docs: { brief: definition.docs.brief },
  });
  return Object.assign(command, { docs: definition.docs });
}

function colorOf(flag: unknown): Pick<ReportOptions, "color"> {
  return flag === "always" || flag === "never" ? { color: flag } : {};
}

/** Makes a group of commands, such as `culvert auth`. */
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
