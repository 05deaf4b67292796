#!/usr/bin/env python3
"""Writes the logs of a made-up shop: the same bytes for the same arguments, on any machine.

Each request leaves an nginx access line, a JSON line of the gateway with the subject of its token, and lines of the
service that answered: a Spring application (text, stack traces) or a Node one (pino). A few are refused, for reasons
that verifiers really give; users are deleted and keys rotated in the audit log of the identity provider.
"""

import argparse
import os
from random import Random

START = 1772409600  # 2026-03-02T00:00:00Z; days count on in March, which lasts for some 9 GB.
PART = 8 << 20  # Files are rotated at this size.
USERS = 4000
DELETED_EVERY, ROTATED_EVERY = 500, 20_000  # In requests.
STALE = 2000  # For so many requests after a rotation, verifiers may not know the new key.

AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/145.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "okhttp/4.12.0",
    "shop-android/7.41.2 (Android 15)",
    "python-requests/2.32.3",
]
# The Spring application answers the former, the Node one the latter.
ORDERS = [("GET", "/orders/%d"), ("GET", "/orders?page=%d"), ("POST", "/orders/%d"), ("GET", "/orders/%d/invoice")] * 8
CARTS = [("GET", "/carts/%d"), ("PUT", "/carts/%d/items"), ("GET", "/carts/%d/total")] * 10 + [("DELETE", "/carts/%d")]
ROUTES = ORDERS + CARTS
STATUSES = [200] * 24 + [201] * 4 + [304] * 3 + [404]
ORDINARY = [
    ("com.shop.orders.OrderRepository", "order %d loaded in %d ms"),
    ("com.shop.orders.OrderRepository", "page %d of orders loaded, %d rows"),
    ("com.shop.orders.OrderMapper", "mapped order %d, %d positions"),
    ("com.shop.stock.StockClient", "stock of article %d asked, %d left"),
    ("com.shop.mail.MailQueue", "confirmation of order %d queued, %d waiting"),
    ("com.shop.orders.OrderCache", "cache key order:%d not found, asked the database in %d ms"),
    ("com.shop.pay.PaymentClient", "payment token of order %d is valid for %d minutes"),
    ("com.shop.users.ProfileService", "profile of user %d loaded, %d addresses"),
]
JJWT = "token refused: io.jsonwebtoken."
# How many of 100 refusals, of which kind, and what the Spring and the Node application say.
REFUSALS = [
    (35, "expired", JJWT + "ExpiredJwtException: JWT expired 63000 milliseconds ago at {then}. Current time: {now}.",
     "TokenExpiredError", "jwt expired"),
    (20, "gone", "token refused: com.shop.auth.UserNotFoundException: User from sub claim in JWT does not exist",
     "UnauthorizedError", "User from sub claim in JWT does not exist"),
    (12, "key", JJWT + "UnsupportedJwtException: Cannot verify JWS signature: unable to locate signature verification "
     "key for JWS with header: {{alg=RS256, kid={kid}}}",
     "SigningKeyNotFoundError", "Unable to find a signing key that matches '{kid}'"),
    (10, "", JJWT + "security.SignatureException: JWT signature does not match locally computed signature. JWT "
     "validity cannot be asserted and should not be trusted.",
     "JsonWebTokenError", "invalid signature"),
    (8, "", JJWT + "IncorrectClaimException: Missing expected 'shop' value in 'aud' claim [partners].",
     "JsonWebTokenError", "jwt audience invalid. expected: shop"),
    (5, "", JJWT + "MissingClaimException: Missing 'sub' claim. Expected value",
     "UnauthorizedError", "invalid claim: missing sub claim"),
    (5, "", JJWT + "MalformedJwtException: JWT strings must contain exactly 2 period characters. Found: 0",
     "JsonWebTokenError", "jwt malformed"),
    (5, "", JJWT + "IncorrectClaimException: Expected iss claim to be: https://id.example, but was: "
     "https://dev.example.",
     "JsonWebTokenError", "jwt issuer invalid. expected: https://id.example"),
]  # fmt: skip
TRACE = """
\tat com.shop.auth.JwtFilter.verify(JwtFilter.java:84)
\tat com.shop.auth.JwtFilter.doFilterInternal(JwtFilter.java:51)
\tat org.springframework.web.filter.OncePerRequestFilter.doFilter(OncePerRequestFilter.java:116)
\tat org.apache.catalina.core.ApplicationFilterChain.doFilter(ApplicationFilterChain.java:164)
\tat org.apache.tomcat.util.threads.ThreadPoolExecutor$Worker.run(ThreadPoolExecutor.java:659)
\tat java.base/java.lang.Thread.run(Thread.java:1583)"""

NGINX = '%s - - [%s +0000] "%s %s HTTP/1.1" %d %d "-" "%s" rt=0.%03d req=%s\n'
GATEWAY = (
    '{"time":"%s.%03dZ","remote_addr":"%s","request_id":"%s","method":"%s","uri":"%s","status":%d,"bytes":%d,'
    '"upstream":"10.0.0.%d:8080","upstream_time":0.%03d,"jwt_sub":"%s","jwt_kid":"%s"}\n'
)
SPRING = "%s.%03dZ %5s 1 --- [orders] [nio-8080-exec-%d] [requestId=%s] %s : %s\n"
PINO = (
    '{"level":%d,"time":%d%03d,"pid":17,"hostname":"carts-7c9d","name":"carts",'
    '"req":{"id":"%s","method":"%s","url":"%s","remoteAddress":"%s"},%s,"msg":"%s"}\n'
)
AUDIT = '{"time":"%s.%03dZ","name":"idp","audit":true,"action":"%s","actor":"%s",%s,"event_id":"evt-%07d"}\n'


class Log:
    """A log file that is rotated by size: `name` is the newest, `name.1` the one before it, and so on."""

    def __init__(self, directory, name):
        self.path = os.path.join(directory, name)
        os.makedirs(os.path.dirname(self.path))
        self.lines, self.size, self.parts = [], PART, 0

    def flush(self):
        """Writes what was appended to `lines`; tells how much it was."""
        if self.size >= PART:
            self.size, self.parts = 0, self.parts + 1
        text = "".join(self.lines).encode()
        self.lines.clear()
        self.size += len(text)
        with open(f"{self.path}.part{self.parts}", "ab") as file:
            file.write(text)
        return len(text)

    def close(self):
        for part in range(1, self.parts + 1):
            age = self.parts - part
            os.rename(f"{self.path}.part{part}", f"{self.path}.{age}" if age else self.path)


def uuid(bits):
    text = f"{bits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def clock(second):
    """The time as ISO 8601 has it and as nginx does."""
    day, rest = divmod(second, 86400)
    time = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f"2026-03-{2 + day:02}T{time}", f"{2 + day:02}/Mar/2026:{time}"


def write(directory, size, seed, refused):
    """Writes about `size` bytes, of whose requests the share `refused` is refused."""
    random = Random(seed)
    draw, bits = random.random, random.getrandbits
    names = ("nginx/access.log", "gateway/gateway.json", "orders/orders.log", "carts/carts.json", "idp/audit.json")
    logs = [Log(directory, name) for name in names]
    nginx, gateway, orders, carts, audit = (log.lines.append for log in logs)
    users = [(uuid(bits), f"10.1.{bits(8)}.{bits(8)}", AGENTS[int(draw() * len(AGENTS))]) for _ in range(USERS)]
    gone = [(uuid(bits), "10.2.0.1", AGENTS[-1])]  # The first never existed; those deleted last come before it.
    kinds = [refusal for refusal in REFUSALS for _ in range(refusal[0])]
    kid, rotated = "key-0001", -STALE
    written = number = millis = 0
    second = -1
    while written < size:
        number += 1
        millis += int(draw() * 500)
        ms = millis % 1000
        if second != millis // 1000:
            second = millis // 1000
            now, nginx_now = clock(second)
        if number % DELETED_EVERY == 0:
            at = int(draw() * USERS)
            gone = [users[at], *gone[:15]]
            users[at] = (uuid(bits), *users[at][1:])
            audit(AUDIT % (now, ms, "user.delete", "ops.kim", f'"user_id":"{gone[0][0]}"', number))
        if number % ROTATED_EVERY == STALE:
            old, kid, rotated = kid, f"key-{number // ROTATED_EVERY + 2:04}", number
            audit(AUDIT % (now, ms, "key.rotate", "ops.lee", f'"old_kid":"{old}","new_kid":"{kid}"', number))

        share, kind, spring_says, error, node_says = kinds[int(draw() * 100)] if draw() < refused else (0,) * 5
        if kind == "key" and number - rotated > STALE:
            share, kind, spring_says, error, node_says = REFUSALS[0]
        sub, address, agent = gone[int(draw() * len(gone))] if kind == "gone" else users[int(draw() * USERS)]
        route = int(draw() * len(ROUTES))
        method, path = ROUTES[route]
        path %= int(draw() * 90_000)
        request, sent, took = f"{bits(128):032x}", 180 + int(draw() * 9000), int(draw() * 240)
        broken = not share and draw() < 0.001
        status = 401 if share else 500 if broken else STATUSES[bits(5)]
        nginx(NGINX % (address, nginx_now, method, path, status, sent, agent, took, request))
        gateway(GATEWAY % (now, ms, address, request, method, path, status, sent, 5 + route % 4, took, sub, kid))
        if route < len(ORDERS):
            thread = 1 + number % 9
            if share:
                text = spring_says.format(now=now + "Z", then=clock(second - 63)[0] + "Z", kid=kid) + TRACE
                orders(SPRING % (now, ms, "WARN", thread, request, "com.shop.auth.JwtFilter", text))
            elif broken:
                text = "Servlet.service() threw an exception: java.lang.IllegalStateException: out of stock" + TRACE
                orders(SPRING % (now, ms, "ERROR", thread, request, "o.a.c.core.StandardWrapperValve", text))
            else:
                logger, text = ORDINARY[bits(3)]
                orders(SPRING % (now, ms, "DEBUG", thread, request, logger, text % (sent, took)))
            text = f"{method} {path} {status} {took} ms"
            orders(SPRING % (now, ms, "INFO", thread, request, "com.shop.web.AccessLog", text))
        else:
            level, line = 40 if share else 30, (START + second, ms, request, method, path, address)
            if share:
                told = f'"err":{{"type":"{error}","message":"{node_says.format(kid=kid)}"}}'
                carts(PINO % (level, *line, told, "authentication failed"))
            told = f'"res":{{"statusCode":{status}}},"responseTime":{took}'
            carts(PINO % (level, *line, told, "request completed"))
        if number % 20 == 0:
            audit(AUDIT % (now, ms, "session.create", "web", f'"user_id":"{sub}","ip":"{address}"', number))
        if number % 500 == 0:
            written += sum(log.flush() for log in logs)
    for log in logs:
        log.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", help="where to write; must not exist")
    parser.add_argument("--size", type=float, default=256, help="in MB (default: 256)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--refused", type=float, default=0.015, help="share of requests (default: 0.015)")
    options = parser.parse_args()
    os.makedirs(options.directory)
    write(options.directory, options.size * 1e6, options.seed, options.refused)
