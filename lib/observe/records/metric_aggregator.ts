/**
 * Adds measurements up between two exports (delta temporality). Its memory is bounded by the number of different sets
 * of tags.
 *
 * @module
 */
import type { MetricPoint, MetricRecord } from "./records.ts";

/** A metric that measurements are added to. */
export interface Instrument {
  readonly name: string;
  /** Default: none. */
  readonly unit?: string;
  readonly description?: string;
  /** Bounds of the buckets of a histogram; absent for a counter. */
  readonly bounds?: readonly number[];
}

/** One measurement. */
export interface Measurement {
  readonly instrument: Instrument;
  /** A counter's increment, or the value of a histogram. A negative increment is ignored. */
  readonly value: number;
  readonly tags: Readonly<Record<string, string>>;
  /** The number of times that the value was measured. Default 1. */
  readonly times?: number;
}

/** Maximum number of sets of tags of one metric; further ones are counted as dropped. */
const MAX_POINTS = 1_000;
/** Longest value of a tag, characters. */
const MAX_TAG = 256;

interface Sum {
  readonly tags: Readonly<Record<string, string>>;
  count: number;
  sum: number;
  min: number;
  max: number;
  readonly buckets: number[];
}

/** The sums of one instrument. */
interface Sums {
  readonly byKey: Map<string, Sum>;
  /** The same by the identity of the tags, so that tags that are used again need no key. */
  readonly byTags: WeakMap<Measurement["tags"], Sum>;
}

/** Adds up measurements. */
export class MetricAggregator {
  readonly #now: () => number;
  readonly #instruments = new Map<Instrument, Sums>();
  #since: number;
  #dropped = 0;

  /** @param now wall clock, ms since 1970 */
  constructor(now: () => number) {
    this.#now = now;
    this.#since = now();
  }

  /** Adds a measurement. Invalid characters of a tag are replaced and do not drop the measurement. */
  add({ instrument, tags, times = 1, value }: Measurement): void {
    if (!Number.isFinite(value) || (instrument.bounds === undefined && value < 0)) return;
    const sum = this.#sumFor(instrument, tags);
    if (sum === undefined) {
      this.#dropped += times;
      return;
    }
    sum.count += times;
    sum.sum += value * times;
    if (instrument.bounds === undefined) return;
    sum.min = Math.min(sum.min, value);
    sum.max = Math.max(sum.max, value);
    const index = bucketOf(value, instrument.bounds);
    sum.buckets[index] = (sum.buckets[index] ?? 0) + times;
  }

  /** Finds the sum of a set of tags; `undefined` if the metric has too many of them. */
  #sumFor(instrument: Instrument, tags: Measurement["tags"]): Sum | undefined {
    let known = this.#instruments.get(instrument);
    if (known === undefined) {
      known = { byKey: new Map(), byTags: new WeakMap() };
      this.#instruments.set(instrument, known);
    }
    const same = known.byTags.get(tags);
    if (same !== undefined) return same;
    let key = "";
    for (const name in tags) key += `${name}\0${tags[name]}\0`;
    let sum = known.byKey.get(key);
    if (sum === undefined) {
      if (known.byKey.size >= MAX_POINTS) return undefined;
      known.byKey.set(key, sum = newSum(instrument, tags));
    }
    known.byTags.set(tags, sum);
    return sum;
  }

  /** Returns what was added since the last call, and starts a new interval. */
  collect(): readonly MetricRecord[] {
    const endMs = this.#now();
    const records = [...this.#instruments].map(([instrument, { byKey }]): MetricRecord => ({
      name: instrument.name,
      unit: instrument.unit ?? "",
      description: instrument.description ?? "",
      ...(instrument.bounds === undefined ? {} : { bounds: instrument.bounds }),
      points: [...byKey.values()].map((sum) => pointOf(sum, instrument)),
      startMs: this.#since,
      endMs,
    }));
    this.#instruments.clear();
    this.#since = endMs;
    return records;
  }

  /** Returns how many measurements were dropped since the last call. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }
}

/**
 * Replaces the characters that a tag may not have. A colon is kept: names of models such as `llama3:8b` have
 * one.
 *
 * @returns `unspecified` if nothing is left
 */
export function sanitizedTag(value: string): string {
  const clean = value.replace(/[^A-Za-z0-9._/:-]+/g, "_").replace(/^_+|_+$/g, "").slice(0, MAX_TAG);
  return clean === "" ? "unspecified" : clean;
}

function newSum({ bounds }: Instrument, tags: Readonly<Record<string, string>>): Sum {
  const clean = Object.entries(tags).map(([name, value]) => [name, sanitizedTag(value)]);
  return {
    tags: Object.fromEntries(clean),
    count: 0,
    sum: 0,
    min: Infinity,
    max: -Infinity,
    buckets: bounds === undefined ? [] : new Array(bounds.length + 1).fill(0),
  };
}

function pointOf({ buckets, count, max, min, sum, tags }: Sum, { bounds }: Instrument): MetricPoint {
  return { tags, value: bounds === undefined ? sum : { count, sum, min, max, buckets } };
}

/** Returns the index of the first bound that is not below the value (upper bounds are inclusive). */
function bucketOf(value: number, bounds: readonly number[]): number {
  const index = bounds.findIndex((bound) => value <= bound);
  return index < 0 ? bounds.length : index;
}
