/** Headers of one window of a rate limit, and the values that are read from them. */

/** A window of which only the percentage is known. */
export const used = (percent: number) => ({ used_percent: percent, window_minutes: null, resets_at: null });

/** The names follow `x-codex-primary-`. */
export const WINDOW_ROWS:
  readonly (readonly [name: string, headers: Record<string, string>, window: unknown])[] = [
    ["nothing used and nothing else known is no window", { "used-percent": "0" }, null],
    ["nothing used of zero minutes is no window", { "used-percent": "0", "window-minutes": "0" }, null],
    ["nothing used of some minutes is one", { "used-percent": "0", "window-minutes": "5" }, {
      used_percent: 0,
      window_minutes: 5,
      resets_at: null,
    }],
    ["nothing used with a reset is one", { "used-percent": "0", "reset-at": "9" }, {
      used_percent: 0,
      window_minutes: null,
      resets_at: 9,
    }],
    ["minutes with a fraction are not read", { "used-percent": "1", "window-minutes": "15.0" }, used(1)],
    ["a percentage that is no number is no window", { "used-percent": "NaN", "reset-at": "9" }, null],
    ["an infinite percentage is no window", { "used-percent": "inf", "reset-at": "9" }, null],
    ["no percentage is no window", { "reset-at": "9" }, null],
  ];
