"""The language of a comment, guessed where much speaks for it and left open where not."""

import time

import pytest

from forum.languages import NAMES, guess


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I saw it in the last row, and the rain was in the sound of it.", "en"),
        ("Ich habe den Film nicht verstanden, aber die Musik ist schön.", "de"),
        ("C'est le plus beau film que je connaisse, et il est dans la mémoire.", "fr"),
        ("No hay nada como el silencio que se oye en la última escena.", "es"),
        ("Non è un film per tutti, ma la musica è più bella della storia.", "it"),
        ("Não é o filme que eu queria ver, mas foi muito bom para mim.", "pt"),
        ("Het is een film die je niet vergeet, maar ik weet nog niet waarom.", "nl"),
        ("To jest film, który nie jest łatwy, ale tak się robi kino w Polsce.", "pl"),
        ("To není film, který se mi líbil, ale jak je to natočené!", "cs"),
        ("Ez nem egy könnyű film, de a zene nagyon szép, és már kétszer láttam.", "hu"),
        ("Bu film çok güzel ama ne için bir ödül yok?", "tr"),
        ("Se on hyvä elokuva, mutta en tiedä mitä se oli.", "fi"),
        ("Filmul este foarte bun și nu mai am ce să spun.", "ro"),
        ("Это очень хороший фильм, мы были в восторге.", "ru"),
        ("Це дуже гарний фільм, я його бачила двічі.", "uk"),
        ("Ово је одличан филм, његова музика је лепа.", "sr"),
        ("Αυτή η ταινία είναι υπέροχη.", "el"),
        ("هذا فيلم جميل جدا عن البحر", "ar"),
        ("این فیلم خیلی گرم و زیبا بود", "fa"),
        ("זה סרט נפלא על הים", "he"),
        ("とても美しい映画でした。", "ja"),
        ("这部电影非常美丽。", "zh"),
        ("정말 아름다운 영화였어요.", "ko"),
        ("यह फ़िल्म बहुत अच्छी है", "hi"),
    ],
)
def test_a_sentence_is_enough(text, language):
    assert guess(text) == language
    assert language in NAMES


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Metropolis!",
        ":-)",
        "OK",
        "1:02:33",
        "Nanook, Salt, Koyaanisqatsi",
        "https://example.org/the/and/is/of/to/in/it",
        "@the @and @is @of",
        "@Мария Nanook",
        "Det er en film på norsk og dansk som er lang.",  # two languages near each other
    ],
)
def test_names_signs_addresses_and_what_could_be_two_are_left_open(text):
    assert guess(text) == ""


def test_the_longest_text_takes_little_time():
    started = time.process_time()
    for text in ("the " * 2_500, "я" * 10_000, "ъб" * 5_000, "a\u0301" * 5_000, "@" * 10_000):
        guess(text)
    assert time.process_time() - started < 0.2
