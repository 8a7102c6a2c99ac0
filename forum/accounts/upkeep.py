"""What is due from time to time about accounts."""

from datetime import timedelta

from django.utils import timezone

from forum.accounts.models import User

CONFIRM_WITHIN = timedelta(days=1)


def forget_unconfirmed() -> str:
    """Delete accounts whose address was not confirmed within a day; return what was done, in words.

    Nobody has ever signed in there, and the name is free again. Accounts that staff made stay:
    only signing up makes an unconfirmed address the first one of its account.
    """
    before = timezone.now() - CONFIRM_WITHIN
    unconfirmed = User.objects.filter(
        last_login=None,
        date_joined__lt=before,
        emailaddress__primary=True,
        emailaddress__verified=False,
        is_staff=False,
    )
    ids = list(unconfirmed.values_list("pk", flat=True))
    User.objects.filter(pk__in=ids).delete()
    return f"accounts never confirmed: {len(ids):,} deleted"
