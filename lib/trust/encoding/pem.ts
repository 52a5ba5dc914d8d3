/**
 * Splits PEM text into sections. The grammar is wider than RFC 7468: it accepts what any of the codex client
 * (0.171.0), curl with OpenSSL, Node and Deno accepts. That is CR, LF and CRLF in any mixture, blanks and
 * blank lines in a body, attribute headers, indented or lower-case markers, a byte-order mark, and text after
 * an END line. A broken section ends at the next marker, so that the sections after it are read. Only the
 * markers are checked here.
 *
 * @module
 */
import type { BodyLine } from "./base64.ts";
import { removeControls } from "../../text/control_characters.ts";

/** A section of the file. */
export interface PemSection {
  /** The label as found, trimmed. */
  readonly label: string;
  /** The label in upper case with single blanks: the kind of the section. */
  readonly kind: string;
  /** 1-based line of its BEGIN marker. */
  readonly line: number;
  /** The lines without markers and attribute headers. */
  readonly body: readonly BodyLine[];
  /** Attribute headers (`Proc-Type: 4,ENCRYPTED`), as found. */
  readonly headers: readonly string[];
  /** The error in its markers. Such a section cannot be used. */
  readonly problem?: string;
}

/** The hyphen, and the dashes by which word processors replace it. */
const DASH = "[-\u2010-\u2015\u2212]";
// Except for ONE_LINE these are applied to trimmed text of bounded length, since the lazy ones take quadratic time.
const BEGIN = /^-----BEGIN\s+(.*?)-----$/i;
const END = /^-----END\s+(.*?)-----/i;
const BROKEN_BEGIN = new RegExp(`^${DASH}{2,}\\s*BEGIN\\s+([A-Z0-9 #]+)`, "i");
const BROKEN_END = new RegExp(`^${DASH}{2,}\\s*END\\s+([A-Z0-9 #]+)`, "i");
const ONE_LINE = /-END\s/i;
/** Longest line that can be a marker, characters. */
const LONGEST_MARKER = 256;
/** Longest label in a message, characters. */
const LONGEST_LABEL = 60;

/**
 * Splits text into its PEM sections, in file order. Text outside of sections is ignored.
 *
 * @param text a whole file; a byte-order mark may stand at its start or before any marker
 */
export function readPemSections(text: string): readonly PemSection[] {
  const reader = new SectionReader();
  let line = 0;
  for (const content of text.split(/\r\n|\n|\r/)) reader.read(content, ++line);
  return reader.finish();
}

const ANY_DASH = new RegExp(DASH);
/** A dash of any kind, then BEGIN or END. */
const MARKER_HINT = new RegExp(`${DASH}\\s*(BEGIN|END)\\s`, "i");

interface OpenSection {
  readonly label: string;
  readonly line: number;
  readonly lines: BodyLine[];
  readonly problem: string | undefined;
}

class SectionReader {
  readonly #sections: PemSection[] = [];
  #open: OpenSection | undefined;

  read(text: string, line: number): void {
    // Nearly every line is base64, so one test for a dash avoids four expressions.
    if (!ANY_DASH.test(text) || !MARKER_HINT.test(text)) {
      this.#open?.lines.push({ text, line });
      return;
    }
    const marker = text.trim();
    const head = marker.slice(0, LONGEST_MARKER);
    const start = head.length === marker.length ? BEGIN.exec(marker) : null;
    if (start !== null && !hasExtraDash(start[1] ?? "")) return this.#begin(start[1] ?? "", line);
    const end = END.exec(head);
    if (end !== null) {
      const label = end[1] ?? "";
      this.#end(label, line, this.#open && endProblem(this.#open.label, label, line));
      // `cat a.pem b.pem` joins two markers on one line if the first file has no final newline.
      const rest = marker.slice(end[0].length);
      if (rest.startsWith("-----BEGIN ")) this.read(rest, line);
      return;
    }
    const brokenStart = BROKEN_BEGIN.exec(head);
    if (brokenStart !== null) {
      const label = brokenStart[1] ?? "";
      if (!ONE_LINE.test(marker)) {
        return this.#begin(label, line, `its BEGIN line is malformed: ${markerFault(marker)}`);
      }
      this.#begin(label, line, "it is on one line; its line ends were lost, or are written as \\n");
      return this.#close(undefined);
    }
    const brokenEnd = BROKEN_END.exec(head);
    if (brokenEnd !== null) {
      return this.#end(brokenEnd[1] ?? "", line, `its END line ${line} is malformed: ${markerFault(marker)}`);
    }
    this.#open?.lines.push({ text, line });
  }

  finish(): readonly PemSection[] {
    this.#close("it has no END line");
    return this.#sections;
  }

  #begin(label: string, line: number, problem?: string): void {
    this.#close("it has no END line");
    this.#open = { label: label.trim(), line, lines: [], problem };
  }

  #end(label: string, line: number, problem: string | undefined): void {
    if (this.#open !== undefined) return this.#close(problem);
    const stray = { label: label.trim(), line, lines: [], problem: undefined };
    this.#sections.push(finish(stray, "this END line has no BEGIN line"));
  }

  /** If a section has several errors, the first is reported. */
  #close(problem: string | undefined): void {
    if (this.#open === undefined) return;
    this.#sections.push(finish(this.#open, this.#open.problem ?? problem));
    this.#open = undefined;
  }
}

function finish(open: OpenSection, problem: string | undefined): PemSection {
  const { headers, body } = splitHeaders(open.lines);
  return {
    label: clip(open.label),
    kind: kindOf(open.label),
    line: open.line,
    body,
    headers,
    ...(problem === undefined ? {} : { problem }),
  };
}

/**
 * Splits headers from a body. Headers come first and a blank line ends them (RFC 1421 §4.4). If that line is
 * missing, they end at the first line without a colon, which base64 never contains.
 */
function splitHeaders(
  lines: readonly BodyLine[],
): { readonly headers: readonly string[]; readonly body: readonly BodyLine[] } {
  const isBlank = (line: BodyLine) => line.text.trim() === "";
  const first = lines.findIndex((line) => !isBlank(line));
  if (first < 0 || lines[first]?.text.includes(":") !== true) return { headers: [], body: lines };
  const blank = lines.findIndex((line, index) => index > first && isBlank(line));
  const plain = lines.findIndex((line, index) => index > first && !line.text.includes(":"));
  const bodyFollows = blank >= 0 && lines.slice(blank).some((line) => !isBlank(line));
  const end = bodyFollows ? blank : plain < 0 ? lines.length : plain;
  return { headers: lines.slice(first, end).map((line) => line.text.trim()), body: lines.slice(end) };
}

/** The standard label, an old name of it, and OpenSSL's label for a certificate with trust settings. */
const CERTIFICATE_KINDS = new Set(["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"]);

/**
 * Returns whether a section of this kind contains one certificate.
 *
 * @param kind see {@link PemSection.kind}
 */
export function isCertificateKind(kind: string): boolean {
  return CERTIFICATE_KINDS.has(kind);
}

/**
 * Returns the problem of an END label. BEGIN and END may have different certificate labels, since users often
 * edit only one of the two lines.
 */
function endProblem(begin: string, end: string, line: number): string | undefined {
  const [left, right] = [kindOf(begin), kindOf(end)];
  if (left === right || (isCertificateKind(left) && isCertificateKind(right))) return undefined;
  return `its END line ${line} has another label, "${clip(end.trim())}"`;
}

function kindOf(label: string): string {
  return clip(label).trim().toUpperCase().replace(/\s+/g, " ");
}

function clip(label: string): string {
  const safe = removeControls(label);
  return safe.length > LONGEST_LABEL ? `${safe.slice(0, LONGEST_LABEL)}…` : safe;
}

/** Returns whether a label contains a closing hyphen: the expression also matches six of them. */
function hasExtraDash(label: string): boolean {
  return label.endsWith("-") || label.includes("-----");
}

function markerFault(text: string): string {
  const marker = text.trim();
  if (/[\u2010-\u2015\u2212]/.test(marker)) return "it has typographic dashes instead of hyphens";
  const before = /^-*/.exec(marker)?.[0].length ?? 0;
  if (before !== 5) return `it has ${before} hyphens before the label instead of 5`;
  const after = /[^-](-*)$/.exec(marker)?.[1]?.length ?? 0;
  return after === 5 || after === 0
    ? "it does not end in five hyphens after the label"
    : `it has ${after} hyphens after the label instead of 5`;
}
