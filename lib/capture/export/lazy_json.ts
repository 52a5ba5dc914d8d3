/**
 * Makes JSON piece by piece while it is written, so that a text of hundreds of megabytes is never one string.
 *
 * @module
 */

/** UTF-16 units of a piece, which is written at once. */
const PIECE_SIZE = 256 * 1024;

/** A member whose JSON is made when it is written. */
export class LazyJson {
  /** Stands for the member until then. */
  readonly mark = crypto.randomUUID();
  /** Makes the JSON. */
  readonly pieces: () => Iterable<string>;

  constructor(pieces: () => Iterable<string>) {
    this.pieces = pieces;
  }

  /** Called by `JSON.stringify`. */
  toJSON(): string {
    return this.mark;
  }
}

/** A string, from its parts. */
export function lazyText(parts: () => Iterable<string>): LazyJson {
  return new LazyJson(function* () {
    yield '"';
    for (const part of parts()) yield JSON.stringify(part).slice(1, -1);
    yield '"';
  });
}

/** An array, from its elements. */
export function lazyArray(elements: () => Iterable<object>): LazyJson {
  return new LazyJson(function* () {
    let before = "[";
    for (const element of elements()) {
      yield before + JSON.stringify(element);
      before = ",";
    }
    yield before === "[" ? "[]" : "]";
  });
}

/**
 * Returns the JSON of a value in pieces.
 *
 * @param members of the value that are made when they are written, in the order of their places
 */
export function* jsonPieces(value: object, members: readonly LazyJson[]): Generator<string> {
  let rest = JSON.stringify(value);
  for (const { mark, pieces } of members) {
    const place = JSON.stringify(mark);
    const at = rest.indexOf(place);
    if (at < 0) continue;
    yield rest.slice(0, at);
    yield* joined(pieces());
    rest = rest.slice(at + place.length);
  }
  yield rest;
}

/** Joins short pieces: each one that is written takes a turn of the event loop. */
function* joined(pieces: Iterable<string>): Generator<string> {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < PIECE_SIZE) continue;
    yield text;
    text = "";
  }
  yield text;
}
