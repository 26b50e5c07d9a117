"""Who acts: people with an account here, and the role they sign in with."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """Somebody who signs in: a person deciding about their own posts, or an operator.

    The role decides which pages exist for them. It is changed by the operator's
    command ``set_role`` only, never by a form.
    """

    class Role(models.TextChoices):
        PERSON = "person", "Person"
        OPERATOR = "operator", "Operator"

    role = models.CharField(max_length=16, choices=Role, default=Role.PERSON)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(role__in=["person", "operator"]), name="user_role_is_known"
            )
        ]

    @property
    def is_operator(self) -> bool:
        return self.role == self.Role.OPERATOR
