/**
 * The context of a running command: the process, the command tree, and its exit code.
 *
 * @module
 */
import type { Application, CommandContext, RouteMap, StricliProcess } from "@stricli/core";
import type { Documented } from "./command.ts";
import type { Host } from "./host.ts";

/** The program's commands, for help and completion. */
export interface Program {
  /** Loads the definitions of all commands, or of the one with that name. */
  readonly commands: (name?: string) => Promise<RouteMap<CliContext> & Documented>;
  /** Builds the parser for a command line. Loads only the definition that its first word names. */
  readonly application: (args: readonly string[]) => Promise<Application<CliContext>>;
  /** Returns the command line that prints the help of the command that the arguments name. */
  readonly helpCommand: (args: readonly string[]) => Promise<string>;
}

/** The context of every command. */
export interface CliContext extends CommandContext {
  /** For the parser's own output only. */
  readonly process: StricliProcess;
  readonly host: Host;
  readonly program: Program;
  /**
   * The exit code: one of `EXIT`, or that of a program that the command ran. A command changes it if it fails
   * without an exception.
   */
  status: number;
}

/** A context, and the output of the parser. */
export interface ParserContext {
  readonly context: CliContext;
  /** Returns the output of the parser for stdout, which is not written yet. */
  readonly output: () => string;
  /** Returns the output of the parser for stderr, which is not written yet. */
  readonly messages: () => string;
}

/** Builds the context of one run. */
export function cliContext(host: Host, program: Program): ParserContext {
  let output = "";
  let messages = "";
  return {
    context: {
      process: {
        stdout: { write: (text) => void (output += text) },
        stderr: { write: (text) => void (messages += text) },
        env: {},
      },
      host,
      program,
      status: 0,
    },
    output: () => output,
    messages: () => messages,
  };
}
