import { ANSWER_ROWS } from "../../doctor/checks/answer_check_rows.ts";
import { testAsProcess } from "./process_kit.ts";

for (const row of ANSWER_ROWS) testAsProcess(row);
