"""Every write of the ``consent`` app."""

from consent.actions.choices import (
    LIFTED_BY,
    THE_PERSONS,
    honour_gpc,
    lift,
    link,
    opt_in,
    opt_in_all,
    opt_out,
    opt_out_all,
    person_actor,
)
from consent.actions.listed import opt_out_listed

__all__ = [
    "LIFTED_BY",
    "THE_PERSONS",
    "honour_gpc",
    "lift",
    "link",
    "opt_in",
    "opt_in_all",
    "opt_out",
    "opt_out_all",
    "opt_out_listed",
    "person_actor",
]
