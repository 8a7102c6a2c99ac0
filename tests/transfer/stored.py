"""What stands in the database, without the numbers that a database gives. Run by itself: as JSON."""

import json


def everything() -> list:
    """Return films, comments, references and addresses in an order of their own."""
    from films.models import Film
    from forum.discussions.models import Comment
    from forum.transfer.models import ImportRef, OldAddress

    films = Film.objects.order_by("slug").values_list(
        "slug",
        "title",
        "year",
        "state",
        "published_at",
        "description_html",
        "category__name",
        "topic__comment_count",
        "topic__last_comment_at",
        "topic__threads_given",
    )
    comments = Comment.objects.order_by(
        "thread__topic__path", "thread__ordinal", "lft"
    ).values_list(
        "thread__topic__path",
        "thread__ordinal",
        "thread__comment_count",
        "thread__last_activity_at",
        "lft",
        "rght",
        "level",
        "ordinal",
        "replies_given",
        "state",
        "author_name",
        "created_at",
        "text__body",
        "text__body_html",
    )
    refs = ImportRef.objects.order_by("item", "source_id").values_list("item", "source_id")
    addresses = OldAddress.objects.order_by("address").values_list("address", "film__slug")
    return [list(rows) for rows in (films, comments, refs, addresses)]


if __name__ == "__main__":
    import django

    django.setup()
    from forum.discussions import tree

    print(json.dumps({"stored": everything(), "faults": tree.check()}, default=str))
