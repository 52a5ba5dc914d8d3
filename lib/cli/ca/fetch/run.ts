/**
 * Implements `culvert ca fetch`.
 *
 * @module
 */
import { loadSettings } from "../../../config/load_settings.ts";
import { CulvertError, EXIT } from "../../../errors.ts";
import { certificatePem } from "../../../trust/encoding/base64.ts";
import { cleanBundle } from "../../../trust/bundle/clean_bundle.ts";
import { settingsFlags } from "../../command/shared_flags.ts";
import { openOutput, type OutputFile } from "../../output/output_file.ts";
import type { FetchFlags } from "../command.ts";
import { connectWith } from "../../command/connection.ts";
import { identityFor } from "../../../connect/connect.ts";
import { userAgent } from "../../../connect/user_agent.ts";
import type { CliContext } from "../../command/context.ts";
import type { Host } from "../../command/host.ts";
import { listenForStop } from "../../command/stop_signals.ts";
import { createReporter, type Reporter } from "../../output/reporter.ts";
import { fetchTarget } from "./fetch_target.ts";
import { lookAt, type Presentation } from "./presentation.ts";
import { presentedReport, type WrittenCa } from "./presented_report.ts";
import { renderPresented } from "./render_presented.ts";
import { topmostCa } from "./topmost_ca.ts";

/**
 * Prints the certificate chain that a host presents, and writes its topmost CA to the file of `-o`.
 *
 * @param place the argument of the command
 * @throws CulvertError `usage`, `output_unwritable`, and of the network and TLS codes
 */
export async function run(context: CliContext, flags: FetchFlags, place: string): Promise<void> {
  const { host } = context;
  const reporter = createReporter(host, flags);
  const url = fetchTarget(place);
  // Standard output then has the certificate only.
  const isPem = flags.output === "-";
  if (isPem && flags.json === true) {
    throw new CulvertError("usage", "--json and -o - both write to standard output", {
      hint: "Name a file with -o, or remove --json.",
      details: { flag: "--output" },
    });
  }
  const output = flags.output === undefined ? undefined : await openOutput(host, flags.output);
  using stop = listenForStop(host);
  const presentation = await lookFrom(host, flags, reporter, url, stop.signal);
  let written: WrittenCa | null = null;
  let unwritten: CulvertError | undefined;
  if (flags.output !== undefined && output !== undefined) {
    const outcome = await writeCa(presentation, flags.output, output);
    if (outcome instanceof CulvertError) unwritten = outcome;
    else written = outcome;
  }
  const report = presentedReport(presentation, {
    written,
    unwritten: unwritten === undefined
      ? null
      : { code: unwritten.code, message: unwritten.message, hint: unwritten.hint ?? "" },
  });
  if (flags.json === true) await host.stdout.write(`${JSON.stringify(report)}\n`);
  else if (isPem) reporter.note(renderPresented(presentation, report));
  else await host.stdout.write(renderPresented(presentation, report));
  if (written !== null) tellWritten(written, reporter);
  if (unwritten !== undefined) reporter.fail(unwritten);
  context.status = report.accepted && unwritten === undefined ? EXIT.done : EXIT.trust;
}

/** Loads route and roots as for a turn, and reads the chain. */
async function lookFrom(
  host: Host,
  flags: FetchFlags,
  reporter: Reporter,
  url: URL,
  stop: AbortSignal,
): Promise<Presentation> {
  const settings = await loadSettings(settingsFlags(flags), host.world);
  await using demo = settings.provider.id === "demo"
    ? await (await import("../../../mock/demo.ts")).startDemo(host.world)
    : undefined;
  const world = demo?.world ?? host.world;
  await using connection = await connectWith({ world, settings, reporter });
  const { trust, routes } = connection;
  const identity = await identityFor(settings);
  const attempted = { url, route: routes.resolve(url), trust };
  return await lookAt(attempted, { trust, world, userAgent: userAgent(world), identity }, stop);
}

/**
 * Writes the topmost CA of the chain.
 *
 * @returns what was written, or the error why there is nothing to write
 * @throws CulvertError `output_unwritable`
 */
async function writeCa(
  { chain, attempted }: Presentation,
  path: string,
  output: OutputFile,
): Promise<WrittenCa | CulvertError> {
  const top = topmostCa(chain.certificates);
  if (top.kind === "none") {
    return new CulvertError("ca_invalid", `Nothing to write to ${path}: ${top.reason}`, {
      hint:
        `Ask the administrator of ${attempted.url.host}, or of the proxy that intercepts it, for the root.`,
      details: { path },
    });
  }
  const { certificate, index, kind } = top;
  await output.write(cleanBundle([certificatePem(certificate.der)]).text);
  const { subject, issuer, sha256 } = certificate;
  return { path, index, subject, issuer, sha256, is_root: kind === "root" };
}

function tellWritten(written: WrittenCa, reporter: Reporter): void {
  const { path, subject, issuer, sha256 } = written;
  const place = path === "-" ? "standard output" : path;
  reporter.progress(`Certificate ${written.index}, "${subject}", written to ${place}`);
  if (!written.is_root) {
    reporter.warn({
      code: "ca_not_a_root",
      message:
        `It is an intermediate: its issuer "${issuer}" was not presented. culvert can trust it without the root; ` +
        "OpenSSL and other programs require the root",
    });
  }
  reporter.warn({
    code: "ca_trust_means",
    message:
      `The owner of the key of "${subject}" can read and change everything sent through a connection that ` +
      `trusts ${
        path === "-" ? "it" : path
      }. Before you use it, check with the network's administrators, and not over this ` +
      `connection, that its SHA-256 is ${sha256}`,
  });
}
