/**
 * Renders a transcript for stdout: as text, as subtitles, or as JSON lines.
 *
 * @module
 */
import type { Redactor } from "../../redaction/redactor.ts";
import { jsonObject } from "../../text/json.ts";
import { type SubtitleFormat, SubtitleWriter } from "../../realtime/transcription/subtitles.ts";
import type { TranscriptUpdate } from "../../realtime/transcription/transcript_assembler.ts";

/** Renders the output of a transcription. */
export interface TranscriptOutput {
  /** Returns the text before all other output. */
  readonly begin: () => string;
  /** Renders an event of the API. */
  readonly event: (text: string) => string;
  /** Renders an addition to the transcript. */
  readonly update: (update: TranscriptUpdate) => string;
  /** Whether the last line is complete. */
  readonly isAtLineStart: () => boolean;
}

/** Renders text as it arrives, one utterance per line. */
export function textOutput(): TranscriptOutput {
  let shown = "";
  return {
    begin: () => "",
    event: () => "",
    update: (update) => {
      if (update.kind === "text") {
        const text = shown === "" ? update.text.trimStart() : update.text;
        shown += text;
        return text;
      }
      const { text } = update.segment;
      const printed = shown;
      shown = "";
      if (printed === "") return text === "" ? "" : `${text}\n`;
      // Printed text cannot be taken back, even if the final text corrects it.
      return text.startsWith(printed) ? `${text.slice(printed.length)}\n` : "\n";
    },
    isAtLineStart: () => shown === "",
  };
}

/** Renders subtitles, each when its utterance is complete. */
export function subtitleOutput(format: SubtitleFormat): TranscriptOutput {
  const writer = new SubtitleWriter(format);
  return {
    begin: () => writer.begin(),
    event: () => "",
    update: (update) => update.kind === "segment" ? writer.render(update.segment) : "",
    isAtLineStart: () => true,
  };
}

/**
 * Renders an event of the API as one line: as it was received, except for secrets that an error repeats.
 *
 * @returns an empty text for a message that is not a JSON object, so that every line of the output is an event
 */
export function eventLine(text: string, redact: Redactor): string {
  if (jsonObject(text) === undefined) return "";
  const line = text.replace(/[\r\n]+/g, " ");
  return `${line.includes('"error"') ? redact(line) : line}\n`;
}

/**
 * Renders the events of the API unchanged, and between them each complete utterance as `culvert.segment`.
 *
 * @param redact masks secrets that an error of the server repeats
 */
export function jsonOutput(redact: Redactor): TranscriptOutput {
  return {
    begin: () => "",
    event: (text) => eventLine(text, redact),
    update: (update) => {
      if (update.kind === "text") return "";
      const { endMs, failure, index, isPartial, itemId, startMs, text } = update.segment;
      const line = {
        type: "culvert.segment",
        index,
        item_id: itemId,
        start_ms: Math.round(startMs),
        end_ms: Math.round(endMs),
        text,
        ...(isPartial === undefined ? {} : { partial: true }),
        ...(failure === undefined ? {} : { error: failure }),
      };
      return `${JSON.stringify(line)}\n`;
    },
    isAtLineStart: () => true,
  };
}
