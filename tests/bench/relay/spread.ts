/** The results of several runs of one measurement. */
import { percentile } from "./percentile.ts";

/** A median with the least and the greatest value. */
export class Spread {
  readonly #values: readonly number[];

  constructor(values: readonly number[]) {
    this.#values = values;
  }

  get median(): number {
    return percentile(this.#values, 0.5);
  }

  toString(): string {
    const [least, greatest] = [Math.min(...this.#values), Math.max(...this.#values)];
    return `${this.median.toFixed(2)} [${least.toFixed(2)} to ${greatest.toFixed(2)}]`;
  }
}
