#!/usr/bin/env python3
"""Writes logs whose lines are alike in what is usually a difference: where a step compares each line with each, this shows.

    alike.py DIRECTORY [--lines N]

`export.json` is one line, the refusals of one export. `app.log` and `access.log` tell of refusals in one second, on one
path, without an id. `requests.log` has ids and users that begin alike and count up.
"""
import argparse
import json
import os

PATH = "/api/orders/"


def refusal(number):
    return {
        "time": f"2026-03-02T10:{number // 60 % 60:02}:{number % 60:02}Z",
        "level": "error",
        "msg": "User from sub claim in JWT does not exist",
        "sub": f"auth0|{number % 500:024}",
        "request_id": f"20260302-{number:024}",
        "path": PATH,
        "status": 403,
    }


def answer(number):
    ordinary = {"msg": "answered", "level": "info", "client_ip": f"203.0.113.{number % 250}", "status": 200 if number % 4 else 403}
    return refusal(number) | ordinary


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", help="where to write; must not exist")
    parser.add_argument("--lines", type=int, default=4000, help="refusals in each log (default: 4000)")
    arguments = parser.parse_args()
    os.makedirs(arguments.directory)

    def write(name, lines):
        with open(os.path.join(arguments.directory, name), "w", encoding="utf-8") as log:
            log.writelines(line + "\n" for line in lines)

    numbers = range(arguments.lines)
    write("export.json", [json.dumps({"Records": [refusal(number) for number in numbers]})])
    write("app.log", (f"2026-03-02 12:00:00,000 WARNING django.request: Unauthorized: {PATH}" for _ in numbers))
    write("access.log", (f'10.0.0.1 - - [02/Mar/2026:12:00:00 +0000] "GET {PATH} HTTP/1.1" 401 58 "-" "curl/8"' for _ in numbers))
    write("requests.log", (json.dumps(line) for number in numbers for line in (refusal(number), answer(number))))


if __name__ == "__main__":
    main()
