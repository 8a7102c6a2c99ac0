"""Work that was proved, so that it counts once."""

from django.db import models


class Proof(models.Model):
    """A solution of proof of work that a form brought; another form cannot bring it again.

    Nothing in it says who sent the form. It is forgotten when its challenge ends.
    """

    signature = models.CharField(max_length=64, primary_key=True)  # of the challenge
    submission = models.UUIDField()  # of the form
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.signature
