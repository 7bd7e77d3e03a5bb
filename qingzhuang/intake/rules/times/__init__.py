"""The times a text names, what each is for, and the deadline: `read_times`, then `choose_due`.

Text is folded character by character (lexer), cut into tokens by longest match, put together to
expressions (grammar: anchor, time of day, bounds, range), given a role by the words around them
(roles), and resolved with the sending time and the working-day calendar (resolve). Each step is
a table of rows with ids; a mention names the rows that made it. choice.py ranks the mentions.
"""

from qingzhuang.intake.rules.times.choice import choose_due
from qingzhuang.intake.rules.times.model import Due, TimeMention, TimeRole
from qingzhuang.intake.rules.times.reading import read_times

__all__ = ["Due", "TimeMention", "TimeRole", "choose_due", "read_times"]
