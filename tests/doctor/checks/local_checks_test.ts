import { diagnose, testRow } from "../kit.ts";
import { LOCAL_ROWS } from "./local_check_rows.ts";

for (const row of LOCAL_ROWS) testRow(row, diagnose);
