"""A mail server for tests: prints what it takes, one JSON object a line. Needs aiosmtpd (`tests/run` installs it).

Arguments: the user and password that it asks for ("-" for none), how many mails it first puts off (451), an address that it never
takes (550), and optionally a certificate and its key in PEM, which make it ask for STARTTLS. Its first line is its port.
"""

import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

user, password, put_off, refused = sys.argv[1:5]
context = None
if len(sys.argv) > 5:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[5], sys.argv[6])


class Handler:
    left = int(put_off)

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address == refused:
            return "550 5.1.1 nobody here is called so"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if Handler.left > 0:
            Handler.left -= 1
            return "451 4.3.2 later"
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        told = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": session.ssl is not None,
            "signed_in": bool(session.authenticated),
            "headers": {name.lower(): str(value) for name, value in message.items()},
            "parts": {part.get_content_type(): part.get_content() for part in message.walk() if not part.is_multipart()},
        }
        print(json.dumps(told), flush=True)
        return "250 taken"


def authenticate(server, session, envelope, mechanism, data):
    given = (data.login.decode(), data.password.decode())
    return AuthResult(success=given == (user, password), handled=given == (user, password))


def connection():
    needs = user != "-"
    return SMTP(
        Handler(),
        hostname="mail.test",
        tls_context=context,
        require_starttls=context is not None,
        authenticator=authenticate if needs else None,
        auth_required=needs,
        auth_require_tls=context is not None,
    )


async def serve():
    server = await asyncio.get_running_loop().create_server(connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
