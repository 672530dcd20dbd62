"""python-mysql-replication reading to a counter. Lines as in contenders/node/serve.ts."""

import json
import sys

from pymysqlreplication import BinLogStreamReader
from pymysqlreplication.row_event import DeleteRowsEvent, UpdateRowsEvent, WriteRowsEvent

PORT, SERVER_ID = int(sys.argv[1]), int(sys.argv[2])


def read(file, position, mark):
    stream = BinLogStreamReader(
        connection_settings={"host": "127.0.0.1", "port": PORT, "user": "root", "passwd": ""},
        server_id=SERVER_ID,
        blocking=True,
        resume_stream=True,
        log_file=file,
        log_pos=position,
        only_events=[WriteRowsEvent, UpdateRowsEvent, DeleteRowsEvent],
        is_mariadb="mariadb" in sys.argv[3:],
        use_column_name_cache=True,
        verify_checksum=True,
    )
    rows = total = 0
    try:
        for event in stream:
            changed = event.rows
            images = [row["after_values"] if "after_values" in row else row["values"] for row in changed]
            if event.table == "end_mark":
                if first(images[0]) >= mark:
                    return {"rows": rows, "sum": total}
                continue
            rows += len(images)
            for image in images:
                total += first(image)
    finally:
        stream.close()


def first(image):
    return next(iter(image.values()))


print("ready", flush=True)
for line in sys.stdin:
    _, file, position, mark = line.split()
    try:
        print("done " + json.dumps(read(file, int(position), int(mark))), flush=True)
    except Exception as error:  # told, whatever it is: the suite goes on with the others
        print("failed " + repr(error).replace("\n", " "), flush=True)
