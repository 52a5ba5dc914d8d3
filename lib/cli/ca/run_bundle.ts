/**
 * Implements `culvert ca bundle`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { rootsReader } from "../../trust/roots/system_roots.ts";
import { cleanBundle } from "../../trust/bundle/clean_bundle.ts";
import type { BundleFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { chooseBundle, noBundle, openBundle } from "./open_bundle.ts";

/**
 * Writes the certificates of the bundles as plain PEM, to standard output or to the file of `-o`.
 *
 * @param files bundle files; without one, the bundle in force
 * @throws CulvertError `ca_unreadable`, `ca_invalid`, `output_unwritable`
 */
export async function run(context: CliContext, flags: BundleFlags, ...files: string[]): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  const pems: string[] = [];
  for (const file of files.length === 0 ? [undefined] : files) {
    const selection = chooseBundle(host, flags.caCert, file);
    if (selection === undefined) {
      if (flags.withSystem === true) continue;
      throw noBundle();
    }
    const bundle = await openBundle(host, selection);
    bundle.warnings.forEach(reporter.warn);
    pems.push(...bundle.certificates.map((certificate) => certificate.pem));
  }
  if (flags.withSystem === true) {
    const system = await rootsReader({ world: host.world }).system();
    system.warnings.forEach(reporter.warn);
    pems.push(...system.pems);
  }
  const { text, count } = cleanBundle(pems);
  if (flags.output === undefined || flags.output === "-") {
    await host.stdout.write(text);
    return;
  }
  const { writeOutput } = await import("../output/output_file.ts");
  await writeOutput(host, flags.output, text);
  reporter.progress(`${plural(count, "certificate")} written to ${flags.output}`);
}
