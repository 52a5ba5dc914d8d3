/**
 * Defines `culvert completion`.
 *
 * @module
 */
import { defineCommand } from "../command/command.ts";
import { oneOf } from "../command/flags/parsers.ts";

/** Shells that there is a completion script for. */
const SHELLS = ["bash", "zsh", "fish", "pwsh"] as const;

/** A shell of {@link SHELLS}. */
export type Shell = typeof SHELLS[number];

/** Finds the shell of that name. */
export const parseShell = oneOf(...SHELLS);

/** `culvert completion`. */
export const completionCommand = defineCommand<Record<never, never>, [Shell]>({
  flags: {},
  positional: {
    kind: "tuple",
    parameters: [{
      parse: parseShell,
      placeholder: "SHELL",
      brief: SHELLS.join(", "),
      proposeCompletions: () => SHELLS,
    }],
  },
  docs: {
    brief: "Print a completion script for a shell",
    description: [
      "Prints a script that completes commands, flags and their values. It calls",
      "culvert for them, so that it stays valid after an update. Add this line to",
      "",
      "  ~/.bashrc                   source <(culvert completion bash)",
      "  ~/.zshrc, after compinit    source <(culvert completion zsh)",
      "  ~/.config/fish/config.fish  culvert completion fish | source",
      "  $PROFILE                    culvert completion pwsh | Out-String | iex",
    ].join("\n"),
    examples: ["culvert completion bash > culvert.bash", "culvert completion zsh > _culvert"],
    seeAlso: ["culvert man", "culvert help"],
  },
  load: () => import("./run_completion.ts"),
});
