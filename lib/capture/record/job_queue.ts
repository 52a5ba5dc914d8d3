/**
 * Runs the work of one exchange in its order, at once where nothing is pending.
 *
 * @module
 */

/** A piece of work. */
type Job = () => void | Promise<void>;

/** A queue that runs one job at a time. */
export class JobQueue {
  readonly #onFailure: (error: unknown) => void;
  readonly #waiting: Job[] = [];
  #running: Promise<void> | undefined;

  /** @param onFailure called when a job fails; the jobs after it are run: a recording must not end the traffic */
  constructor(onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Runs a job when those before it are done; within this call where nothing is pending. Never throws. */
  add(job: Job): void {
    this.#waiting.push(job);
    this.#running ??= this.#run();
  }

  /** Resolves when nothing is left to do. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Returns a promise only where a job did. */
  #run(): Promise<void> | undefined {
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      const pending = this.#start(job);
      if (pending !== undefined) return this.#runOn(pending);
    }
    return undefined;
  }

  #start(job: Job): Promise<void> | undefined {
    try {
      return job()?.catch(this.#onFailure);
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  async #runOn(first: Promise<void>): Promise<void> {
    await first;
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      await this.#start(job);
    }
    this.#running = undefined;
  }
}
