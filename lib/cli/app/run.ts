/**
 * Runs the command line of one process.
 *
 * @module
 */
import { asCulvertError, EXIT } from "../../errors.ts";
import { secretsAround } from "../../redaction/environment_secrets.ts";
import type { Secrets } from "../../redaction/secrets.ts";
import { VERSION } from "../../version.ts";
import type { Host } from "../command/host.ts";

/**
 * Parses the arguments of a process and runs the command that they name. A failure outside of a command, such
 * as a help text that cannot be written, is reported here.
 *
 * @param host the process
 * @returns the exit code
 */
export async function run(host: Host): Promise<number> {
  try {
    // As the only argument, -v also prints the version; after a command it means more output.
    if (host.args.length === 1 && /^(--version|-V|-v)$/.test(host.args[0] ?? "")) {
      await host.stdout.write(`${VERSION}\n`);
      return EXIT.done;
    }
    // The parser is loaded on demand: scripts call --version often, and it needs no parser.
    const { runCommandLine } = await import("./command_line.ts");
    const { layeredWorld } = await import("../../config/environment/layered_world.ts");
    const world = await layeredWorld(host.world);
    let secrets: Secrets | undefined;
    return await runCommandLine({ ...host, world, secrets: () => secrets ??= secretsAround(world.env) });
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (error.code === "reader_gone") return error.exitStatus;
    const [{ formatError, messageColumns }, { createStyle }, { createRedactor }] = await Promise.all([
      import("../output/render_error.ts"),
      import("../../text/style.ts"),
      import("../../redaction/redactor.ts"),
    ]);
    const redact = createRedactor(secretsAround(host.world.env), "user");
    const columns = messageColumns(host.stderr);
    host.stderr.writeSync(formatError(error, { style: createStyle(false), redact, columns }));
    return error.exitStatus;
  }
}
