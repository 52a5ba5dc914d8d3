/**
 * Builds the manual of a command from its definition. Help and manual pages are rendered from it, so that
 * they always match the parser.
 *
 * @module
 */
import type { Command, RouteMap } from "@stricli/core";
import type { CommandDocs } from "../command/command.ts";
import type { CliContext } from "../command/context.ts";
import { kebab } from "../command/kebab.ts";
import type { AddedFlag } from "../command/program_flags.ts";

/** A command, or a group of commands. */
export type Target = Command<CliContext> | RouteMap<CliContext>;

/** A name and its explanation. */
export interface Entry {
  readonly name: string;
  readonly brief: string;
}

/** The documentation of a flag. */
export interface FlagManual {
  /** The names with dashes, the short name first. */
  readonly names: readonly string[];
  /** The placeholder, such as `FILE` or `auto|sse|ws`; absent if the flag takes no value. */
  readonly value?: string;
  readonly repeatable: boolean;
  readonly brief: string;
}

/** The documentation of a command or of a group. */
export interface Manual {
  /** `["culvert", "auth", "status"]`. */
  readonly path: readonly string[];
  readonly brief: string;
  readonly description: string;
  readonly positionals: readonly Entry[];
  readonly flags: readonly FlagManual[];
  /** The commands of a group. */
  readonly commands: readonly Entry[];
  readonly examples: readonly string[];
  readonly seeAlso: readonly string[];
}

/** Builds the manual of the command or group at `path`. */
export function manualOf(target: Target, path: readonly string[], added: readonly AddedFlag[]): Manual {
  const docs = docsOf(target);
  return {
    path,
    brief: docs.brief,
    description: docs.description ?? `${docs.brief}.`,
    positionals: isCommand(target) ? positionalsOf(target) : [],
    flags: [
      ...(isCommand(target) ? flagsOf(target) : []),
      ...added.map(({ name, brief, aliases = [] }) => ({
        names: [...aliases.map((alias) => `-${alias}`), `--${kebab(name)}`],
        repeatable: false,
        brief,
      })),
    ],
    commands: isCommand(target) ? [] : visible(target).map(({ name, brief }) => ({ name, brief })),
    examples: docs.examples,
    seeAlso: docs.seeAlso,
  };
}

/**
 * Builds the manuals of a group and of everything below it, the group first.
 *
 * @param global flags that every command has
 * @param atRoot flags that the group itself has in addition
 */
export function allManuals(
  target: Target,
  path: readonly string[],
  global: readonly AddedFlag[],
  atRoot: readonly AddedFlag[] = [],
): Manual[] {
  const own = manualOf(target, path, [...global, ...atRoot]);
  if (isCommand(target)) return [own];
  return [
    own,
    ...visible(target).flatMap((entry) => allManuals(entry.target, [...path, entry.name], global)),
  ];
}

/** Returns the command or group that the words name; `undefined` if there is none. */
export function targetAt(root: Target, words: readonly string[]): Target | undefined {
  let target: Target | undefined = root;
  for (const word of words) {
    if (target === undefined || isCommand(target)) return undefined;
    target = visible(target).find(({ name }) => name === word)?.target;
  }
  return target;
}

function isCommand(target: Target): target is Command<CliContext> {
  return "loader" in target;
}

function visible(group: RouteMap<CliContext>) {
  return group.getAllEntries().filter(({ hidden }) => !hidden).map(({ name, target }) => ({
    name: name["convert-camel-to-kebab"],
    brief: target.brief,
    target,
  }));
}

function docsOf(target: Target & { readonly docs?: CommandDocs }): CommandDocs {
  return target.docs ?? { brief: target.brief, examples: [], seeAlso: [] };
}

function positionalsOf({ parameters: { positional } }: Command<CliContext>): Entry[] {
  if (positional === undefined) return [];
  if (positional.kind === "array") {
    const { placeholder = "ARGS", brief } = positional.parameter;
    return [{ name: (positional.minimum ?? 0) > 0 ? `${placeholder}...` : `[${placeholder}...]`, brief }];
  }
  return positional.parameters.map(({ placeholder = "ARG", optional, default: preset, brief }) => ({
    name: optional === true || preset !== undefined ? `[${placeholder}]` : placeholder,
    brief,
  }));
}

function flagsOf({ parameters: { flags = {}, aliases = {} } }: Command<CliContext>): FlagManual[] {
  return Object.entries(flags).filter(([, flag]) => flag.hidden !== true).map(([name, flag]) => {
    const short = Object.entries(aliases).filter(([, long]) => long === name).map(([letter]) => `-${letter}`);
    const value = flag.kind === "enum"
      ? flag.placeholder ?? flag.values.join("|")
      : flag.kind === "parsed"
      ? flag.placeholder ?? "VALUE"
      : undefined;
    return {
      names: [...short, `--${kebab(name)}`],
      ...(value === undefined ? {} : { value }),
      repeatable: flag.kind === "counter" || ("variadic" in flag && flag.variadic === true),
      brief: flag.brief,
    };
  });
}
