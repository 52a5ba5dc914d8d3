/**
 * Removes one login from all the places it may be in.
 *
 * @module
 */
import { CulvertError } from "../../errors.ts";

/**
 * Calls each, whatever the others come to.
 *
 * @param removals each says whether there was something
 * @returns whether there was something in any place
 * @throws CulvertError `auth_storage` with every failure, when all were tried
 */
export async function removeEach(removals: readonly (() => Promise<boolean>)[]): Promise<boolean> {
  const failures: CulvertError[] = [];
  let removed = 0;
  for (const remove of removals) {
    try {
      if (await remove()) removed++;
    } catch (error) {
      if (!(error instanceof CulvertError)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (first === undefined) return removed > 0;
  const messages = [...new Set(failures.map(({ message }) => message))];
  const rest = removed === 0 ? "" : ". What else there was of the login is removed";
  throw new CulvertError("auth_storage", `${messages.join("; ")}${rest}`, {
    ...(first.hint === undefined ? {} : { hint: first.hint }),
    details: { ...first.details, removed },
    cause: first,
  });
}
