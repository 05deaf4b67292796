#!/usr/bin/env python3
"""What one would write instead: refusals by regular expression, joined with deletions of the same subject.

Usage: in_duckdb.py DIRECTORY OUTPUT.csv; writes one row a refused request.
"""

import sys

import duckdb

LINES = """
CREATE TABLE line AS
SELECT line, regexp_extract(line, '(?:request_id":"|"req":[{]"id":"|requestId=)([0-9a-f]{32})', 1) AS request,
       CASE WHEN line[1] = '2' THEN try_cast(line[:23] AS TIMESTAMP)
            WHEN line LIKE '{"level"%' THEN make_timestamp(regexp_extract(line, '"time":([0-9]+)', 1)::BIGINT * 1000)
            ELSE try_cast(regexp_extract(line, '"time":"([^"]+)Z"', 1) AS TIMESTAMP) END AS time
FROM read_csv($files, columns = {'line': 'VARCHAR'}, header = false, auto_detect = false, delim = chr(1), quote = '',
              escape = '')
WHERE regexp_matches(line, 'token refused:|authentication failed|"status":401|"action":"user[.]delete"')
"""
FAILURES = """
COPY (
    WITH refusal AS (
        SELECT request, min(time) AS time, max(regexp_extract(line, '"jwt_sub":"([^"]+)"', 1)) AS sub,
               max(regexp_extract(line, '"uri":"([^"]+)"', 1)) AS path,
               max(CASE WHEN line LIKE '%"status":401%' THEN ''
                        WHEN regexp_matches(line, 'sub claim in JWT does not exist') THEN 'sub_not_found'
                        WHEN regexp_matches(line, '(?i)jwt expired') THEN 'token_expired'
                        WHEN regexp_matches(line, 'unable to locate.*key|Unable to find a signing key')
                            THEN 'key_not_found'
                        WHEN regexp_matches(line, 'signature does not match|invalid signature')
                            THEN 'signature_invalid'
                        WHEN regexp_matches(line, '''aud'' claim|audience invalid') THEN 'audience_invalid'
                        WHEN regexp_matches(line, 'iss claim|issuer invalid') THEN 'issuer_invalid'
                        WHEN regexp_matches(line, '(?i)missing ''?sub''? claim') THEN 'sub_missing'
                        WHEN regexp_matches(line, 'jwt malformed|MalformedJwt') THEN 'token_malformed'
                        ELSE 'other' END) AS reason
        FROM line WHERE request <> '' GROUP BY request),
    deletion AS (
        SELECT time, regexp_extract(line, '"user_id":"([^"]+)"', 1) AS sub FROM line WHERE line LIKE '%"user.delete"%')
    SELECT refusal.*, deletion.time AS deleted
    FROM refusal ASOF LEFT JOIN deletion ON refusal.sub = deletion.sub AND refusal.time >= deletion.time
    ORDER BY refusal.time, request
) TO '{output}' (HEADER)
"""

directory, output = sys.argv[1:]
connection = duckdb.connect()
connection.execute(LINES, {"files": f"{directory}/*/*"})
connection.execute(FAILURES.replace("{output}", output))
