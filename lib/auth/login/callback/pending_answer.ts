/**
 * The answer that a login waits for. The browser or the user may bring it; the time limit or a signal may end the
 * wait. The first of them counts.
 *
 * @module
 */
import type { SignedIn } from "../login_parts.ts";
import type { CallbackAnswer } from "./callback_answer.ts";

/** A login that waits for its answer. */
export class PendingAnswer {
  readonly #answer = Promise.withResolvers<CallbackAnswer>();
  readonly #end = Promise.withResolvers<SignedIn>();
  #isSettled = false;

  constructor() {
    // Either may be rejected while nobody waits for it.
    this.#answer.promise.catch(() => {});
    this.#end.promise.catch(() => {});
  }

  /**
   * Delivers the answer.
   *
   * @returns the result of the login; `undefined` where the wait is over
   */
  accept(answer: CallbackAnswer): Promise<SignedIn> | undefined {
    if (!this.#settle()) return undefined;
    this.#answer.resolve(answer);
    return this.#end.promise;
  }

  /**
   * Ends the wait.
   *
   * @param reason the failure of the login
   * @returns false after an answer: its tokens may be on their way, and are not discarded
   */
  cancel(reason: unknown): boolean {
    if (!this.#settle()) return false;
    this.#answer.reject(reason);
    return true;
  }

  /**
   * Waits for the answer and completes the login with it.
   *
   * @throws the reason of {@link cancel}; what `work` throws
   */
  async complete(work: (answer: CallbackAnswer) => Promise<SignedIn>): Promise<SignedIn> {
    const answer = await this.#answer.promise;
    this.#end.resolve(work(answer));
    return await this.#end.promise;
  }

  #settle(): boolean {
    const isFirst = !this.#isSettled;
    this.#isSettled = true;
    return isFirst;
  }
}
