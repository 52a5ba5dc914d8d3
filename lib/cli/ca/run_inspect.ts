/**
 * Implements `culvert ca inspect`.
 *
 * @module
 */
import { plural } from "../../text/plural.ts";
import { asCulvertError, type CulvertError } from "../../errors.ts";
import { placeOf } from "../../trust/bundle/bundle_error.ts";
import { inspectBundle, type InspectedCertificate, type Inspection } from "../../trust/bundle/inspection.ts";
import type { Selection } from "../../trust/bundle/selection.ts";
import { wrapText } from "../../text/wrap.ts";
import type { InspectFlags } from "./command.ts";
import type { CliContext } from "../command/context.ts";
import { createReporter } from "../output/reporter.ts";
import { certificateRows, factLines } from "./fact_lines.ts";
import { chooseBundle, noBundle, openBundle } from "./open_bundle.ts";

/**
 * Prints the certificates, the skipped sections and the warnings of a bundle. With `--json`, one object is
 * printed even if the bundle cannot be read.
 *
 * @param file the bundle; without it, the bundle in force
 * @throws CulvertError `ca_unreadable`, `ca_invalid`
 */
export async function run(context: CliContext, flags: InspectFlags, file?: string): Promise<void> {
  const { host } = context;
  const selection = chooseBundle(host, flags.caCert, file);
  if (selection === undefined) throw noBundle();
  let inspection: Inspection;
  try {
    inspection = inspectBundle(await openBundle(host, selection));
  } catch (thrown) {
    const error = asCulvertError(thrown);
    if (flags.json !== true || !error.code.startsWith("ca_")) throw error;
    // An object of the same form, so that readers need only one schema.
    await host.stdout.write(`${JSON.stringify(failedInspection(selection, error))}\n`);
    createReporter(host, flags).fail(error);
    context.status = error.exitStatus;
    return;
  }
  await host.stdout.write(flags.json === true ? `${JSON.stringify(inspection)}\n` : render(inspection));
}

function failedInspection(selection: Selection, error: CulvertError) {
  const { code, message, hint, details } = error;
  return {
    schema_version: 1,
    source: selection.source,
    certificates: [],
    skipped: details["skipped"] ?? [],
    warnings: [],
    error: { code, message, hint: hint ?? null },
  };
}

function render(inspection: Inspection): string {
  const { source, certificates, skipped, warnings } = inspection;
  const counts = [
    plural(certificates.length, "certificate"),
    ...(skipped.length === 0 ? [] : [`${plural(skipped.length, "section")} skipped`]),
    ...(warnings.length === 0 ? [] : [plural(warnings.length, "warning")]),
  ];
  const chosenBy = source.kind === "file" ? "" : `, chosen by ${source.name}`;
  const lines = [...wrapText(`CA bundle ${placeOf(source)}${chosenBy}`, "", "  "), counts.join(", "), ""];
  for (const certificate of certificates) lines.push(...renderCertificate(certificate), "");
  if (skipped.length > 0) {
    const entries = skipped.flatMap((section) => {
      const index = section.index === undefined ? "" : `, certificate ${section.index}`;
      const file = section.file === undefined ? "" : ` of ${section.file}`;
      return wrapText(
        `line ${section.line}${file}${index}: ${section.kind}: ${section.reason}`,
        "  ",
        "    ",
      );
    });
    lines.push("Skipped", ...entries, "");
  }
  if (warnings.length > 0) {
    const entries = warnings.flatMap(({ code, message }) => wrapText(`${code}: ${message}`, "  ", "    "));
    lines.push("Warnings", ...entries, "");
  }
  return lines.join("\n");
}

function renderCertificate(certificate: InspectedCertificate): readonly string[] {
  const { aux } = certificate;
  const rows = certificateRows(certificate, certificate.label);
  const { name_constraints: constraints, unknown_critical_extensions: critical } = certificate;
  if (constraints !== undefined) {
    if (constraints.permitted.length > 0) rows.push(["permitted", constraints.permitted.join(", ")]);
    if (constraints.excluded.length > 0) rows.push(["excluded", constraints.excluded.join(", ")]);
  }
  if (critical !== undefined) rows.push(["critical", `${critical.join(", ")}, unknown to the TLS library`]);
  if (aux !== null) {
    if (aux.alias !== null) rows.push(["alias", aux.alias]);
    if (aux.trust.length > 0) rows.push(["trusted", `for ${aux.trust.join(", ")}`]);
    if (aux.reject.length > 0) rows.push(["rejected", `for ${aux.reject.join(", ")}`]);
  }
  return [
    `Certificate ${certificate.index}, line ${certificate.line}${
      certificate.file === undefined ? "" : ` of ${certificate.file}`
    }`,
    ...factLines(rows),
  ];
}
