/** Contents of `auth.json` that are no credential file, and the problem that is reported for each. */
import { loginText } from "../kit.ts";

export const DEFECT_ROWS: readonly (readonly [name: string, text: string, problem: "torn" | "foreign"])[] = [
  ["cut in the middle", loginText({ access: "secret-access" }).slice(0, 120), "torn"],
  ["empty", "", "torn"],
  ["an array", "[1]", "foreign"],
  ["an object of another program", '{"name":"package","version":"1.0.0"}', "foreign"],
  ["of an unknown mode", '{"auth_mode":"future","tokens":null}', "foreign"],
  ["with tokens of another type", '{"tokens":{"access_token":7}}', "foreign"],
];
