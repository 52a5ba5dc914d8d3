/**
 * Finds speech in PCM16 by its loudness, as the server's turn detection does.
 *
 * @module
 */

/** Sampling rate of all audio, Hz. */
export const RATE = 24_000;
/** Samples of one window: 20 ms. */
const WINDOW = 480;
/** Root mean square from which a window counts as speech; full scale is 32,768. */
const LOUD = 400;

/** The settings of turn detection, ms. */
export interface TurnDetection {
  readonly prefixPaddingMs: number;
  readonly silenceMs: number;
}

/** A detected change. Times are ms since the beginning of the session's audio. */
export type Activity =
  | { readonly kind: "started"; readonly startMs: number }
  | { readonly kind: "stopped"; readonly endMs: number; readonly voicedMs: number }
  /** Speech continued; also reported without turn detection. */
  | { readonly kind: "voiced"; readonly voicedMs: number };

/** Measures the loudness of a stream. */
export class VoiceActivity {
  #window: number[] = [];
  #windows = 0;
  #isSpeaking = false;
  #silentMs = 0;
  #voicedMs = 0;

  /** Length of speech in the audio since the last {@link VoiceActivity.reset}, ms. */
  get voicedMs(): number {
    return this.#voicedMs;
  }

  /** Starts a new utterance. */
  reset(): void {
    this.#isSpeaking = false;
    this.#voicedMs = 0;
    this.#silentMs = 0;
  }

  /** Adds samples; returns the changes that they cause. */
  add(samples: Int16Array, detection: TurnDetection | undefined): readonly Activity[] {
    const found: Activity[] = [];
    for (const sample of samples) {
      this.#window.push(sample);
      if (this.#window.length === WINDOW) found.push(...this.#judge(detection));
    }
    return found;
  }

  #judge(detection: TurnDetection | undefined): readonly Activity[] {
    const power = this.#window.reduce((sum, sample) => sum + sample * sample, 0) / WINDOW;
    this.#window = [];
    const windowMs = WINDOW / RATE * 1000;
    const startMs = this.#windows++ * windowMs;
    const isLoud = Math.sqrt(power) >= LOUD;
    if (isLoud) this.#voicedMs += windowMs;
    this.#silentMs = isLoud ? 0 : this.#silentMs + windowMs;
    if (isLoud && (detection === undefined || this.#isSpeaking)) {
      return [{ kind: "voiced", voicedMs: this.#voicedMs }];
    }
    if (detection === undefined) return [];
    if (isLoud) {
      this.#isSpeaking = true;
      return [{ kind: "started", startMs: Math.max(0, startMs - detection.prefixPaddingMs) }];
    }
    if (!this.#isSpeaking || this.#silentMs < detection.silenceMs) return [];
    const { voicedMs } = this;
    this.reset();
    return [{ kind: "stopped", endMs: startMs + windowMs, voicedMs }];
  }
}
