"""Bare writers: as many connections as asked for, each INSERT … COMMIT of one text after the other.

`python -m tests.bench.bare ADDRESS CONNECTIONS SECONDS` prints how many a second were written.
"""

import subprocess
import sys
import time

import psycopg

TABLE = "CREATE TABLE IF NOT EXISTS bare (id bigserial PRIMARY KEY, body text NOT NULL)"
BODY = "x" * 300  # about what a comment is


def main(address: str, connections: int, seconds: float) -> None:
    with psycopg.connect(address) as server:
        server.execute(TABLE)
    command = [sys.executable, "-m", "tests.bench.bare", address, "one", str(seconds)]
    writers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(connections)
    ]
    for writer in writers:
        assert writer.stdout
        writer.stdout.readline()  # it is connected
    done = 0
    for writer in writers:
        assert writer.stdin
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        done += int(writer.communicate()[0])
    print(done / seconds)


def one(address: str, seconds: float) -> None:
    with psycopg.connect(address) as server:
        print("ready", flush=True)
        sys.stdin.readline()
        until, done = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            server.execute("INSERT INTO bare (body) VALUES (%s)", [BODY])
            server.commit()
            done += 1
    print(done)


if __name__ == "__main__":
    if sys.argv[2] == "one":
        one(sys.argv[1], float(sys.argv[3]))
    else:
        main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
