/** The modules that `culvert respond` imports lazily, one after the other, before its request is sent. */
export const START_PATH = [
  "lib/cli/app/command_line.ts",
  "lib/config/environment/layered_world.ts",
  "lib/cli/respond/command.ts",
  "lib/cli/respond/run.ts",
] as const;
