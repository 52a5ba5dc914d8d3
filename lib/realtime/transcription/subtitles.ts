/**
 * Renders transcripts as subtitles: SubRip, and WebVTT (W3C, WebVTT: The Web Video Text Tracks Format).
 *
 * @module
 */
import type { TranscriptSegment } from "./transcript_assembler.ts";

/** A format of subtitles. */
export type SubtitleFormat = "srt" | "vtt";

/** Maximum length of a line, and of a subtitle with two lines, characters. */
const LINE_LENGTH = 42;
const CUE_LENGTH = 2 * LINE_LENGTH;

interface Cue {
  readonly startMs: number;
  readonly endMs: number;
  readonly text: string;
}

/** Renders segments in order. */
export class SubtitleWriter {
  readonly #format: SubtitleFormat;
  #count = 0;
  #endMs = 0;

  constructor(format: SubtitleFormat) {
    this.#format = format;
  }

  /** Returns the text before the first subtitle. */
  begin(): string {
    return this.#format === "vtt" ? "WEBVTT\n\n" : "";
  }

  /**
   * Renders a segment as one or more subtitles. Long text is divided between words, and the time in
   * proportion to the number of characters. Every subtitle lasts at least 1 ms, and none begins before the
   * end of the one before it.
   */
  render(segment: TranscriptSegment): string {
    return this.#cues(segment).map((cue) => this.#cue(cue)).join("");
  }

  #cues({ endMs, startMs, text }: TranscriptSegment): readonly Cue[] {
    const parts = divide(text, CUE_LENGTH);
    const length = parts.reduce((sum, part) => sum + part.length, 0);
    const from = Math.max(Math.round(startMs), this.#endMs);
    const duration = Math.max(Math.round(endMs) - from, parts.length);
    let used = 0;
    return parts.map((part, index) => {
      const begin = Math.max(from + Math.round(duration * used / length), this.#endMs);
      used += part.length;
      const end = Math.max(
        index === parts.length - 1 ? from + duration : from + Math.round(duration * used / length),
        begin + 1,
      );
      this.#endMs = end;
      return { startMs: begin, endMs: end, text: divide(part, LINE_LENGTH).join("\n") };
    });
  }

  #cue({ endMs, startMs, text }: Cue): string {
    if (this.#format === "srt") {
      // SubRip has no escapes: players read <…> as markup, and a text with --> as a time.
      const plain = text.replaceAll("-->", "->");
      return `${++this.#count}\n${timestamp(startMs, ",")} --> ${timestamp(endMs, ",")}\n${plain}\n\n`;
    }
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    return `${timestamp(startMs, ".")} --> ${timestamp(endMs, ".")}\n${escaped}\n\n`;
  }
}

/** Returns `hh:mm:ss,mmm`; hours may have more digits. */
export function timestamp(ms: number, point: "," | "."): string {
  const whole = Math.max(0, Math.round(ms));
  const two = (value: number) => String(value).padStart(2, "0");
  const seconds = Math.floor(whole / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${two(hours)}:${two(minutes)}:${two(seconds % 60)}${point}${String(whole % 1000).padStart(3, "0")}`;
}

/** Divides a text between words into parts of at most `length` characters; a longer word is not divided. */
function divide(text: string, length: number): readonly string[] {
  const parts: string[] = [];
  for (const word of text.split(/\s+/).filter((each) => each !== "")) {
    const last = parts.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= length) {
      parts[parts.length - 1] = `${last} ${word}`;
    } else parts.push(word);
  }
  return parts;
}
