/**
 * Finds the command that a command line names.
 *
 * @module
 */
import { type Target, targetAt } from "../reference/manual.ts";

/**
 * Returns the first words of the arguments that lead to a command or group, such as `["ca", "inspect"]`; none where the
 * first word is not a command.
 *
 * @param args the arguments of the process
 * @param root all commands, or the group that has the one that is named
 */
export function commandWords(args: readonly string[], root: Target): readonly string[] {
  let count = 0;
  while (count < args.length && targetAt(root, args.slice(0, count + 1)) !== undefined) count++;
  return args.slice(0, count);
}
