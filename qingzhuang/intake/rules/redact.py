"""What must not be stored in a message's text. The rule is the trail's too, so it is kit's."""

from qingzhuang.kit.pure.redact import redact

__all__ = ["redact"]
