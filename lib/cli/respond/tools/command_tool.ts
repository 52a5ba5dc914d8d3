/**
 * Tools that are commands of this machine: `--tool NAME=COMMAND`.
 *
 * @module
 */
import { CulvertError } from "../../../errors.ts";
import type { ToolFunction } from "../../../responses/turn/tools/tool_call.ts";
import { describeFailure, runProgram } from "../../../world/child_program.ts";
import type { World } from "../../../world/world.ts";
import { splitWords } from "../../command/flags/split_words.ts";

/** A tool and the command that runs it. */
export interface CommandTool {
  /** Name of the tool. */
  readonly name: string;
  /** The program and its arguments. */
  readonly command: readonly [program: string, ...args: string[]];
}

/** Names that the API accepts (API reference of function tools). */
const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** Most text of a failed command that the model is told, characters. */
const FAILURE_TEXT_LIMIT = 4_000;

/**
 * Parses `NAME=COMMAND`.
 *
 * @throws Error when it has another form
 */
export function parseCommandTool(input: string): CommandTool {
  const cut = input.indexOf("=");
  const name = input.slice(0, Math.max(cut, 0));
  if (!NAME.test(name)) {
    throw new Error(`"${input}" does not begin with the name of a tool (letters, digits, _ and -) and =`);
  }
  const [program, ...args] = splitWords(input.slice(cut + 1));
  if (program === undefined) throw new Error(`"${input}" contains no command after =`);
  return { name, command: [program, ...args] };
}

/** Tools as the API takes them, and the commands that run some of them. */
export interface ToolsWithCommands {
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  readonly commands: readonly CommandTool[];
}

/**
 * Parses the values of `--tool` and adds a definition for each tool that has none.
 *
 * @param declared definitions of `--tools`
 * @param values as typed
 * @throws CulvertError `usage` for a value of another form, and when two have one name
 */
export function withCommands(
  declared: ToolsWithCommands["tools"] = [],
  values: readonly string[],
): ToolsWithCommands {
  const commands = values.map((value) => {
    try {
      return parseCommandTool(value);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CulvertError("usage", `Cannot use --tool: ${reason}`, {
        hint: 'Give a name and a command, such as --tool now="date +%T".',
        cause: error,
      });
    }
  });
  const names = commands.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new CulvertError("usage", `The tool "${twice}" has two commands`, {
      hint: "Use --tool once for each name.",
    });
  }
  const defined = new Set(declared.map(({ name }) => name));
  const added = names.filter((name) => !defined.has(name)).map(looseDefinition);
  return { tools: [...declared, ...added], commands };
}

/** What a run of a command is allowed. */
export interface CommandLimits {
  /** Time that one run may take, ms. */
  readonly limitMs: number;
  /** Variables that hold the program's own credentials, which the command sees as empty: its output goes to a server. */
  readonly hides: readonly string[];
}

/** Returns the functions of tools that are commands. */
export function commandFunctions(
  commands: readonly CommandTool[],
  limits: CommandLimits,
  world: Pick<World, "sleep">,
): Readonly<Record<string, ToolFunction>> {
  return Object.fromEntries(commands.map((tool) => [tool.name, commandFunction(tool, limits, world)]));
}

/**
 * Returns the function that runs the command for a call: the arguments on its standard input, its standard output as
 * the output. A command that fails, takes too long or writes too much is an error that the model is told.
 */
function commandFunction(
  { command: [program, ...args] }: CommandTool,
  { hides, limitMs }: CommandLimits,
  world: Pick<World, "sleep">,
): ToolFunction {
  return async ({ input }, signal) => {
    const run = { command: program, args, stdin: input, limitMs, signal, hides, killsGroup: true };
    const end = await runProgram(run, world);
    if (end.kind !== "ended") throw new Error(`the command "${program}" ${describeFailure(end, limitMs)}`);
    const stdout = new TextDecoder().decode(end.stdout);
    if (end.code === 0) return stdout;
    const stderr = new TextDecoder().decode(end.stderr).trim();
    const text = (stderr === "" ? stdout.trim() : stderr).slice(0, FAILURE_TEXT_LIMIT);
    throw new Error(`the command ended with exit status ${end.code}${text === "" ? "" : `: ${text}`}`);
  };
}

/** Returns the definition of a tool that `--tools` does not define: a function that takes any object. */
function looseDefinition(name: string): Readonly<Record<string, unknown>> {
  return {
    type: "function",
    name,
    parameters: { type: "object", properties: {}, additionalProperties: true },
    strict: false,
  };
}
