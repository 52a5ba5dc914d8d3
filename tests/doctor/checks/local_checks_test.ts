import { diagnose, testRow } from "../kit.ts";
import { LOCAL_ROWS } from "./local_check_rows.ts";
import { CREDENTIAL_ROWS } from "./credential_check_rows.ts";

for (const row of [...LOCAL_ROWS, ...CREDENTIAL_ROWS]) testRow(row, diagnose);
