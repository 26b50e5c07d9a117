"""The story that ``manage.py quickstart`` tells: a whole house on one machine, in a minute."""
