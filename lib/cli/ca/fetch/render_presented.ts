/**
 * Renders the report of `culvert ca fetch` as text of at most 80 columns. The verdict comes first.
 *
 * @module
 */
import { plural } from "../../../text/plural.ts";
import { describeInterception } from "../../../doctor/probe/interception.ts";
import { describeRoots, hostAndPort } from "../../../net/failure/explain.ts";
import { describeRoute } from "../../../net/route/route.ts";
import { wrapText } from "../../../text/wrap.ts";
import { certificateRows, factLines } from "../fact_lines.ts";
import type { Presentation } from "./presentation.ts";
import { type PresentedReport, type ReportedCertificate, sentencesOf } from "./presented_report.ts";

/** Renders the report, with a final newline. */
export function renderPresented(presentation: Presentation, report: PresentedReport): string {
  const { attempted, by, fault, findings, interception } = presentation;
  const who = by === "proxy" ? `The proxy in front of ${report.target}` : hostAndPort(attempted.url);
  const over = report.tls_version === null ? "" : ` over ${report.tls_version}`;
  const count = plural(report.certificates.length, "certificate");
  const isTold = findings.details["intercepted"] === true;
  const paragraphs = [
    `${who} presents ${count}${over}; route: ${describeRoute(attempted.route)}`,
    fault === undefined ? "Accepted by the roots in force" : `NOT accepted: ${fault.reason}`,
    `Roots in force: ${describeRoots(attempted.trust)}`,
    ...(interception === undefined || isTold
      ? []
      : [describeInterception(interception, attempted.url.hostname, fault === undefined)]),
    ...sentencesOf(presentation),
  ];
  const lines = paragraphs.flatMap((paragraph) => wrapText(paragraph, "", "  "));
  const certificates = report.certificates.flatMap((certificate) => ["", ...certificateLines(certificate)]);
  return `${[...lines, ...certificates].join("\n")}\n`;
}

function certificateLines(certificate: ReportedCertificate): readonly string[] {
  const rows = certificateRows(certificate);
  if (certificate.names.length > 0) rows.splice(1, 0, ["names", certificate.names.join(", ")]);
  const { index } = certificate;
  return [`Certificate ${index}${index === 1 ? ", the server's own" : ""}`, ...factLines(rows)];
}
