"""A few polite words to paste back: what was done with an ask, in the unit's name."""

from __future__ import annotations

from datetime import date


def reply_text(
    *, state: str, unit: str, issuer: str, matter: str, colleague: str, today: date
) -> str:
    """The reply for an ask marked done, not_ours or handed_on; ends with the unit's name."""
    day = f"{today.month}月{today.day}日"
    to = f"{issuer}：" if issuer else ""
    match state:
        case "done":
            body = f"{matter}，我们已于{day}办好，请查收。"
        case "not_ours":
            body = f"收到：{matter}。这件事不在我们的职责范围内，请核对承办单位，以免耽误。"
        case "handed_on":
            body = f"{matter}已转{colleague or '同事'}承办，后续由{colleague or '同事'}与您联系。"
        case _:
            body = f"{matter}，收到。"
    return f"{to}{body}（{unit}）" if unit else f"{to}{body}"
