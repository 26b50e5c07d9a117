"""Plain words in the person's pages."""

from django import template

from consent import words

register = template.Library()
register.filter(words.why_it_stays)
register.filter(words.platform_reason)
register.filter(words.what_happened)
register.filter(words.who_and_where)
