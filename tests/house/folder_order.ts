/**
 * The order of the folders of `lib/`, from top to bottom. A file may import from its own folder and from
 * those below it.
 *
 * @module
 */

/** The top folders. Those on one line may not import from each other. */
const TOP: readonly (readonly string[])[] = [
  ["cli"],
  ["client"],
  ["doctor"],
  ["mock"],
  ["capture"],
  ["observe"],
  ["realtime"],
  ["api"],
  ["responses"],
  ["connect"],
  ["auth"],
  ["net"],
  ["pki"],
  ["trust"],
  ["config"],
  ["redaction", "async", "files"],
  ["text", "world"],
];

/**
 * The folders within a top folder; `.` is its root. Folders that are not listed are between those above and
 * those below the `*`, and may import from each other.
 */
const WITHIN: Readonly<Record<string, readonly string[]>> = {
  cli: ["app", "*", "reference", "command", "output"],
  net: ["server", "dialer", "websocket", "diagnosis", "tunnel", "failure", "route", "."],
  auth: ["login", "agent", "external", "api_key", "chatgpt", "recovery", "policy", "store", "."],
  trust: [".", "roots", "bundle", "certificate", "encoding"],
  responses: ["turn", "transport", "failures", "request", "events", "."],
};

/** An import that points upwards. */
export interface OrderViolation {
  /** The importing folder, such as `lib/net/tunnel/`. */
  readonly from: string;
  /** The imported folder. */
  readonly to: string;
}

/**
 * Returns whether an import points upwards.
 *
 * @param importer path of the importing file from the top of the repository
 * @param imported path of the imported file, from the top of the repository
 */
export function orderViolation(importer: string, imported: string): OrderViolation | undefined {
  const from = placeOf(importer);
  const to = placeOf(imported);
  if (from === undefined || to === undefined) return undefined;
  if (from.top !== to.top) {
    const isDownwards = from.top === undefined ? false : rank(from.top) < rank(to.top);
    return isDownwards ? undefined : { from: folder(from.top), to: folder(to.top) };
  }
  const order = from.top === undefined ? undefined : WITHIN[from.top];
  if (order === undefined || from.sub === to.sub) return undefined;
  const ranks = [from.sub, to.sub].map((sub) =>
    order.includes(sub) ? order.indexOf(sub) : order.indexOf("*")
  );
  const [above = 0, below = 0] = ranks;
  if (above <= below) return undefined;
  return { from: folder(from.top, from.sub), to: folder(to.top, to.sub) };
}

/**
 * Returns the place of a file of `lib/`; `undefined` for files that may import from everywhere or be imported
 * by all.
 */
function placeOf(path: string): { readonly top: string | undefined; readonly sub: string } | undefined {
  const [root, ...parts] = path.split("/");
  if (root !== "lib" || /^lib\/(mod|testing)\.ts$/.test(path)) return undefined;
  if (parts.length === 1) return { top: undefined, sub: "." };
  return { top: parts[0], sub: parts.length === 2 ? "." : parts[1] ?? "." };
}

/** The files at the top of `lib/` are below every folder. */
function rank(top: string | undefined): number {
  if (top === undefined) return TOP.length;
  const found = TOP.findIndex((row) => row.includes(top));
  return found < 0 ? -1 : found;
}

function folder(top: string | undefined, sub = "."): string {
  return ["lib", top, sub === "." ? undefined : sub].filter((part) => part !== undefined).join("/") + "/";
}
