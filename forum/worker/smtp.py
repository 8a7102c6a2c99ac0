"""MAIL_CARRIER for smtp:// addresses: Django's, with the patience that RFC 5321 asks for."""

import smtplib
from typing import Any

from django.core.mail.backends import smtp

# A server may take its time over a whole letter. Whoever hangs up meanwhile and tries again may
# bring it twice (RFC 5321, 4.5.3.2.6); every other word is waited for EMAIL_TIMEOUT seconds.
ANSWER_S = 120


class _SMTP(smtplib.SMTP):
    def data(self, msg: Any) -> tuple[int, bytes]:
        sock: Any = self.sock
        usual = sock.gettimeout()
        sock.settimeout(ANSWER_S)
        try:
            return super().data(msg)
        finally:
            if self.sock:
                sock.settimeout(usual)


class _SMTPoverTLS(_SMTP, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """STARTTLS is asked for where EMAIL_URL says so; a server without it gets no letter at all."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _SMTPoverTLS if self.use_ssl else _SMTP
