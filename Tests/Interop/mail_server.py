"""A mail server on loopback, made of Debian's aiosmtpd: mail_server.py starttls|implicit|plain|login.

`starttls` and `login` want STARTTLS and then user "holdfast" with password "geheim" (`login` offers AUTH LOGIN only), `implicit` is
encrypted from the first byte, `plain` offers no encryption and wants no password. Prints its port and the file of its certificate in
one line, then each mail that it gets as JSON in one line. Ends when its standard input does.

Recipients nobody@… are refused for good, busy@… for now.
"""

import asyncio
import json
import ssl
import subprocess
import sys
import tempfile

from aiosmtpd.smtp import SMTP, AuthResult


class Mails:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        if address.startswith("busy@"):
            return "451 4.3.0 come back later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        print(json.dumps({
            "user": getattr(session.auth_data, "login", b"").decode() if session.authenticated else None,
            "encrypted": session.ssl is not None or server.transport.get_extra_info("cipher") is not None,
            "from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode("ascii"),
        }), flush=True)
        return "250 OK, thank you"


def authenticate(server, session, envelope, mechanism, data):
    # Not "handled": then the server itself answers a wrong password.
    is_right = data.login == b"holdfast" and data.password == b"geheim"
    return AuthResult(success=is_right, handled=is_right, auth_data=data)


def certificate(folder):
    key, chain = f"{folder}/key.pem", f"{folder}/certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=Holdfast tests", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", chain],
        check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)
    return context, chain


async def main(mode):
    with tempfile.TemporaryDirectory(prefix="holdfast-mail-") as folder:
        context, chain = certificate(folder)
        options = {"hostname": "mail.test"}
        if mode in ("starttls", "login"):
            options |= {"tls_context": context, "require_starttls": True, "auth_required": True,
                        "authenticator": authenticate}
        if mode == "login":
            options["auth_exclude_mechanism"] = ["PLAIN"]
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: SMTP(Mails(), **options), "127.0.0.1", 0, ssl=context if mode == "implicit" else None)
        print(server.sockets[0].getsockname()[1], chain, flush=True)
        await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main(sys.argv[1]))
