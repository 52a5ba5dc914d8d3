import { ANSWER_ROWS } from "./answer_check_rows.ts";
import { diagnose, testRow } from "../kit.ts";

for (const row of ANSWER_ROWS) testRow(row, diagnose);
