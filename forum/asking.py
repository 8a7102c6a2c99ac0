"""Asking whoever runs a command before something is done that cannot be taken back."""


def answer(question: str) -> str:
    """Return what is answered, without white space around it; "" where nobody is there to answer."""
    try:
        return input(question).strip()
    except EOFError:
        return ""
