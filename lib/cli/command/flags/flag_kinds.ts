/**
 * The usual kinds of optional flags, as parameters of `@stricli/core`.
 *
 * @module
 */

/** A flag without a value. There is no `--no-` form of it. */
export interface SwitchFlag {
  readonly kind: "boolean";
  readonly optional: true;
  readonly withNegated: false;
  readonly brief: string;
}

/** A flag with a value. */
export interface ValueFlag<T> {
  readonly kind: "parsed";
  readonly parse: (input: string) => T;
  readonly optional: true;
  readonly placeholder: string;
  readonly brief: string;
}

/** A flag with a value that may be given more than once. */
export type ListFlag<T> = ValueFlag<T> & { readonly variadic: true };

/** Returns a flag without a value. @param brief for the help */
export function switchFlag(brief: string): SwitchFlag {
  return { kind: "boolean", optional: true, withNegated: false, brief };
}

/**
 * Returns a flag with a value.
 *
 * @param parse throws an `Error` that says what the value must be
 * @param placeholder names the value in the help
 * @param brief for the help
 */
export function parsedFlag<T>(
  parse: (input: string) => T,
  placeholder: string,
  brief: string,
): ValueFlag<T> {
  return { kind: "parsed", parse, optional: true, placeholder, brief };
}

/** Returns a flag whose value is taken as it was typed. Parameters as for {@link parsedFlag}. */
export function textFlag(placeholder: string, brief: string): ValueFlag<string> {
  return parsedFlag((input) => input, placeholder, brief);
}

/**
 * Returns a flag whose value is the name of a file or a directory. An empty name is refused: it is that of a variable of
 * the shell which is not set, and would stand for the working directory. Parameters as for {@link parsedFlag}.
 */
export function pathFlag(placeholder: string, brief: string): ValueFlag<string> {
  return parsedFlag(parsePath, placeholder, brief);
}

function parsePath(input: string): string {
  if (input === "") throw new Error("the name is empty");
  return input;
}

/**
 * Parses a text that must not be empty, for a flag that decides where a prompt and a key are sent: the empty value of an
 * unset variable of the shell would send them to the default provider.
 */
export function requiredText(input: string): string {
  if (input.trim() === "") throw new Error("the value is empty");
  return input;
}

/** Returns a flag whose value is checked by {@link requiredText}. Parameters as for {@link parsedFlag}. */
export function requiredFlag(placeholder: string, brief: string): ValueFlag<string> {
  return parsedFlag(requiredText, placeholder, brief);
}

/** Returns a flag like {@link textFlag} that may be given more than once. */
export function textListFlag(placeholder: string, brief: string): ListFlag<string> {
  return { ...textFlag(placeholder, brief), variadic: true };
}

/** Returns a flag like {@link requiredFlag} that may be given more than once. */
export function requiredListFlag(placeholder: string, brief: string): ListFlag<string> {
  return { ...requiredFlag(placeholder, brief), variadic: true };
}

/** Returns a flag like {@link pathFlag} that may be given more than once. */
export function pathListFlag(placeholder: string, brief: string): ListFlag<string> {
  return { ...pathFlag(placeholder, brief), variadic: true };
}
