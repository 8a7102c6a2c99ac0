"""What a mail server's refusal means: whether another try helps, and what a person can do."""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass

from django.utils.translation import gettext as _

from forum.worker.models import ERROR_CHARS

LATER, NEVER, NO_ADDRESS = "later", "never", "no-address"
# RFC 3463: the mailbox or its host does not exist, has moved, or takes nothing any more.
_DEAD = re.compile(r"\b5\.(1\.[0-36]|1\.10|2\.1)\b")
_ENHANCED = re.compile(r"\b5\.\d{1,3}\.\d{1,3}\b")
_DEAD_CODES = {550, 551, 553}  # of servers that give no enhanced code


@dataclass(frozen=True)
class Fault:
    """`kind`: LATER, NEVER (this letter), NO_ADDRESS (no letter to it). `words`: one line."""

    kind: str
    words: str
    advice: str = ""


def explain(error: Exception) -> Fault:
    """Return what an exception from sending means. Never raises; its words are one printable line."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))
        return _recipient(code, answer)
    if isinstance(error, smtplib.SMTPAuthenticationError):
        advice = _("The server refuses name and password: look at them in EMAIL_URL.")
        return Fault(LATER, _said(error.smtp_code, error.smtp_error), advice)
    if isinstance(error, smtplib.SMTPSenderRefused):
        advice = _("The server refuses the sender: set EMAIL_FROM to an address it knows.")
        return Fault(LATER, _said(error.smtp_code, error.smtp_error), advice)
    if isinstance(error, smtplib.SMTPDataError):
        kind = NEVER if error.smtp_code >= 500 else LATER
        return Fault(kind, _said(error.smtp_code, error.smtp_error))
    if isinstance(error, smtplib.SMTPNotSupportedError):
        advice = _("Nothing was sent in the clear. If the server speaks TLS from the start, write"
                   " smtp+ssl:// in EMAIL_URL.")  # fmt: skip
        return Fault(LATER, _line(str(error)), advice)
    if isinstance(error, smtplib.SMTPResponseException):
        return Fault(LATER, _said(error.smtp_code, error.smtp_error))
    return Fault(LATER, _line(f"{type(error).__name__}: {error}"), _network_advice(error))


def _recipient(code: int, answer: bytes | str) -> Fault:
    words = _said(code, answer)
    if code < 500:
        return Fault(LATER, words)
    is_dead = bool(_DEAD.search(words))
    if not _ENHANCED.search(words):
        is_dead = code in _DEAD_CODES and "relay" not in words.lower()
    advice = _("The server does not take letters to this address.")
    return Fault(NO_ADDRESS if is_dead else NEVER, words, advice)


def _network_advice(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return _(
            "The server's certificate is not one for this name: look at the host in EMAIL_URL."
        )
    if isinstance(error, ssl.SSLError):
        return _(
            "TLS failed: smtp+tls:// is STARTTLS (587), smtp+ssl:// is TLS from the start (465)."
        )
    if isinstance(error, socket.gaierror):
        return _("There is no such host: look at its name in EMAIL_URL.")
    if isinstance(error, ConnectionRefusedError):
        return _("Nobody listens there: look at host and port in EMAIL_URL.")
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return _("The server does not answer: it may be down, or a firewall may close this port.")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return _("The server hung up: it may want TLS, smtp+ssl:// in EMAIL_URL.")
    return ""


def _said(code: int, answer: bytes | str) -> str:
    text = answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
    return _line(f"{code} {text}")


def _line(words: str) -> str:
    printable = "".join(sign if sign.isprintable() else " " for sign in words)
    return " ".join(printable.split())[:ERROR_CHARS]
